/* The one instruction set that all workers of a run compute with. */
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"

bs_status bs_common_isa_keep(bs_coordinator *c, const char *earlier, bs_error *err) {
  const char *asked = c->options.isa;
  if (asked != NULL && strcmp(asked, earlier) != 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: its results were computed with the instruction set \"%s\", \"%s\" is "
                        "asked for, and results of two are not mixed: set \"isa\" (or --isa) to "
                        "\"%s\", or give another output",
                        c->output, earlier, asked, earlier);
  c->isa_is_earlier = true;
  return (c->chosen_isa = bs_string_copy(earlier, err)) != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bool all_have(const bs_coordinator *c, const char *name, size_t n_name) {
  for (size_t i = 0; i < c->n_workers; i++)
    if (c->workers[i].state == PRESENT && !bs_list_has_bytes(c->workers[i].isas, name, n_name))
      return false;
  return true;
}

/* The names that all workers have, best first. */
static bs_status list_common(const bs_coordinator *c, bs_text *list, bs_error *err) {
  size_t first = 0;
  bs_status status = bs_text_append_string(list, "", err);
  while (first + 1 < c->n_workers && c->workers[first].state != PRESENT)
    first++;
  for (const char *at = c->workers[first].isas; status == BS_OK && *at != '\0';) {
    size_t n = strcspn(at, ",");
    if (all_have(c, at, n))
      status = bs_text_printf(list, err, "%s%.*s", list->n_bytes > 0 ? ", " : "", (int)n, at);
    at += n + (at[n] == ',');
  }
  return status;
}

/* Says who lacks the chosen set, and what to set so that the sweep goes on. */
static bs_status refuse_isa(bs_coordinator *c, bs_error *err) {
  size_t w = 0;
  bs_text common = {0};
  while (c->workers[w].state != PRESENT ||
         bs_list_has_bytes(c->workers[w].isas, c->chosen_isa, strlen(c->chosen_isa)))
    w++;
  bs_status status = list_common(c, &common, err);
  if (status == BS_OK && c->isa_is_earlier)
    status = bs_error_set(
        err, BS_ERR_USAGE,
        "%s: its results were computed with the instruction set \"%s\", which worker %zu on %s "
        "lacks (it has: %s), and results of two are not mixed: go on where all ranks have it, or "
        "give another output and, so that it can go on anywhere, the key \"isa\" or the option "
        "--isa "
        "one of: %s",
        c->output, c->chosen_isa, w + 1, bs_coordinator_host_of(c, w), c->workers[w].isas,
        common.data);
  else if (status == BS_OK)
    status = bs_error_set(
        err, BS_ERR_USAGE,
        "the instruction set \"%s\" is asked for, which worker %zu on %s lacks (it "
        "has: %s); all ranks have: %s",
        c->chosen_isa, w + 1, bs_coordinator_host_of(c, w), c->workers[w].isas, common.data);
  bs_text_free(&common);
  return status;
}

bs_status bs_common_isa_choose(bs_coordinator *c, bs_error *err) {
  if (c->chosen_isa != NULL)
    return all_have(c, c->chosen_isa, strlen(c->chosen_isa)) ? BS_OK : refuse_isa(c, err);
  size_t first = 0;
  while (first + 1 < c->n_workers && c->workers[first].state != PRESENT)
    first++;
  for (const char *at = c->workers[first].isas; *at != '\0';) {
    size_t n = strcspn(at, ",");
    if (all_have(c, at, n)) {
      c->chosen_isa = bs_string_new(at, n, err);
      c->provenance.isa = c->chosen_isa;
      return c->chosen_isa != NULL ? BS_OK : BS_ERR_MEMORY;
    }
    at += n + (at[n] == ',');
  }
  return bs_error_set(err, BS_ERR_INTERNAL, "the ranks have no instruction set in common");
}

bool bs_common_isa_has(const bs_coordinator *c, size_t w) {
  return bs_list_has_bytes(c->workers[w].isas, c->chosen_isa, strlen(c->chosen_isa));
}
