/* Cosines and sines of positions' angles, as tables over positions, and those of the rows of a pass
   whose texts are so long that they have angles of their own. */
#ifndef BIGSWEEP_ENGINE_STACK_ANGLE_TABLE_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_ANGLE_TABLE_INTERNAL_H

#include "checkpoint/blueprint_internal.h"
#include "engine/stack/batch_internal.h"
#include "engine/stack/floats_internal.h"

/* Of positions 0 .. n_positions in texts of length class 0, (n_positions, n_angles) each. */
typedef struct bs_angle_table {
  float *cosines, *sines;
  size_t n_positions;
} bs_angle_table;

/* Makes a set's table reach n_positions at least. */
bs_status bs_angle_table_grow(bs_angle_table *table, const bs_blueprint *blueprint,
                              const bs_angles *angles, size_t n_positions, bs_error *err);
void bs_angle_table_free(bs_angle_table *table);

/* For rows of another length class: cosines, then sines of each set in turn, in `room`; rows of
   class 0 have none. */
bs_status bs_angles_of_rows(const bs_blueprint *blueprint, bs_batch *batch, bs_floats *room,
                            bs_error *err);

#endif
