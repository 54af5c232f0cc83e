/* A command and its options as help, as a man page and for completion. */
#include "program/describe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/version.h"
#include "program/terminal.h"

/* What stands for an option's value. */
static const char *value_of(const option *o) {
  static const char *const values[] = {"", "TEXT", "N", "A,B", "WORD"};
  return values[o->kind];
}

/* "-o, --output TEXT", "--csv[=WORD]" */
static void name_option(char *name, size_t n, const option *o) {
  const char *letter = o->letter != NULL ? o->letter : "";
  snprintf(name, n, "%s%s%s%s%s%s", letter, letter[0] != '\0' ? ", " : "", o->name,
           o->kind == OPTION_FLAG   ? ""
           : o->kind == OPTION_WORD ? "[="
                                    : " ",
           value_of(o), o->kind == OPTION_WORD ? "]" : "");
}

void print_wrapped(FILE *to, const char *text, size_t indent, size_t width) {
  size_t used = indent;
  while (*text != '\0') {
    size_t n = strcspn(text, " ");
    if (used > indent && used + 1 + n > width) {
      fprintf(to, "\n%*s", (int)indent, "");
      used = indent;
    } else if (used > indent) {
      fputc(' ', to);
      used++;
    }
    fprintf(to, "%.*s", (int)n, text);
    used += n;
    text += n;
    text += strspn(text, " ");
  }
  fputc('\n', to);
}

size_t help_width(int descriptor) {
  enum { MOST_WIDTH = 100 };
  size_t width = terminal_width(descriptor);
  return width < MOST_WIDTH ? width : MOST_WIDTH;
}

static void describe_as_text(const bs_command *command, const option *options, size_t n) {
  enum { COLUMN = 25 };
  size_t width = help_width(STDOUT_FILENO);
  const command_details *details = details_of(command);
  printf("usage: bigsweep %s ", command->name);
  print_wrapped(stdout, command->usage, strlen("usage: bigsweep  ") + strlen(command->name), width);
  print_wrapped(stdout, command->summary, 0, width);
  for (size_t i = 0; i < n; i++) {
    char name[64];
    name_option(name, sizeof name, &options[i]);
    printf("  %-22s ", name);
    if (strlen(name) > COLUMN - 3)
      printf("\n%*s", COLUMN, "");
    print_wrapped(stdout, options[i].help, COLUMN, width);
  }
  if (details != NULL && details->examples != NULL)
    printf("for example:\n%s", details->examples);
}

/* Text of a man page: no letter of it is a command of the formatter. */
static void print_man(const char *text) {
  bool at_start = true;
  for (; *text != '\0'; text++) {
    if (at_start && (*text == '.' || *text == '\''))
      fputs("\\&", stdout);
    at_start = *text == '\n';
    if (*text == '\\')
      fputs("\\e", stdout);
    else if (*text == '-')
      fputs("\\-", stdout);
    else if (*text == '\n' && text[1] == '\n')
      fputs("\n.PP", stdout);
    else
      putchar(*text);
  }
}

static void describe_as_man(const bs_command *command, const option *options, size_t n) {
  const command_details *details = details_of(command);
  printf(".TH BIGSWEEP\\-%s 1 \"\" \"bigsweep %s\" \"User Commands\"\n.ad l\n", command->name,
         BS_VERSION);
  printf(".SH NAME\nbigsweep\\-%s \\- ", command->name);
  print_man(command->summary);
  printf("\n.SH SYNOPSIS\n.B bigsweep %s\n", command->name);
  print_man(command->usage);
  printf("\n.SH DESCRIPTION\n");
  print_man(details != NULL ? details->text : command->summary);
  printf("%s.SH OPTIONS\n", details != NULL ? "\n" : ".\n");
  for (size_t i = 0; i < n; i++) {
    char name[64];
    name_option(name, sizeof name, &options[i]);
    printf(".TP\n.B ");
    print_man(name);
    putchar('\n');
    print_man(options[i].help);
    putchar('\n');
  }
  printf(".TP\n.B \\-h, \\-\\-help\nthese options in short\n");
  if (details != NULL && details->examples != NULL) {
    printf(".SH EXAMPLES\n.nf\n");
    print_man(details->examples);
    printf(".fi\n");
  }
  printf(
      ".SH EXIT STATUS\n0 done, 1 some inputs were bad, 2 wrong usage or configuration, 75 stopped "
      "early with work left.\n.SH SEE ALSO\n.BR bigsweep (1)\n");
}

/* "    run) options=... ;;", and the words that its options take. */
static void describe_for_bash(const bs_command *command, const option *options, size_t n) {
  printf("    %s)\n      options=\"--help", command->name);
  for (size_t i = 0; i < n; i++)
    printf(" %s%s%s", options[i].name, options[i].letter != NULL ? " " : "",
           options[i].letter != NULL ? options[i].letter : "");
  printf("\"\n      case $previous in\n");
  for (size_t i = 0; i < n; i++)
    if (options[i].kind == OPTION_WORD) {
      printf("        %s) words=\"", options[i].name);
      for (const char *const *word = options[i].words; *word != NULL; word++)
        printf("%s%s", word == options[i].words ? "" : " ", *word);
      printf("\" ;;\n");
    }
  printf("      esac\n      ;;\n");
}

void print_for_zsh(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\'')
      fputs("'\\''", stdout);
    else if (strchr("[]:\\", *text) != NULL)
      printf("\\%c", *text);
    else
      putchar(*text);
  }
}

static void describe_for_zsh(const bs_command *command, const option *options, size_t n) {
  printf("    %s)\n      _arguments '--help[these options in short]'", command->name);
  for (size_t i = 0; i < n; i++) {
    const option *o = &options[i];
    printf(" \\\n        ");
    if (o->letter != NULL)
      printf("'(%s %s)'{%s,%s}'[", o->letter, o->name, o->letter, o->name);
    else
      printf("'%s%s[", o->name, o->kind == OPTION_WORD ? "=-" : "");
    print_for_zsh(o->help);
    putchar(']');
    if (o->kind == OPTION_WORD) {
      printf("::word:(");
      for (const char *const *word = o->words; *word != NULL; word++)
        printf("%s%s", word == o->words ? "" : " ", *word);
      putchar(')');
    } else if (o->kind != OPTION_FLAG) {
      printf(":%s:%s", value_of(o), o->kind == OPTION_TEXT ? "_files" : "");
    }
    putchar('\'');
  }
  printf(" \\\n        '*:file:_files'\n      ;;\n");
}

bool describe_options(const char *form, const bs_command *command, const option *options,
                      size_t n) {
  static const struct {
    const char *name;
    void (*describe)(const bs_command *command, const option *options, size_t n);
  } forms[] = {{"text", describe_as_text},
               {"man", describe_as_man},
               {"bash", describe_for_bash},
               {"zsh", describe_for_zsh}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (strcmp(form, forms[i].name) == 0) {
      forms[i].describe(command, options, n);
      return true;
    }
  return false;
}
