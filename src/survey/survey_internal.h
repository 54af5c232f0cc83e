/* Folders gone through, and what a model's name says. */
#ifndef BIGSWEEP_SURVEY_INTERNAL_H
#define BIGSWEEP_SURVEY_INTERNAL_H

#include "base/name_list_internal.h"
#include "bigsweep/survey.h"

/* walk.c */

typedef struct bs_walk {
  /* A folder and the names in it, without those that begin with a dot; *deeper (true at first) says
     whether its folders are visited, too. */
  bs_status (*visit)(void *user, const char *folder, const bs_name_list *names, bool *deeper,
                     bs_error *err);
  /* A folder that cannot be read. */
  bs_status (*refuse)(void *user, const char *folder, const char *reason, bs_error *err);
  void *user;
} bs_walk;

/* Visits a folder and those in it, in order of name; symbolic links are followed, but not in a
   circle, and not deeper than twelve folders. */
bs_status bs_walk_folders(const char *folder, const bs_walk *walk, bs_error *err);
bool bs_name_list_has(const bs_name_list *list, const char *name);

/* model_names.c */

/* Fills family, tuning and seed from the name; `folder` (the one around it) is the family where the
   name has nothing but a size. */
bs_status bs_model_name_read(bs_survey_model *model, const char *folder, bs_error *err);
/* Bytes of a name in front of the digits of a step ("step1000", "checkpoint-500"), with the step;
   0: it is none. */
size_t bs_model_name_step(const char *name, double *step);
/* Bytes of a file's name without .gguf that are in front of a type of weights ("-Q4_K_M"), with
   what separates the two; 0: it has none. */
size_t bs_model_name_stem(const char *name);

/* languages.c */

/* Appends the languages of a task as its keywords (a line each), name and description tell them. */
bs_status bs_task_languages(bs_text *to, const char *keywords, const char *name,
                            const char *description, bs_error *err);

#endif
