/* bigsweep models: the models that folders hold. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/survey.h"
#include "program/options.h"

/* "70.4M" */
static const char *short_number(char text[16], double value) {
  static const char units[] = " KMBT";
  size_t unit = 0;
  while (value >= 999.5 && unit < sizeof units - 2)
    value /= 1000, unit++;
  snprintf(text, 16, "%.3g%.*s", value, unit > 0, &units[unit]);
  return text;
}

static void print_table(const bs_survey_models *models) {
  const char *family = "";
  for (size_t i = 0; i < models->n_usable; i++) {
    const bs_survey_model *model = &models->list[i];
    char all[16], active[16];
    if (i == 0 || strcmp(family, model->family) != 0)
      printf("%s%s\n", i > 0 ? "\n" : "", model->family);
    family = model->family;
    printf("  %-30s %7s", model->name, short_number(all, (double)model->parameters));
    if (model->active_parameters < model->parameters)
      printf(" (%s active)", short_number(active, (double)model->active_parameters));
    printf(" %-5s %s%s%s\n", model->type, model->architecture, model->tuning != NULL ? ", " : "",
           model->tuning != NULL ? model->tuning : "");
  }
}

static bs_status print_models(const bs_survey_models *models, bool list_alone, bs_error *err) {
  bs_text json = {0};
  bs_status status = bs_survey_print_models(models, NULL, &json, err);
  if (status == BS_OK && !list_alone) {
    print_table(models);
    printf("%s%zu model%s%s\n\n", models->n_usable > 0 ? "\n" : "", models->n_usable,
           bs_plural(models->n_usable),
           models->n_usable > 0 ? "; for a configuration in this folder:" : "");
  }
  if (status == BS_OK && (list_alone || models->n_usable > 0))
    printf("  %s\n", json.data);
  bs_text_free(&json);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  static const char *const here[] = {"."};
  bool list_alone = false;
  const option options[] = {{.name = "--list",
                             .kind = OPTION_FLAG,
                             .to = &list_alone,
                             .help = "only the list \"models\" of a configuration"}};
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0,
                           (size_t)argc);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_survey_models models;
  const char *const *paths = p.n_arguments > 0 ? (const char *const *)p.arguments : here;
  bs_status status =
      bs_survey_models_find(&models, paths, p.n_arguments > 0 ? p.n_arguments : 1, &err);
  if (status == BS_OK)
    status = print_models(&models, list_alone, &err);
  fflush(stdout);
  for (size_t i = models.n_usable; i < models.n; i++)
    print_error(command, models.list[i].fault);
  int code = status != BS_OK                               ? fail(command, &err)
             : models.n_usable < models.n || models.n == 0 ? EXIT_BAD_INPUT
                                                           : EXIT_DONE;
  bs_survey_models_free(&models);
  return code;
}

const bs_command models_command = {
    "models", "[FOLDER...] [--list]",
    "the models in folders: families, sizes, types; ready to paste into a configuration", run};
