/* What there is to say about a command beyond its summary and its options. */
#include <string.h>

#include "program/describe.h"

static const command_details all[] = {
    {"init",
     "Looks for models (folders with config.json, GGUF files, caches of the Hugging Face Hub) and "
     "tasks (task.json, .json, .jsonl, .csv), and writes a configuration of those that can be "
     "used. Families are made of the models' names.\n\n"
     "What cannot be used is left out and reported. A file that is there is not replaced without "
     "--force.",
     "  bigsweep init models bigbench -o pythia.json\n  bigsweep plan pythia.json\n"},
    {"models",
     "Lists the models in folders by family and size, from their headers, and below them the list "
     "\"models\" of a configuration. What cannot be used is reported with its reason.",
     "  bigsweep models ~/.cache/huggingface/hub\n"},
    {"tasks",
     "Lists the tasks in folders: kind (choices, text that is generated, or both), examples, those "
     "of which no accepted answer can ever match, and the preferred metric; then languages and "
     "keywords. Without folders it looks into the current one.",
     "  bigsweep tasks bigbench bbh\n"},
    {"validate",
     "Reads task files, folders with a task.json, or a configuration with the tasks that it names, "
     "and reports every fault with file, place and line.",
     "  bigsweep validate tasks/*/task.json\n  bigsweep validate pythia.json\n"},
    {"plan",
     "Reads a configuration, its tasks and the headers of its models, and tells what a run would "
     "do: tasks, units of work, memory of each model, expected time. Nothing is written. The "
     "smallest models are measured for their speed, unless --from names results of an earlier run.",
     "  bigsweep plan pythia.json --ranks 64\n"},
    {"run",
     "Evaluates every model of the configuration on every task and writes the results file; alone, "
     "or on all ranks of mpirun or srun. What is done is committed every second: killed, or "
     "stopped "
     "by Ctrl-C, SIGTERM or SIGUSR1, the same command on any number of ranks continues.\n\n"
     "The last lines are the table of bigsweep-analyze(1), what failed, and where the results are.",
     "  mpirun --bind-to none -n 64 bigsweep run pythia.json\n"},
    {"status", "Tells from another terminal how far a run is, model by model; or how far it came.",
     "  bigsweep status pythia.h5\n"},
    {"analyze",
     "Computes scores, linearity, breakthroughness and the rest of the statistics anew, writes "
     "them "
     "into the results file, and prints a line for each task: curve over size, first and last "
     "score, shape, L and B with intervals. With --scores it reads a table instead of results.",
     "  bigsweep analyze pythia.h5 --sort breakthroughness\n"
     "  bigsweep analyze pythia.h5 --csv scores >scores.csv\n"},
    {"report",
     "Writes one HTML file that needs no network: curves, maps, tables, and examples with what "
     "each "
     "model said.",
     "  bigsweep report pythia.h5 -o pythia.html\n"},
    {"show",
     "Prints examples in order of task, shots and number: the question, its choices with each "
     "model's probabilities among them, in per cent, or its accepted answers; then what each model "
     "said and whether that is right. With several models --wrong and --right mean all of them.",
     "  bigsweep show pythia.h5 --model pythia-12b --wrong\n"
     "  bigsweep show pythia.h5 --differ pythia-12b,pythia-70m -n 50\n"},
    {"merge",
     "Writes several results files as one: what one run over all their models and tasks would have "
     "written, bit for bit. What contradicts is refused by name: other settings, one name for two "
     "checkpoints or two versions of a task, another result of the same example.",
     "  bigsweep merge pythia.h5 gpt2.h5 -o both.h5\n"},
    {"remove",
     "Writes a results file without the results that fit all of --model, --task and --shots. The "
     "new file may be the old one, which is then replaced as a whole.",
     "  bigsweep remove both.h5 --model gpt2-xl -o smaller.h5\n"},
    {"verify",
     "Computes random examples anew from the checkpoints and compares everything of them bit for "
     "bit. The exit code is 1 if one comes out otherwise, or could not be computed.",
     "  bigsweep verify pythia.h5 -n 100\n"},
    {"forecast",
     "Forecasts the scores of larger models with intervals; with --hold it leaves out the largest "
     "models and tells how good their forecasts would have been.",
     "  bigsweep forecast pythia.h5\n  bigsweep forecast pythia.h5 --hold 1\n"},
    {"inspect",
     "Tells what a checkpoint is from its headers: architecture, parameters, types, memory, "
     "tokenizer; or why it would be refused.",
     "  bigsweep inspect models/pythia-70m\n"},
};

const command_details *details_of(const bs_command *command) {
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strcmp(all[i].name, command->name) == 0)
      return &all[i];
  return NULL;
}
