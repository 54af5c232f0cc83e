/* Files beside a run's output: a lock's text, a NUL and a status file, as `status` shows them and
   as the next run takes the lock over. The lock's text "me" stands for one of this very process; a
   status file that begins with the byte OWN for one that a run has written, changed as the bytes
   behind it say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "bigsweep/store.h"
#include "command.h"
#include "folder.h"
#include "fuzz.h"
#include "orders.h"
#include "sweep/lock_internal.h"
#include "sweep/run_status_internal.h"

static char output[256];

/* A lock as this process writes it. */
static bs_text own_lock(void) {
  bs_text text = {0};
  bs_lock *lock = NULL;
  char path[300];
  snprintf(path, sizeof path, "%s.lock", output);
  if (bs_lock_take(&lock, output, &(bs_limits){0}, NULL, NULL, NULL) != BS_OK ||
      bs_file_read(path, 1 << 16, &text, NULL) != BS_OK)
    abort();
  bs_lock_free(&lock);
  return text;
}

enum { OWN = 1 };

/* A status file as a run writes it. */
static bs_text own_status(void) {
  bs_text text = {0};
  char path[300];
  const bs_sweep_summary summary = {.progress = {.units_done = 2,
                                                 .units_total = 4,
                                                 .cost_done = 1,
                                                 .cost_total = 2,
                                                 .seconds = 3,
                                                 .n_workers = 1}};
  snprintf(path, sizeof path, "%s.status", output);
  bs_run_status_write(output, NULL, &summary);
  if (bs_file_read(path, 1 << 16, &text, NULL) != BS_OK)
    abort();
  return text;
}

static void write_status(const uint8_t *data, size_t size, const bs_text *own) {
  if (size == 0 || data[0] != OWN) {
    bs_fuzz_write("r.h5.status", data, size);
    return;
  }
  bs_fuzz_orders orders = {data + 1, size - 1};
  bs_text text = {0};
  if (bs_text_append(&text, own->data, own->n_bytes, NULL) != BS_OK)
    abort();
  bs_fuzz_change(&text, &orders);
  bs_fuzz_write("r.h5.status", text.data, text.n_bytes);
  bs_text_free(&text);
}

/* A results file with one model and nothing of it, so that nothing else is missing. */
static void write_results(void) {
  bs_tables *results = NULL;
  const bs_model_row model = {.name = "small", .family = "f", .scale = 1};
  if (bs_tables_new(&results, NULL, 0, NULL) != BS_OK ||
      bs_tables_add_model(results, &model, NULL) != BS_OK ||
      bs_store_write(output, results, NULL, NULL) != BS_OK)
    abort();
  bs_tables_free(&results);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static bs_text mine, own;
  if (output[0] == '\0') {
    snprintf(output, sizeof output, "%s/r.h5", bs_fuzz_folder());
    bs_fuzz_write("r.h5", "", 0); /* so that it is removed at the end */
    write_results();
    mine = own_lock();
    own = own_status();
  }
  const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
  if (end == NULL)
    return;
  size_t n_lock = (size_t)(end - data);
  bool is_mine = n_lock == 2 && memcmp(data, "me", 2) == 0;
  bs_fuzz_write("r.h5.lock", is_mine ? (const void *)mine.data : data,
                is_mine ? mine.n_bytes : n_lock);
  write_status(end + 1, size - n_lock - 1, &own);
  bs_text printed = {0};
  char *argv[] = {"status", output, NULL};
  bs_fuzz_command(&status_command, argv, "", 0, &printed);
  bs_text_free(&printed);
  bs_lock *lock = NULL;
  bs_lock_take(&lock, output, &(bs_limits){0}, NULL, NULL, NULL);
  bs_lock_free(&lock);
}
