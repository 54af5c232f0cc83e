/* Messages on a stream of bytes between two processes: a magic number and a length in front of
   each. */
#ifndef BIGSWEEP_SWEEP_PROTOCOL_FRAMES_INTERNAL_H
#define BIGSWEEP_SWEEP_PROTOCOL_FRAMES_INTERNAL_H

#include <stdbool.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

enum { BS_FRAME_HEAD_BYTES = 12, BS_FRAME_MAX_BYTES = 1 << 30 };

/* Appends a message with its head to `stream`; BS_ERR_LIMIT when it is too long. */
bs_status bs_frame_append(bs_text *stream, const bs_text *message, bs_error *err);

/* Takes the first message off `stream` (its content replaces that of `message`); *found is false
   when it is not there as a whole yet. BS_ERR_PROTOCOL when what is there is not a frame. */
bs_status bs_frame_take(bs_text *stream, bs_text *message, bool *found, bs_error *err);

/* For a descriptor that may block: the next message, or *closed at the end of the stream. */
bs_status bs_frame_read(int fd, bs_text *stream, bs_text *message, bool *closed, bs_error *err);
bs_status bs_frame_write(int fd, const bs_text *message, bs_error *err);

/* For one that may not: appends what is there to `stream`, or sends and removes as much of it as
   goes. *closed: the other side has gone. */
bs_status bs_stream_fill(int fd, bs_text *stream, bool *closed, bs_error *err);
bs_status bs_stream_flush(int fd, bs_text *stream, bool *closed, bs_error *err);

#endif
