/* What all messages have: magic, version and kind in front, and nothing behind what is expected. */
#include "sweep/protocol/envelope_internal.h"

/* Layout: u32 magic "bsm5" (the last character is the version), u32 kind, then the kind's fields.
 */
enum { MAGIC = 0x356D7362 };

static const char *const kind_names[] = {"",       "hello", "setup",  "unit", "result", "stop",
                                         "failed", "beat",  "cancel", "bye",  "end"};
enum { N_KINDS = sizeof kind_names / sizeof *kind_names };

bs_packer bs_message_begin(bs_text *message, bs_message_kind kind) {
  message->n_bytes = 0;
  bs_packer packer = {.to = message};
  bs_pack_u32(&packer, MAGIC);
  bs_pack_u32(&packer, kind);
  return packer;
}

bs_status bs_message_end(const bs_packer *packer, bs_error *err) {
  if (packer->failed)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot build a message of over %zu bytes",
                        packer->to->n_bytes);
  return BS_OK;
}

bs_status bs_message_kind_of(const bs_text *message, bs_message_kind *kind, bs_error *err) {
  bs_unpacker unpacker = {.at = message->data, .left = message->n_bytes};
  uint32_t magic = bs_unpack_u32(&unpacker), value = bs_unpack_u32(&unpacker);
  if (unpacker.failed || magic != MAGIC || value == 0 || value >= N_KINDS)
    return bs_error_set(
        err, BS_ERR_PROTOCOL,
        "a message of %zu bytes is not one of this version: do all ranks run the same program?",
        message->n_bytes);
  *kind = (bs_message_kind)value;
  return BS_OK;
}

bs_status bs_message_open(const bs_text *message, bs_message_kind kind, bs_unpacker *unpacker,
                          bs_error *err) {
  bs_message_kind found = kind;
  bs_status status = bs_message_kind_of(message, &found, err);
  if (status == BS_OK && found != kind)
    status = bs_error_set(err, BS_ERR_PROTOCOL, "expected a message \"%s\", found \"%s\"",
                          kind_names[kind], kind_names[found]);
  *unpacker = (bs_unpacker){.at = message->data, .left = message->n_bytes};
  bs_unpack_u64(unpacker);
  return status;
}

bs_status bs_message_close(const bs_unpacker *unpacker, bs_message_kind kind, bs_error *err) {
  if (unpacker->failed || unpacker->left != 0)
    return bs_error_set(err, BS_ERR_PROTOCOL,
                        "a message \"%s\" is cut or too long, or a number in it is out of range",
                        kind_names[kind]);
  return BS_OK;
}

void bs_pack_unit(bs_packer *packer, const bs_unit *unit) {
  bs_pack_u32(packer, unit->model);
  bs_pack_u32(packer, unit->task);
  bs_pack_u32(packer, unit->shots);
  bs_pack_u32(packer, unit->first);
  bs_pack_u32(packer, unit->n);
  bs_pack_f64(packer, unit->cost);
}

bs_unit bs_unpack_unit(bs_unpacker *unpacker) {
  bs_unit unit;
  unit.model = bs_unpack_u32(unpacker);
  unit.task = bs_unpack_u32(unpacker);
  unit.shots = bs_unpack_u32(unpacker);
  unit.first = bs_unpack_u32(unpacker);
  unit.n = bs_unpack_u32(unpacker);
  unit.cost = bs_unpack_f64(unpacker);
  if (unit.n == 0 || unit.n > UINT32_MAX - unit.first || !(unit.cost >= 0))
    unpacker->failed = true;
  return unit;
}
