/* Every object is replaced by the digest of its members' canonical forms before its parent is
   digested, so that the work is linear in the text however deep it nests. */
#include "tasks/canonical_internal.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"

typedef struct span {
  size_t from, to;
} span;

/* A member of an object that is being read: where its forms lie in the two buffers. */
typedef struct bs_canonical_member {
  const char *key;
  size_t place; /* among the members, SIZE_MAX: a repeated key's value that does not count */
  span text, value;
} member;

void bs_canonical_free(bs_canonical *canonical) {
  bs_text_free(&canonical->text);
  bs_text_free(&canonical->value);
  bs_text_free(&canonical->joined);
  free(canonical->members);
  *canonical = (bs_canonical){0};
}

static bs_status add_both(bs_canonical *c, const char *text, const char *value, bs_error *err) {
  bs_status status = bs_text_append_string(&c->text, text, err);
  return status != BS_OK ? status : bs_text_append_string(&c->value, value, err);
}

static bs_status append_string(bs_text *to, const char *string, bs_error *err) {
  size_t n = strlen(string);
  bs_status status = bs_text_printf(to, err, "s%zu:", n);
  return status != BS_OK ? status : bs_text_append(to, string, n, err);
}

/* How a number is written tells int from float (1, 1.0), as it does in Python; as values they are
   equal when they stand for the same number, whole ones compared to the last digit. */
static bs_status add_number(bs_canonical *c, bs_source *source, double number, bs_error *err) {
  const char *digits = source->text + source->at;
  bool is_integer;
  size_t n = bs_source_number(source, &is_integer);
  bs_status status;
  if (n > 0 && is_integer) {
    if (n == 2 && memcmp(digits, "-0", 2) == 0)
      digits++, n--;
    status = add_both(c, "i", "n", err);
    if (status == BS_OK)
      status = bs_text_append(&c->text, digits, n, err);
    if (status == BS_OK)
      status = bs_text_append(&c->value, digits, n, err);
    return status != BS_OK ? status : add_both(c, ";", ";", err);
  }
  status = bs_text_printf(&c->text, err, "f%.17g;", number);
  if (status == BS_OK)
    status = bs_text_printf(&c->value, err, number == trunc(number) ? "n%.0f;" : "n%.17g;",
                            number == 0 ? 0.0 : number);
  return status;
}

static int by_key(const void *a, const void *b) {
  const member *x = a, *y = b;
  int order = strcmp(x->key, y->key);
  return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b) {
  const member *x = a, *y = b;
  return (x->place > y->place) - (x->place < y->place);
}

/* Of repeated keys the last value counts, at the first's place. `members` are sorted by key. */
static size_t settle_repeated(member *members, size_t n) {
  size_t n_repeated = 0;
  for (size_t i = 0, next; i < n; i = next) {
    for (next = i + 1; next < n && strcmp(members[next].key, members[i].key) == 0; next++)
      members[next].place = SIZE_MAX;
    if (next - i > 1) {
      members[i].text = members[next - 1].text;
      members[i].value = members[next - 1].value;
      n_repeated += next - i - 1;
    }
  }
  return n_repeated;
}

/* Replaces what lies in `forms` from `begin` on by the digest of the members' forms. */
static bs_status digest_members(bs_canonical *c, bs_text *forms, size_t begin,
                                const member *members, size_t n, bool of_values,
                                unsigned char digest[BS_DIGEST_BYTES], bs_error *err) {
  bs_status status = BS_OK;
  c->joined.n_bytes = 0;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    if (members[i].place == SIZE_MAX)
      continue;
    span form = of_values ? members[i].value : members[i].text;
    status = append_string(&c->joined, members[i].key, err);
    if (status == BS_OK)
      status = bs_text_append(&c->joined, forms->data + form.from, form.to - form.from, err);
  }
  if (status == BS_OK)
    status =
        bs_sha256(c->joined.data != NULL ? c->joined.data : "", c->joined.n_bytes, digest, err);
  if (status != BS_OK)
    return status;
  forms->n_bytes = begin;
  status = bs_text_append(forms, "o", 1, err);
  return status != BS_OK ? status
                         : bs_text_append(forms, (const char *)digest, BS_DIGEST_BYTES, err);
}

