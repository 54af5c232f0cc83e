/* What all messages have, for the files that pack and unpack them. */
#ifndef BIGSWEEP_SWEEP_PROTOCOL_ENVELOPE_INTERNAL_H
#define BIGSWEEP_SWEEP_PROTOCOL_ENVELOPE_INTERNAL_H

#include "sweep/protocol/messages_internal.h"
#include "sweep/protocol/pack_internal.h"

/* Empties `message` and begins one of a kind. */
bs_packer bs_message_begin(bs_text *message, bs_message_kind kind);
/* BS_ERR_MEMORY where something could not be packed. */
bs_status bs_message_end(const bs_packer *packer, bs_error *err);

/* Opens a message that must be of `kind`. */
bs_status bs_message_open(const bs_text *message, bs_message_kind kind, bs_unpacker *unpacker,
                          bs_error *err);
/* BS_ERR_PROTOCOL where the message was too short or is too long. */
bs_status bs_message_close(const bs_unpacker *unpacker, bs_message_kind kind, bs_error *err);

/* A unit of work, as several messages have it. */
void bs_pack_unit(bs_packer *packer, const bs_unit *unit);
bs_unit bs_unpack_unit(bs_unpacker *unpacker);

#endif
