/* Counting the prompts of which something was lost. */
#include "bigsweep/tables.h"

void bs_prompt_counts_add_example(bs_prompt_counts *to, const bs_example_row *row) {
  to->prompts++;
  to->truncated += row->truncated_tokens > 0;
  to->fewer_shots += row->shots_shown < row->shots;
  to->border += row->border > 0;
}

void bs_prompt_counts_add_skipped(bs_prompt_counts *to) {
  to->prompts++;
  to->skipped++;
}

void bs_prompt_counts_add(bs_prompt_counts *to, const bs_prompt_counts *from) {
  to->prompts += from->prompts;
  to->truncated += from->truncated;
  to->fewer_shots += from->fewer_shots;
  to->skipped += from->skipped;
  to->border += from->border;
}

bool bs_prompt_counts_any(const bs_prompt_counts *counts) {
  return counts->truncated + counts->fewer_shots + counts->skipped + counts->border > 0;
}
