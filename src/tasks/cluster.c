/* The cluster of an example: which others it hangs together with, by a name that they share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text_internal.h"
#include "tasks/seen_internal.h"
#include "tasks/task_internal.h"

/* From here on JSON's numbers, which are doubles, do not tell neighbours apart. */
static const double INDISTINCT = 9007199254740992; /* 2^53 */

bs_status bs_member_cluster(const bs_member *member, bs_place place, bs_findings *findings,
                            uint64_t *cluster, bs_error *err) {
  char number[32];
  unsigned char digest[BS_DIGEST_BYTES];
  *cluster = 0;
  if (member == NULL)
    return BS_OK;
  if (!cJSON_IsString(member->node) && !cJSON_IsNumber(member->node)) {
    bs_finding_fault(findings, place, "expected a string or a number, found %s",
                     bs_node_kind(member->node));
    return BS_OK;
  }
  if (cJSON_IsNumber(member->node) && !(fabs(member->node->valuedouble) < INDISTINCT)) {
    bs_finding_fault(
        findings, place,
        "whole numbers of 2^53 (16 digits) and more are not told apart: write a string");
    return BS_OK;
  }
  snprintf(number, sizeof number, "%.17g", member->node->valuedouble);
  const char *name = cJSON_IsString(member->node) ? member->node->valuestring : number;
  bs_status status = bs_sha256(name, strlen(name), digest, err);
  if (status == BS_OK)
    *cluster = bs_digest_bits(digest) | 1; /* 0 is none */
  return status;
}
