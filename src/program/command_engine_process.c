/* The process that a worker starts to evaluate in: no command for people. */
#include <stdlib.h>

#include "bigsweep/sweep.h"
#include "program/command.h"

static int run(const bs_command *command, int argc, char **argv) {
  bs_error err = {0};
  if (argc != 3)
    bs_error_set(&err, BS_ERR_USAGE, "is started by bigsweep run alone");
  else
    bs_engine_process(atoi(argv[1]), atoi(argv[2]), &err);
  return err.status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command engine_process_command = {"engine-process", "", NULL, run};
