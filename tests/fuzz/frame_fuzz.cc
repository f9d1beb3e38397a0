// Frames under arbitrary bytes: the stream cutter under arbitrary fragmentation, and the plaintext
// decoders. What decodes must encode to the same bytes.
//
// Input: u8 seed of the fragmentation | bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ensure.h"
#include "base/rng.h"
#include "net/frame.h"

using namespace holm;
using namespace holm::net;

namespace {

constexpr std::size_t kBodyBytesMax = 1'000;

struct Cut {
  std::vector<Bytes> bodies;
  bool failed = false;
  bool operator==(const Cut&) const = default;
};

/// Feeds `stream` in pieces of 1 to `piece_max` bytes.
Cut cut(ByteView stream, std::size_t piece_max, Rng& rng) {
  FrameReader reader(kBodyBytesMax);
  Cut out;
  while (!stream.empty()) {
    auto piece = stream.first(std::min(stream.size(), 1 + rng.below(piece_max)));
    stream = stream.subspan(piece.size());
    while (!piece.empty()) {
      auto body = reader.next(piece);
      ENSURE(reader.held_bytes() <= kBodyBytesMax);
      if (!body) {
        out.failed = true;
        return out;
      }
      if (!*body) continue;
      ENSURE(!(*body)->empty() && (*body)->size() <= kBodyBytesMax);
      out.bodies.push_back(std::move(**body));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  SeededRng rng(data[0]);
  const ByteView bytes(data + 1, size - 1);

  const auto whole = cut(bytes, size, rng);
  ENSURE(cut(bytes, 1, rng) == whole);
  ENSURE(cut(bytes, 50, rng) == whole);
  Bytes again;
  for (const auto& body : whole.bodies) append(again, frame_bytes(body));
  ENSURE(again.size() <= bytes.size() && std::equal(again.begin(), again.end(), bytes.begin()));

  if (const auto frame = decode_frame(bytes)) {
    const auto spelled = encode_frame(frame->kind, frame->payload);
    ENSURE(std::equal(spelled.begin(), spelled.end(), bytes.begin(), bytes.end()));
  }
  if (const auto goodbye = decode_goodbye(bytes)) {
    ENSURE(goodbye->text.size() <= kGoodbyeTextBytesMax);
    const auto back = decode_goodbye(encode_goodbye(*goodbye));
    ENSURE(back.has_value() && *back == *goodbye);
  }
  // Also as what others would send: any payload survives the trip.
  const auto payload = bytes.first(std::min(bytes.size(), kFramePayloadBytesMax));
  const auto frame = decode_frame(encode_frame(FrameKind::data_last, payload));
  ENSURE(frame.has_value() && frame->payload == to_bytes(payload));
  return 0;
}
