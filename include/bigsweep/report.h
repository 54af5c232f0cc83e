/* What is printed of an analysis. */
#ifndef BIGSWEEP_REPORT_H
#define BIGSWEEP_REPORT_H

#include <stdio.h>

#include "bigsweep/analysis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints, for a person: a table per family, in it for each task or aggregate, shots and metric a
   line with the number of examples (tasks), the score and its standard error of each model (of
   repeats the mean, and how many they are with their standard deviation), I, L, B and what people
   score; a task's preferred metric is marked. Behind them, where tasks are put in several ways, the
   range of each model's scores over these, and how many prompts were too long. UTF-8. */
BS_API bs_status bs_report_tables(const bs_analysis *analysis, FILE *to, bs_error *err);
/* The linearity rows as CSV: family,shots,task,metric,n,improvement,linearity,breakthroughness,
   root_mean_square,root_median_square,linearity_per_step; 17 significant digits, undefined is
   empty. */
BS_API bs_status bs_report_linearity_csv(const bs_analysis *analysis, FILE *to, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
