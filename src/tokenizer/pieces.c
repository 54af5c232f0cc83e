/* Cutting a text into pieces and rewriting them. */
#include "tokenizer/pieces_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"

static const size_t NONE = SIZE_MAX;

bs_status bs_piece_list_push(bs_piece_list *list, size_t start, size_t end, bs_error *err) {
  if (list->n == list->capacity) {
    bs_status status = bs_reserve(&list->pieces, &list->capacity, list->n, 1, err);
    if (status != BS_OK)
      return status;
  }
  list->pieces[list->n++] = (bs_piece){.start = start, .end = end};
  return BS_OK;
}

bs_status bs_pieces_whole(bs_pieces *pieces, bs_error *err) {
  pieces->list.n = 0;
  if (pieces->text.n_bytes == 0)
    return BS_OK;
  return bs_piece_list_push(&pieces->list, 0, pieces->text.n_bytes, err);
}

void bs_pieces_begin(bs_pieces *pieces) {
  pieces->spare_list.n = 0;
  pieces->spare_text.n_bytes = 0;
}

void bs_splitter_begin(bs_splitter *splitter) {
  splitter->previous_match = false;
  splitter->first_open = splitter->pieces->spare_list.n;
  splitter->pending = NONE;
}

/* Lengthens the last piece of this round to `end`; a new piece when there is none. */
static bs_status extend_last(bs_splitter *splitter, size_t start, size_t end, bs_error *err) {
  bs_piece_list *list = &splitter->pieces->spare_list;
  if (list->n == splitter->first_open)
    return bs_piece_list_push(list, start, end, err);
  list->pieces[list->n - 1].end = end;
  return BS_OK;
}

/* A delimiter is held back until it is known whether text follows that takes it in. */
static bs_status merge_with_next(bs_splitter *splitter, size_t start, size_t end, bool match,
                                 bs_error *err) {
  bs_piece_list *list = &splitter->pieces->spare_list;
  bs_status status = BS_OK;
  if (match) {
    if (splitter->pending != NONE)
      status = bs_piece_list_push(list, splitter->pending, start, err);
    splitter->pending = start;
    return status;
  }
  status =
      bs_piece_list_push(list, splitter->pending != NONE ? splitter->pending : start, end, err);
  splitter->pending = NONE;
  return status;
}

bs_status bs_splitter_part(bs_splitter *splitter, size_t start, size_t end, bool match,
                           bs_error *err) {
  bs_piece_list *list = &splitter->pieces->spare_list;
  bs_status status = BS_OK;
  match = match != splitter->invert;
  bool previous = splitter->previous_match;
  splitter->previous_match = match;
  switch (splitter->behavior) {
  case BS_SPLIT_REMOVED:
    if (!match)
      status = bs_piece_list_push(list, start, end, err);
    break;
  case BS_SPLIT_ISOLATED:
    status = bs_piece_list_push(list, start, end, err);
    break;
  case BS_SPLIT_MERGED_WITH_PREVIOUS:
    if (match && !previous)
      status = extend_last(splitter, start, end, err);
    else
      status = bs_piece_list_push(list, start, end, err);
    break;
  case BS_SPLIT_MERGED_WITH_NEXT:
    status = merge_with_next(splitter, start, end, match, err);
    break;
  case BS_SPLIT_CONTIGUOUS:
    if (match == previous)
      status = extend_last(splitter, start, end, err);
    else
      status = bs_piece_list_push(list, start, end, err);
    break;
  }
  return status;
}

bs_status bs_splitter_end(bs_splitter *splitter, size_t end, bs_error *err) {
  bs_piece_list *list = &splitter->pieces->spare_list;
  bs_status status = BS_OK;
  if (splitter->pending != NONE)
    status = bs_piece_list_push(list, splitter->pending, end, err);
  size_t kept = splitter->first_open;
  for (size_t i = splitter->first_open; i < list->n; i++)
    if (list->pieces[i].start < list->pieces[i].end)
      list->pieces[kept++] = list->pieces[i];
  list->n = kept;
  return status;
}

static void swap_lists(bs_pieces *pieces) {
  bs_piece_list list = pieces->list;
  pieces->list = pieces->spare_list;
  pieces->spare_list = list;
}

void bs_pieces_end_split(bs_pieces *pieces) {
  /* The text is the same: when the first piece starts later, the start of the input was removed. */
  if (pieces->list.n > 0 && pieces->spare_list.n > 0 &&
      pieces->spare_list.pieces[0].start > pieces->list.pieces[0].start)
    pieces->from_start = false;
  swap_lists(pieces);
}

void bs_pieces_end_rewrite(bs_pieces *pieces) {
  swap_lists(pieces);
  bs_text text = pieces->text;
  pieces->text = pieces->spare_text;
  pieces->spare_text = text;
}

void bs_pieces_free(bs_pieces *pieces) {
  bs_text_free(&pieces->text);
  bs_text_free(&pieces->spare_text);
  free(pieces->list.pieces);
  free(pieces->spare_list.pieces);
  *pieces = (bs_pieces){0};
}
