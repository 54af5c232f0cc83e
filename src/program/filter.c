/* Running a filter over its lines, and reading what they share. */
#include "program/filter.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/helpers.h"

enum { READ_BYTES = 1 << 16 };

/* Lines of a file descriptor, without reading ahead of what is there. */
typedef struct line_reader {
  int fd;
  bs_text buffer;
  size_t at; /* of the next line in buffer */
  bool ended;
} line_reader;

static bool is_ready(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  return poll(&one, 1, 0) > 0;
}

static bs_status read_more(line_reader *reader, bs_error *err) {
  bs_status status = bs_text_reserve(&reader->buffer, READ_BYTES, err);
  if (status != BS_OK)
    return status;
  ssize_t n;
  do
    n = read(reader->fd, reader->buffer.data + reader->buffer.n_bytes, READ_BYTES);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return bs_error_set(err, BS_ERR_IO, "cannot read the standard input: %s", strerror(errno));
  reader->ended = n == 0;
  reader->buffer.n_bytes += (size_t)n;
  return BS_OK;
}

/* The next line without its newline. *line is NULL at the end, and, unless `wait`, when no whole
   line is there yet. Valid until the next call. */
static bs_status next_line(line_reader *reader, bool wait, const char **line, size_t *n_bytes,
                           bs_error *err) {
  size_t searched = reader->at;
  *line = NULL;
  for (;;) {
    bs_text *buffer = &reader->buffer;
    const char *newline = buffer->n_bytes > searched
                              ? memchr(buffer->data + searched, '\n', buffer->n_bytes - searched)
                              : NULL;
    if (newline != NULL || (reader->ended && reader->at < buffer->n_bytes)) {
      *line = buffer->data + reader->at;
      *n_bytes = newline != NULL ? (size_t)(newline - *line) : buffer->n_bytes - reader->at;
      reader->at += *n_bytes + (newline != NULL);
      return BS_OK;
    }
    if (reader->ended || (!wait && !is_ready(reader->fd)))
      return BS_OK;
    searched = buffer->n_bytes;
    if (reader->at > 0) {
      memmove(buffer->data, buffer->data + reader->at, buffer->n_bytes - reader->at);
      buffer->n_bytes -= reader->at;
      searched -= reader->at;
      reader->at = 0;
    }
    bs_status status = read_more(reader, err);
    if (status != BS_OK)
      return status;
  }
}

static void parse_line(filter_item *item, const char *line, size_t n_bytes, size_t number) {
  char name[64];
  snprintf(name, sizeof name, "input %zu", number);
  if (bs_json_parse(&item->json, line, n_bytes, name, &item->error) != BS_OK)
    return;
  if (!cJSON_IsObject(item->json->root)) {
    bs_json_fault(item->json, item->json->root, &item->error, "expected a JSON object");
    bs_json_free(&item->json);
  }
}

/* Writes an item's line and makes it empty again. */
static bs_status write_item(filter_item *item, bool *had_error, bs_error *err) {
  bs_status status = BS_OK;
  if (item->error.status != BS_OK) {
    *had_error = true;
    item->answer.n_bytes = 0;
    status = bs_text_append_string(&item->answer, "{\"error\": ", err);
    if (status == BS_OK)
      status = bs_json_append_string(&item->answer, item->error.message,
                                     strlen(item->error.message), err);
    if (status == BS_OK)
      status = bs_text_append(&item->answer, "}", 1, err);
  }
  if (status == BS_OK)
    status = bs_text_append(&item->answer, "\n", 1, err);
  if (status == BS_OK &&
      fwrite(item->answer.data, 1, item->answer.n_bytes, stdout) != item->answer.n_bytes)
    status = bs_error_set(err, BS_ERR_IO, "cannot write the standard output: %s", strerror(errno));
  bs_json_free(&item->json);
  bs_error_clear(&item->error);
  item->answer.n_bytes = 0;
  return status;
}

