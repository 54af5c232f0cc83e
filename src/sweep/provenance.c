/* What the results say of the program and the machine that made them. */
#include <unistd.h>

#include "bigsweep/sweep.h"
#include "sweep/commit.h" /* made at every build */

void bs_provenance_fill(bs_provenance *provenance) {
  enum { MAX_HOST_BYTES = 256 };
  static char host[MAX_HOST_BYTES];
  gethostname(host, sizeof host - 1);
  *provenance = (bs_provenance){
      .commit = BS_COMMIT, .compiler = BS_COMPILER, .host = host, .isa = "", .dtype = ""};
}
