/* Walks the control groups of this process and reads their files. */
#include "base/control_groups_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 4352 };

/* The whole number that `text` begins with; false for "max" and the like. */
static bool parse_number(const char *text, uint64_t *value) {
  text += strspn(text, " \t");
  if (*text < '0' || *text > '9')
    return false;
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 10);
  if (errno != 0)
    return false;
  *value = number;
  return true;
}

static bool read_number(const char *path, const char *key, uint64_t *value) {
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return false;
  char line[LINE_BYTES];
  size_t n_key = strlen(key);
  bool found = false;
  while (!found && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, n_key) == 0 && (n_key == 0 || strchr(" \t:", line[n_key]) != NULL))
      found = parse_number(line + n_key + (line[n_key] == ':'), value);
    if (n_key == 0)
      break;
  }
  fclose(file);
  return found;
}

bool bs_group_number(const char *folder, const char *name, const char *key, uint64_t *value) {
  if (folder == NULL)
    return read_number(name, key, value);
  char path[2 * PATH_BYTES];
  int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  return n > 0 && (size_t)n < sizeof path && read_number(path, key, value);
}

/* The group `path` below `top` (a mount, with the controller's own folder in version 1), and those
   around it up to `top` itself. */
static void visit_around(const char *mounts, const char *controller, const char *path, int version,
                         bs_group_visit visit, void *user) {
  char folder[2 * PATH_BYTES];
  int n_top = snprintf(folder, sizeof folder, "%s%s%s", mounts, version == 1 ? "/" : "",
                       version == 1 ? controller : "");
  if (n_top < 0 || (size_t)n_top >= sizeof folder)
    return;
  size_t top = (size_t)n_top;
  int n = snprintf(folder + top, sizeof folder - top, "%s", path);
  if (n < 0 || (size_t)n >= sizeof folder - top)
    return;
  for (;;) {
    visit(user, folder, version);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || (size_t)(slash - folder) < top)
      return;
    *slash = '\0';
  }
}

static bool names(const char *controllers, const char *controller) {
  size_t n = strlen(controller);
  for (const char *at = controllers; *at != '\0'; at += strcspn(at, ",")) {
    at += *at == ',';
    if (strncmp(at, controller, n) == 0 && (at[n] == ',' || at[n] == '\0'))
      return true;
  }
  return false;
}

/* Lines "N:controllers:/path"; without controllers it is the one tree of version 2. */
void bs_control_groups_visit(const bs_group_sources *sources, const char *controller,
                             bs_group_visit visit, void *user) {
  static const bs_group_sources system_ones = {"/proc/self/cgroup", "/sys/fs/cgroup"};
  if (sources == NULL)
    sources = &system_ones;
  FILE *file = fopen(sources->cgroup, "re");
  if (file == NULL)
    return;
  char line[LINE_BYTES];
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
      continue;
    *path++ = '\0';
    controllers++;
    int version = controllers[0] == '\0' ? 2 : names(controllers, controller) ? 1 : 0;
    if (version > 0 && path[0] == '/')
      visit_around(sources->mounts, controller, path, version, visit, user);
  }
  fclose(file);
}
