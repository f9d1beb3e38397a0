// Layout and limits: docs/formats/frame.md.
#include "net/frame.h"

#include <algorithm>
#include <bit>

#include "base/ensure.h"
#include "base/wire.h"

namespace holm::net {
namespace {

constexpr std::size_t kPaddedBytesMin = 32;
constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kBodyBytesMax = 0xffff;

void append_u16(Bytes& out, std::size_t number) {
  out.push_back(static_cast<std::uint8_t>(number >> 8));
  out.push_back(static_cast<std::uint8_t>(number));
}

bool is_known(std::uint8_t kind) { return kind <= static_cast<std::uint8_t>(FrameKind::rekey); }

bool carries_payload(FrameKind kind) {
  return kind == FrameKind::data_more || kind == FrameKind::data_last || kind == FrameKind::goodbye;
}

/// No C0, DEL or C1 controls; C1 is two bytes in UTF-8, c2 80 to c2 9f.
bool is_printable(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::size_t padded_size(std::size_t size) {
  if (size <= kPaddedBytesMin) return kPaddedBytesMin;
  const auto exponent = static_cast<std::size_t>(std::bit_width(size)) - 1;
  const auto kept_bits = static_cast<std::size_t>(std::bit_width(exponent));
  const std::size_t mask = (std::size_t{1} << (exponent - kept_bits)) - 1;
  return (size + mask) & ~mask;
}

Bytes frame_bytes(ByteView body) {
  ENSURE(body.size() <= kBodyBytesMax);
  Bytes out;
  out.reserve(kLengthBytes + body.size());
  append_u16(out, body.size());
  append(out, body);
  return out;
}

Result<std::optional<Bytes>> FrameReader::next(ByteView& in) {
  while (head_count_ < kLengthBytes) {
    if (in.empty()) return std::optional<Bytes>{};
    body_bytes_ = body_bytes_ << 8 | in.front();
    in = in.subspan(1);
    if (++head_count_ < kLengthBytes) continue;
    // Judged before anything is kept; a reader that failed is not used again.
    if (body_bytes_ == 0) return fail(Code::reject, "the peer sent an empty frame");
    if (body_bytes_ > body_bytes_max_) {
      return fail(Code::limit, "the peer sent a frame of " + std::to_string(body_bytes_) +
                                   " bytes; at most " + std::to_string(body_bytes_max_) +
                                   " are accepted");
    }
  }
  const auto wanted = std::min(body_bytes_ - body_.size(), in.size());
  append(body_, in.first(wanted));
  in = in.subspan(wanted);
  if (body_.size() < body_bytes_) return std::optional<Bytes>{};

  head_count_ = 0;
  body_bytes_ = 0;
  return std::optional<Bytes>{std::exchange(body_, {})};
}

Bytes encode_frame(FrameKind kind, ByteView payload) {
  ENSURE(payload.size() <= kFramePayloadBytesMax);
  Bytes out;
  const auto size = padded_size(kFrameHeadBytes + payload.size());
  out.reserve(size);
  out.push_back(static_cast<std::uint8_t>(kind));
  append_u16(out, payload.size());
  append(out, payload);
  out.resize(size);
  return out;
}

Result<Frame> decode_frame(ByteView plain) {
  if (plain.size() < kFrameHeadBytes) return fail(Code::reject, "a frame is cut short");
  const std::size_t payload_bytes = std::size_t{plain[1]} << 8 | plain[2];
  if (payload_bytes > kFramePayloadBytesMax ||
      plain.size() != padded_size(kFrameHeadBytes + payload_bytes)) {
    return fail(Code::reject, "the length of a frame does not fit its size");
  }
  const auto padding = plain.subspan(kFrameHeadBytes + payload_bytes);
  if (std::any_of(padding.begin(), padding.end(), [](auto byte) { return byte != 0; })) {
    return fail(Code::reject, "the padding of a frame is not zero");
  }
  if (!is_known(plain[0])) {
    return fail(Code::unsupported, "unknown kind of frame " + std::to_string(plain[0]));
  }
  const auto kind = static_cast<FrameKind>(plain[0]);
  if (payload_bytes > 0 && !carries_payload(kind)) {
    return fail(Code::reject, "a frame of this kind carries no payload");
  }
  return Frame{.kind = kind, .payload = to_bytes(plain.subspan(kFrameHeadBytes, payload_bytes))};
}

Bytes encode_goodbye(const Goodbye& goodbye) {
  std::string_view text = goodbye.text;
  if (text.size() > kGoodbyeTextBytesMax) {
    auto end = kGoodbyeTextBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text = text.substr(0, end);
  }
  Bytes out{static_cast<std::uint8_t>(goodbye.reason)};
  append(out, as_bytes(text));
  return out;
}

Result<Goodbye> decode_goodbye(ByteView payload) {
  if (payload.empty()) return fail(Code::reject, "a goodbye gives no reason");
  Goodbye out;
  out.reason = payload[0] <= static_cast<std::uint8_t>(GoodbyeReason::failed)
                   ? static_cast<GoodbyeReason>(payload[0])
                   : GoodbyeReason::failed;
  const auto text = as_text(payload.subspan(1));
  if (text.size() <= kGoodbyeTextBytesMax && is_utf8(text) && is_printable(text)) out.text = text;
  return out;
}

Code code_of(GoodbyeReason reason) {
  switch (reason) {
    case GoodbyeReason::done:
    case GoodbyeReason::busy: return Code::retry;
    case GoodbyeReason::unsupported: return Code::unsupported;
    case GoodbyeReason::denied: return Code::denied;
    case GoodbyeReason::limit: return Code::limit;
    case GoodbyeReason::invalid: return Code::reject;
    case GoodbyeReason::timeout: return Code::timeout;
    case GoodbyeReason::failed: break;
  }
  return Code::failed;
}

GoodbyeReason reason_of(Code code) {
  switch (code) {
    case Code::unsupported: return GoodbyeReason::unsupported;
    case Code::denied: return GoodbyeReason::denied;
    case Code::limit: return GoodbyeReason::limit;
    case Code::reject:
    case Code::corrupt:
    case Code::usage: return GoodbyeReason::invalid;
    case Code::busy:
    case Code::retry: return GoodbyeReason::busy;
    case Code::timeout: return GoodbyeReason::timeout;
    case Code::failed:
    case Code::not_found: break;
  }
  return GoodbyeReason::failed;
}

}  // namespace holm::net
