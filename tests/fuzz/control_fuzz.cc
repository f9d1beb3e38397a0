// The control socket: any bytes in any fragments yield the same messages as in one piece, and any
// message that decodes is a command, a query, or refused in words.
//
// Input: u8 fragment size | bytes of the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ensure.h"
#include "base/wire.h"
#include "node/control.h"
#include "work/command_codec.h"

using namespace holm;

namespace {

struct Heard {
  std::vector<Value> messages;
  bool failed = false;
  bool operator==(const Heard&) const = default;
};

Heard listen(ByteView bytes, std::size_t fragment) {
  node::ControlReader reader;
  Heard out;
  for (std::size_t at = 0; at < bytes.size() && !out.failed; at += fragment) {
    if (!reader.feed(bytes.subspan(at, std::min(fragment, bytes.size() - at)))) {
      out.failed = true;
      break;
    }
    for (;;) {
      auto message = reader.next();
      if (!message) out.failed = true;
      if (!message || !*message) break;
      out.messages.push_back(std::move(**message));
    }
  }
  return out;
}

void interpret(const Value& request) {
  if (auto command = work::command_from(request)) {
    const auto value = work::to_value(*command);
    const auto again = work::command_from(value);
    ENSURE(again.has_value());
    ENSURE(work::to_value(*again) == value);
  }
  if (auto query = work::query_from(request)) {
    const auto value = work::to_value(*query);
    const auto again = work::query_from(value);
    ENSURE(again.has_value());
    ENSURE(work::to_value(*again) == value);
  }
  const auto error = node::control_error_of(request);
  (void)error.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t fragment = 1 + data[0];
  const ByteView stream(data + 1, size - 1);
  const auto whole = listen(stream, stream.size() + 1);
  const auto pieces = listen(stream, fragment);
  // An unreadable message may be noticed one fragment earlier or later; what came before it is
  // equal.
  ENSURE(whole.failed == pieces.failed);
  ENSURE(whole.messages == pieces.messages);
  for (const auto& message : whole.messages) {
    interpret(message);
    interpret(message["ask"]);
  }
  // A tree without the length and the frame around it reaches the codec more often.
  if (const auto value = decode_value(stream)) interpret(*value);
  return 0;
}
