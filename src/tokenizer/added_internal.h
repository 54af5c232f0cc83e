/* Added tokens: texts that are one token wherever they stand, found before anything else sees the
   input. Those that are not "normalized" are looked for in the input itself, the others in its
   normal form. */
#ifndef BIGSWEEP_TOKENIZER_ADDED_INTERNAL_H
#define BIGSWEEP_TOKENIZER_ADDED_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/json.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/regex_internal.h"
#include "tokenizer/vocabulary_internal.h"

typedef struct bs_added_token {
  bool special;        /* left out by a decoding that skips special tokens */
  bool single_word;    /* not between or beside word characters */
  bool lstrip, rstrip; /* takes in the white space before, behind */
  bool normalized;
} bs_added_token;

typedef struct bs_trie_node {
  uint32_t child, sibling; /* node indices, 0: none */
  int32_t token;           /* index of the added token that ends here, or -1 */
  unsigned char byte;
} bs_trie_node;

/* Node 0 is the root. */
typedef struct bs_trie {
  bs_trie_node *nodes;
  size_t n, capacity;
  uint32_t first[256]; /* the root's children by byte */
} bs_trie;

/* Initialise with {0}. */
typedef struct bs_added {
  bs_vocabulary vocabulary; /* content to id; entry i is tokens[i] */
  bs_added_token *tokens;
  size_t capacity;
  bs_trie raw, normalized;
  bs_regex *word;      /* a word character; made when a token is single_word */
  bool splits_special; /* special tokens that a text spells out are ordinary text */
} bs_added;

/* Reads "added_tokens". As in the library, a token that the model has keeps the model's id, another
   gets the next free one whatever the file says. */
bs_status bs_added_parse(bs_added *added, const bs_vocabulary *model, const bs_json *json,
                         const cJSON *item, bs_error *err);
/* Adds one more token, an object as in "added_tokens", or gives one that is there other options;
   `special` makes it special whatever the object says. */
bs_status bs_added_add(bs_added *added, const bs_vocabulary *model, const bs_json *json,
                       const cJSON *item, bool special, bs_error *err);
/* Adds a special token by its text unless it is there. */
bs_status bs_added_add_special(bs_added *added, const bs_vocabulary *model, const char *content,
                               bs_error *err);
/* The same, special or not. */
bs_status bs_added_add_text(bs_added *added, const bs_vocabulary *model, const char *content,
                            bool special, bs_error *err);
bool bs_added_has(const bs_added *added, const char *content);
/* To be called after the last token: prepares the search. */
bs_status bs_added_finish(bs_added *added, const bs_chain *normalizers, bs_error *err);
void bs_added_free(bs_added *added);

/* The token with this id, or NULL. */
const bs_added_token *bs_added_find(const bs_added *added, int32_t id);

/* A part of a text: an added token, or (id -1) what lies between. */
typedef struct bs_segment {
  size_t start, end;
  int32_t id;
} bs_segment;

typedef struct bs_segments {
  bs_segment *segments;
  size_t n, capacity;
} bs_segments;

/* Cuts a text at the tokens of one trie: leftmost, then longest. */
bs_status bs_added_cut(const bs_added *added, const bs_trie *trie, const char *text, size_t n_bytes,
                       bs_segments *out, bs_error *err);

#endif
