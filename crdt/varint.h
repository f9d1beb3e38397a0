// Variable-length integers, and columns of them: runs of one value and literals. For columns.cc;
// not for anything that is hashed, since a number can be spelled in several ways.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::crdt {

/// Signed numbers folded so that those near zero, on either side, are small.
constexpr std::uint64_t zigzag(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t folded) {
  return static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
}
/// zigzag of a difference of unsigned numbers, and the number that it leads to; both wrap around.
constexpr std::uint64_t delta(std::uint64_t from, std::uint64_t to) {
  return zigzag(static_cast<std::int64_t>(to - from));
}
constexpr std::uint64_t undelta(std::uint64_t from, std::uint64_t folded) {
  return from + static_cast<std::uint64_t>(unzigzag(folded));
}

/// Seven bits a byte, lowest first, high bit on all but the last.
inline void put_varint(Bytes& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::uint8_t>(number | 0x80));
  out.push_back(static_cast<std::uint8_t>(number));
}

/// Walks bytes from outside; every getter fails with Code::reject when they do not hold out.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}

  Result<std::uint64_t> varint();
  /// varint() for loops over many; false when it fails.
  bool read(std::uint64_t& out) {
    if (rest_.empty()) return false;
    out = rest_.front();
    if (out >= 0x80) return read_long(out);
    rest_ = rest_.subspan(1);
    return true;
  }
  Result<ByteView> take(std::uint64_t count);
  template <class AnyId>
  Result<AnyId> id() {
    return *AnyId::from(TRY(take(AnyId::kBytes)));
  }
  ByteView rest() const { return rest_; }

 private:
  bool read_long(std::uint64_t& out);

  ByteView rest_;
};

/// One number per change, op or reference. A column of zeros alone is not written.
class Column {
 public:
  void push(std::uint64_t value) { values_.push_back(value); }
  bool is_zero() const;
  std::uint64_t operator[](std::size_t index) const {
    return index < values_.size() ? values_[index] : 0;
  }

  /// Appends the values; their count stands elsewhere. A single value is a plain varint; more are
  /// pieces, each with a varint head: even: a run of head / 2 times the varint that follows; odd:
  /// head / 2 literal varints.
  void encode(Bytes& out) const;
  /// The inverse. The caller has made sure that `count` values may be held.
  static Result<Column> decode(Cursor& in, std::uint64_t count);

 private:
  std::vector<std::uint64_t> values_;
};

}  // namespace holm::crdt
