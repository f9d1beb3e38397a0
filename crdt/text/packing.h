// Numbers as bytes and bytes as zstd frames: what the forms of a text's history are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/varint.h"

namespace holm::crdt::text {

/// Walks bytes from outside, stricter than Cursor and without its results. What runs out, or spells
/// a number in more bytes than it needs, leaves it broken, and all that it gives from then on is
/// zero or empty: ask ok() before use.
class Unpacker {
 public:
  explicit Unpacker(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool is_empty() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  std::uint8_t byte() { return at_ != end_ ? *at_++ : broken(); }
  std::uint64_t number() {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    return long_number();
  }
  ByteView take(std::uint64_t count) {
    if (count > left()) return broken(), ByteView();
    at_ += count;
    return {at_ - count, static_cast<std::size_t>(count)};
  }
  ByteView rest() { return take(left()); }

 private:
  std::uint8_t broken() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  std::uint64_t long_number();

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

/// Thorough for text, which is read each time it is opened; quick for what gains little by more.
enum class Effort : bool { quick, thorough };

/// `raw` as a zstd frame, given that the reader knows `prefix`; empty when that does not make it
/// smaller, or more than kExpansionMax times smaller.
Bytes compress(ByteView raw, Effort effort, ByteView prefix = {});
/// The inverse, of exactly `size` bytes. Errors: reject.
Result<std::string> expand(ByteView frame, std::uint64_t size, ByteView prefix = {});

/// No frame holds this many times its bytes; docs/formats/text.md says what a reader holds of them.
inline constexpr std::uint64_t kExpansionMax = 1024;

/// A section: raw, or compressed where that pays. Its raw size stands in front, then the size of
/// its frame, or 0.
void put_section(Bytes& out, ByteView raw, Effort effort, ByteView prefix = {});
/// The inverse; a view of `in`, or of `buffer`. Errors: reject.
Result<ByteView> take_section(Unpacker& in, std::string& buffer, ByteView prefix = {});

}  // namespace holm::crdt::text