static bs_status read_batch(line_reader *reader, filter_item *items, size_t max_batch,
                            size_t *n_lines, size_t *n, bs_error *err) {
  *n = 0;
  while (*n < max_batch) {
    const char *line;
    size_t n_bytes;
    bs_status status = next_line(reader, *n == 0, &line, &n_bytes, err);
    if (status != BS_OK || line == NULL)
      return status;
    parse_line(&items[(*n)++], line, n_bytes, ++*n_lines);
  }
  return BS_OK;
}

int filter_run(const bs_command *command, size_t max_batch, filter_handler handler, void *user) {
  bs_error err = {0};
  line_reader reader = {.fd = STDIN_FILENO};
  size_t n_lines = 0, n = 0;
  bool had_error = false;
  filter_item *items = bs_array_new(max_batch, sizeof *items, &err);
  bs_status status = items != NULL ? BS_OK : BS_ERR_MEMORY;
  while (status == BS_OK) {
    status = read_batch(&reader, items, max_batch, &n_lines, &n, &err);
    if (status != BS_OK || n == 0)
      break;
    status = handler(user, items, n, &err);
    for (size_t i = 0; status == BS_OK && i < n; i++)
      status = write_item(&items[i], &had_error, &err);
    if (status == BS_OK && fflush(stdout) != 0)
      status =
          bs_error_set(&err, BS_ERR_IO, "cannot write the standard output: %s", strerror(errno));
  }
  for (size_t i = 0; items != NULL && i < max_batch; i++) {
    bs_json_free(&items[i].json);
    bs_text_free(&items[i].answer);
  }
  free(items);
  bs_text_free(&reader.buffer);
  if (status != BS_OK)
    return fail(command, &err);
  return had_error ? EXIT_BAD_INPUT : EXIT_DONE;
}

bs_status filter_each(filter_one one, void *user, filter_item *items, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (items[i].error.status != BS_OK)
      continue;
    bs_status status = one(user, items[i].json, &items[i].answer, &items[i].error);
    if (status != BS_OK && items[i].error.status == BS_OK)
      bs_error_set(&items[i].error, status, "%s", bs_status_text(status));
  }
  return BS_OK;
}

bs_status get_text(const bs_json *json, const char *key, const char **text, size_t *n_bytes,
                   bs_error *err) {
  bs_status status = bs_json_get_string(json, json->root, key, true, text, err);
  if (status == BS_OK)
    *text = bs_json_string(bs_json_get(json->root, key), n_bytes);
  return status;
}

bs_status get_ids(const bs_json *json, const char *key, bs_tokens *ids, bs_error *err) {
  const cJSON *list = bs_json_get(json->root, key), *item;
  if (list == NULL)
    return bs_json_fault(json, json->root, err,
                         "key \"%s\" is missing, expected a list of token ids", key);
  if (!cJSON_IsArray(list))
    return bs_json_fault(json, list, err, "expected a list of token ids");
  cJSON_ArrayForEach(item, list) {
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (value < 0 || value > INT32_MAX || value != trunc(value))
      return bs_json_fault(json, item, err, "expected a token id");
    bs_status status = bs_tokens_push(ids, (int32_t)value, err);
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}

bs_status get_border(const bs_json *json, bs_border *border, bs_error *err) {
  const char *name = bs_border_name(BS_BORDER_JOINT);
  bs_error local = {0};
  bs_status status = bs_json_get_string(json, json->root, "border", false, &name, err);
  if (status == BS_OK && bs_border_parse(border, name, &local) != BS_OK)
    status = bs_json_fault(json, bs_json_get(json->root, "border"), err, "%s", local.message);
  return status;
}

bs_status append_ids(bs_text *to, const int32_t *ids, size_t n, bs_error *err) {
  bs_status status = bs_text_append(to, "[", 1, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = bs_text_printf(to, err, "%s%d", i > 0 ? ", " : "", ids[i]);
  return status == BS_OK ? bs_text_append(to, "]", 1, err) : status;
}