static bs_status add_value(bs_canonical *c, bs_source *source, const cJSON *node,
                           bs_sameness *sameness, bs_error *err);

static bs_status add_member(bs_canonical *c, bs_source *source, const cJSON *child, size_t place,
                            bs_error *err) {
  bs_source_skip_space(source);
  bs_source_skip_string(source);
  bs_source_skip_space(source);
  bs_source_skip_mark(source);
  member added = {.key = child->string,
                  .place = place,
                  .text = {.from = c->text.n_bytes},
                  .value = {.from = c->value.n_bytes}};
  bs_sameness inner;
  bs_status status = add_value(c, source, child, &inner, err);
  added.text.to = c->text.n_bytes;
  added.value.to = c->value.n_bytes;
  if (status == BS_OK)
    status = bs_reserve(&c->members, &c->members_capacity, c->n_members, 1, err);
  if (status == BS_OK)
    c->members[c->n_members++] = added;
  return status;
}

static bs_status add_object(bs_canonical *c, bs_source *source, const cJSON *node,
                            bs_sameness *sameness, bs_error *err) {
  size_t first = c->n_members, text_begin = c->text.n_bytes, value_begin = c->value.n_bytes;
  bs_status status = BS_OK;
  bs_source_skip_mark(source);
  size_t place = 0;
  for (const cJSON *child = node->child; child != NULL && status == BS_OK; child = child->next) {
    status = add_member(c, source, child, place++, err);
    bs_source_skip_space(source);
    if (child->next != NULL)
      bs_source_skip_mark(source);
  }
  if (status != BS_OK)
    return status;
  bs_source_skip_space(source);
  bs_source_skip_mark(source);
  size_t n = c->n_members - first;
  member *members = n > 0 ? c->members + first : NULL;
  if (n > 0) {
    qsort(members, n, sizeof *members, by_key);
    c->n_repeated_keys += settle_repeated(members, n);
  }
  status = digest_members(c, &c->value, value_begin, members, n, true, sameness->value, err);
  if (n > 0)
    qsort(members, n, sizeof *members, by_place);
  if (status == BS_OK)
    status = digest_members(c, &c->text, text_begin, members, n, false, sameness->text, err);
  c->n_members = first;
  return status;
}

static bs_status add_array(bs_canonical *c, bs_source *source, const cJSON *node, bs_error *err) {
  bs_sameness inner;
  bs_status status = add_both(c, "[", "[", err);
  bs_source_skip_mark(source);
  for (const cJSON *child = node->child; child != NULL && status == BS_OK; child = child->next) {
    status = add_value(c, source, child, &inner, err);
    bs_source_skip_space(source);
    if (child->next != NULL)
      bs_source_skip_mark(source);
  }
  bs_source_skip_space(source);
  bs_source_skip_mark(source);
  return status != BS_OK ? status : add_both(c, "]", "]", err);
}

/* cJSON refuses more than a thousand levels, which bounds the recursion. */
static bs_status add_value(bs_canonical *c, bs_source *source, const cJSON *node,
                           bs_sameness *sameness, bs_error *err) {
  bs_source_skip_space(source);
  if (cJSON_IsObject(node))
    return add_object(c, source, node, sameness, err);
  if (cJSON_IsArray(node))
    return add_array(c, source, node, err);
  if (cJSON_IsNumber(node))
    return add_number(c, source, node->valuedouble, err);
  bs_source_skip_value(source);
  if (cJSON_IsString(node)) {
    bs_status status = append_string(&c->text, node->valuestring, err);
    return status != BS_OK ? status : append_string(&c->value, node->valuestring, err);
  }
  if (cJSON_IsTrue(node))
    return add_both(c, "t", "n1;", err);
  if (cJSON_IsFalse(node))
    return add_both(c, "f", "n0;", err);
  return add_both(c, "z", "z", err);
}

bs_status bs_canonical_object(bs_canonical *canonical, bs_source source, const cJSON *node,
                              bs_sameness *sameness, bs_error *err) {
  canonical->text.n_bytes = 0;
  canonical->value.n_bytes = 0;
  canonical->n_members = 0;
  return add_object(canonical, &source, node, sameness, err);
}
