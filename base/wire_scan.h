// Canonical msgpack token by token, for inner loops over values of a few bytes, where a Reader and
// its Results would cost more than the reading. Everything else uses base/wire.h.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/bytes.h"

namespace holm {

/// What a value is; none: there is no value, or not in its one spelling.
enum class WireKind { none, nil, boolean, uint, negative, real, text, bytes, array, map };

/// Walks values one by one: a scalar, or the head of an array or map. Finds none where bytes are
/// missing or a length or an integer has a shorter spelling. Whether text is UTF-8 and keys are
/// text is for who reads them to see.
class WireScanner {
 public:
  explicit WireScanner(ByteView rest) : at_(rest.data()), end_(rest.data() + rest.size()) {}

  WireKind next() {
    if (at_ == end_) return WireKind::none;
    const auto lead = *at_++;
    if (lead < 0x80) return is(WireKind::uint, lead);
    if (lead < 0x90) return is(WireKind::map, lead & 0x0fu);
    if (lead < 0xa0) return is(WireKind::array, lead & 0x0fu);
    if (lead < 0xc0) return body(WireKind::text, lead & 0x1fu);
    if (lead >= 0xe0) return is(WireKind::negative, ~std::uint64_t{0xff} | lead);
    switch (lead) {
      case 0xc0: return is(WireKind::nil, 0);
      case 0xc2: return is(WireKind::boolean, 0);
      case 0xc3: return is(WireKind::boolean, 1);
      case 0xc4: return sized(1, 0) ? body(WireKind::bytes, number_) : WireKind::none;
      case 0xc5: return sized(2, 0x100) ? body(WireKind::bytes, number_) : WireKind::none;
      case 0xc6: return sized(4, 0x10000) ? body(WireKind::bytes, number_) : WireKind::none;
      case 0xcb: return take(8) && !is_whole() ? WireKind::real : WireKind::none;
      case 0xcc: return sized(1, 0x80) ? WireKind::uint : WireKind::none;
      case 0xcd: return sized(2, 0x100) ? WireKind::uint : WireKind::none;
      case 0xce: return sized(4, 0x10000) ? WireKind::uint : WireKind::none;
      case 0xcf: return sized(8, 1ull << 32) ? WireKind::uint : WireKind::none;
      case 0xd0: return negative(1, -0x20);
      case 0xd1: return negative(2, -0x80);
      case 0xd2: return negative(4, -0x8000);
      case 0xd3: return negative(8, INT32_MIN);
      case 0xd9: return sized(1, 0x20) ? body(WireKind::text, number_) : WireKind::none;
      case 0xda: return sized(2, 0x100) ? body(WireKind::text, number_) : WireKind::none;
      case 0xdb: return sized(4, 0x10000) ? body(WireKind::text, number_) : WireKind::none;
      case 0xdc: return sized(2, 0x10) ? WireKind::array : WireKind::none;
      case 0xdd: return sized(4, 0x10000) ? WireKind::array : WireKind::none;
      case 0xde: return sized(2, 0x10) ? WireKind::map : WireKind::none;
      case 0xdf: return sized(4, 0x10000) ? WireKind::map : WireKind::none;
      default: return WireKind::none;  // extensions, 32-bit floats, and what has no meaning
    }
  }

  /// Past one value with all that is in it; false where it is cut off.
  bool skip() {
    for (std::uint64_t left = 1; left > 0; --left) {
      switch (next()) {
        case WireKind::none: return false;
        case WireKind::array: left += number_; break;
        case WireKind::map: left += 2 * number_; break;
        default: break;
      }
    }
    return true;
  }

  /// Of what next() found: bits of an integer, float or boolean; items of an array or map; bytes.
  std::uint64_t number() const { return number_; }
  ByteView body() const { return {at_ - number_, static_cast<std::size_t>(number_)}; }
  ByteView rest() const { return {at_, end_}; }

 private:
  WireKind is(WireKind kind, std::uint64_t number) {
    number_ = number;
    return kind;
  }
  WireKind body(WireKind kind, std::uint64_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) return WireKind::none;
    at_ += size;
    number_ = size;
    return kind;
  }
  bool take(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) return false;
    number_ = 0;
    for (const auto* end = at_ + size; at_ < end; ++at_) number_ = number_ << 8 | *at_;
    return true;
  }
  /// A number that is at least `least`: a smaller one has a shorter spelling.
  bool sized(std::size_t size, std::uint64_t least) { return take(size) && number_ >= least; }
  /// A number below `above`, in two's complement of `size` bytes.
  WireKind negative(std::size_t size, std::int64_t above) {
    if (!take(size)) return WireKind::none;
    const auto shift = 64 - 8 * size;
    const auto number = static_cast<std::int64_t>(number_ << shift) >> shift;
    return number < above ? is(WireKind::negative, static_cast<std::uint64_t>(number))
                          : WireKind::none;
  }
  /// Whether a float is a whole number that some integer spells.
  bool is_whole() const {
    const auto real = std::bit_cast<double>(number_);
    return real >= -0x1p63 && real < 0x1p64 && std::trunc(real) == real;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::uint64_t number_ = 0;
};

}  // namespace holm
