/* Messages on a stream of bytes, framed and read back. */
#include "sweep/protocol/frames_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sweep/protocol/pack_internal.h"

enum { MAGIC = 0x31667362 /* "bsf1" */, READ_BYTES = 1 << 16 };

bs_status bs_frame_append(bs_text *stream, const bs_text *message, bs_error *err) {
  if (message->n_bytes > BS_FRAME_MAX_BYTES)
    return bs_error_set(err, BS_ERR_LIMIT, "a message of %zu bytes", message->n_bytes);
  bs_packer packer = {.to = stream};
  bs_pack_u32(&packer, MAGIC);
  bs_pack_u64(&packer, message->n_bytes);
  if (packer.failed)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot build a frame");
  return bs_text_append(stream, message->data, message->n_bytes, err);
}

static void drop_front(bs_text *text, size_t n) {
  text->n_bytes -= n;
  memmove(text->data, text->data + n, text->n_bytes);
  text->data[text->n_bytes] = '\0';
}

bs_status bs_frame_take(bs_text *stream, bs_text *message, bool *found, bs_error *err) {
  *found = false;
  message->n_bytes = 0;
  if (stream->n_bytes < BS_FRAME_HEAD_BYTES)
    return BS_OK;
  bs_unpacker unpacker = {.at = stream->data, .left = stream->n_bytes};
  uint32_t magic = bs_unpack_u32(&unpacker);
  uint64_t n = bs_unpack_u64(&unpacker);
  if (magic != MAGIC || n > BS_FRAME_MAX_BYTES)
    return bs_error_set(err, BS_ERR_PROTOCOL, "what came is not a message");
  if (unpacker.left < n)
    return BS_OK;
  bs_status status = bs_text_append(message, unpacker.at, (size_t)n, err);
  if (status == BS_OK) {
    *found = true;
    drop_front(stream, BS_FRAME_HEAD_BYTES + (size_t)n);
  }
  return status;
}

bs_status bs_stream_fill(int fd, bs_text *stream, bool *closed, bs_error *err) {
  *closed = false;
  bs_status status = bs_text_reserve(stream, READ_BYTES, err);
  if (status != BS_OK)
    return status;
  ssize_t n;
  do
    n = read(fd, stream->data + stream->n_bytes, READ_BYTES);
  while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return BS_OK;
  *closed = n <= 0;
  if (n > 0)
    stream->n_bytes += (size_t)n;
  stream->data[stream->n_bytes] = '\0';
  return BS_OK;
}

bs_status bs_stream_flush(int fd, bs_text *stream, bool *closed, bs_error *err) {
  *closed = false;
  size_t sent = 0;
  while (sent < stream->n_bytes) {
    ssize_t n = send(fd, stream->data + sent, stream->n_bytes - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      break;
    if (n < 0) {
      *closed = errno == EPIPE || errno == ECONNRESET;
      if (!*closed)
        return bs_error_set(err, BS_ERR_IO, "cannot send to a process: %s", strerror(errno));
      break;
    }
    sent += (size_t)n;
  }
  if (sent > 0)
    drop_front(stream, sent);
  return BS_OK;
}

bs_status bs_frame_read(int fd, bs_text *stream, bs_text *message, bool *closed, bs_error *err) {
  *closed = false;
  for (;;) {
    bool found;
    bs_status status = bs_frame_take(stream, message, &found, err);
    if (status != BS_OK || found)
      return status;
    status = bs_stream_fill(fd, stream, closed, err);
    if (status != BS_OK || *closed)
      return status;
  }
}

bs_status bs_frame_write(int fd, const bs_text *message, bs_error *err) {
  bs_text stream = {0};
  bool closed = false;
  bs_status status = bs_frame_append(&stream, message, err);
  while (status == BS_OK && !closed && stream.n_bytes > 0)
    status = bs_stream_flush(fd, &stream, &closed, err);
  if (status == BS_OK && closed)
    status = bs_error_set(err, BS_ERR_IO, "the process that asked has gone");
  bs_text_free(&stream);
  return status;
}
