// One pass decides whether a message is canonical; then the getters walk the same bytes. No tree is
// built and nothing is allocated, since a change is thousands of values of a few bytes each.
// tests/base/wire_test.cc holds this against msgpack-c: what it unpacks and packs to the same
// bytes.
#include <bit>
#include <cstring>

#include "base/wire.h"
#include "base/wire_scan.h"

namespace holm {
namespace {

enum class Fault { none, spelling, utf8, key, limit };

/// One value with all that is in it. Recursion ends at `depth`.
Fault check(WireScanner& in, const WireLimits& limits, std::size_t depth) {
  const auto kind = in.next();
  if (kind == WireKind::none) return Fault::spelling;
  if (kind == WireKind::text) return is_utf8(as_text(in.body())) ? Fault::none : Fault::utf8;
  if (kind != WireKind::array && kind != WireKind::map) return Fault::none;
  const auto items = in.number();
  if (items > limits.items_max || depth == 0) return Fault::limit;
  for (std::uint64_t i = 0; i < items; ++i) {
    if (kind == WireKind::map) {
      const auto key = in.next();
      if (key != WireKind::text) return key == WireKind::none ? Fault::spelling : Fault::key;
      if (!is_utf8(as_text(in.body()))) return Fault::utf8;
    }
    if (const auto fault = check(in, limits, depth - 1); fault != Fault::none) return fault;
  }
  return Fault::none;
}

tl::unexpected<Error> refused(Fault fault) {
  switch (fault) {
    case Fault::utf8: return fail(Code::reject, "text is not valid UTF-8");
    case Fault::key: return fail(Code::reject, "a map key is not text");
    case Fault::limit: return fail(Code::limit, "a message holds more than is accepted");
    default: return fail(Code::reject, "not canonical msgpack");
  }
}

/// Requires: what is read has been checked.
Result<Value> to_value(WireScanner& in) {
  const auto kind = in.next();
  const auto number = in.number();
  switch (kind) {
    case WireKind::none: break;
    case WireKind::nil: return Value();
    case WireKind::boolean: return Value(number != 0);
    case WireKind::uint:
      if (number > INT64_MAX) return fail(Code::reject, "an integer is too large");
      return Value(static_cast<std::int64_t>(number));
    case WireKind::negative: return Value(static_cast<std::int64_t>(number));
    case WireKind::real: return Value(std::bit_cast<double>(number));
    case WireKind::text: return Value(to_text(in.body()));
    case WireKind::bytes: return Value(to_bytes(in.body()));
    case WireKind::array: {
      Value::Array items;
      items.reserve(static_cast<std::size_t>(number));
      for (std::uint64_t i = 0; i < number; ++i) items.push_back(TRY(to_value(in)));
      return Value(std::move(items));
    }
    case WireKind::map: {
      Value::Object entries;
      for (std::uint64_t i = 0; i < number; ++i) {
        in.next();
        auto key = to_text(in.body());
        entries.emplace_back(std::move(key), TRY(to_value(in)));
      }
      return Value(std::move(entries));
    }
  }
  return fail(Code::reject, "expected a value");
}

tl::unexpected<Error> wrong_kind(const char* wanted) {
  return fail(Code::reject, std::string("expected ") + wanted);
}

/// Takes the next value, whatever it is; an array's or map's head only when that is wanted.
WireKind take(ByteView& rest, WireScanner& in, WireKind wanted) {
  const auto kind = in.next();
  if (kind == WireKind::none) return kind;
  if (kind != wanted && (kind == WireKind::array || kind == WireKind::map)) {
    in = WireScanner(rest);
    in.skip();
  }
  rest = in.rest();
  return kind;
}

}  // namespace

bool is_canonical(ByteView message) {
  WireScanner in(message);
  const WireLimits limits;
  return message.size() <= limits.bytes_max && check(in, limits, limits.depth_max) == Fault::none &&
         in.rest().empty();
}

Result<Reader> Reader::open(ByteView message, WireLimits limits) {
  if (message.size() > limits.bytes_max) return fail(Code::limit, "a message is too large");
  WireScanner in(message);
  const auto fault = check(in, limits, limits.depth_max);
  if (fault != Fault::none) return refused(fault);
  if (!in.rest().empty()) return fail(Code::reject, "bytes follow the message");
  return Reader(message);
}

Result<std::size_t> Reader::array() {
  WireScanner in(rest_);
  if (take(rest_, in, WireKind::array) != WireKind::array) return wrong_kind("an array");
  return static_cast<std::size_t>(in.number());
}

Status Reader::array(std::size_t expected) {
  const auto count = TRY(array());
  if (count != expected) return fail(Code::reject, "an array has the wrong length");
  return {};
}

Result<std::uint64_t> Reader::uint() {
  WireScanner in(rest_);
  if (take(rest_, in, WireKind::uint) != WireKind::uint) return wrong_kind("an unsigned integer");
  return in.number();
}

Result<std::uint64_t> Reader::uint(std::uint64_t max) {
  const auto number = TRY(uint());
  if (number > max) return fail(Code::limit, "a number is too large");
  return number;
}

Result<std::int64_t> Reader::sint() {
  WireScanner in(rest_);
  const auto kind = take(rest_, in, WireKind::uint);
  if (kind != WireKind::negative && (kind != WireKind::uint || in.number() > INT64_MAX)) {
    return wrong_kind("an integer");
  }
  return static_cast<std::int64_t>(in.number());
}

Result<bool> Reader::boolean() {
  WireScanner in(rest_);
  if (take(rest_, in, WireKind::boolean) != WireKind::boolean) return wrong_kind("a boolean");
  return in.number() != 0;
}

Result<std::string_view> Reader::text() {
  WireScanner in(rest_);
  if (take(rest_, in, WireKind::text) != WireKind::text) return wrong_kind("text");
  return as_text(in.body());
}

Result<ByteView> Reader::bytes() {
  WireScanner in(rest_);
  if (take(rest_, in, WireKind::bytes) != WireKind::bytes) return wrong_kind("bytes");
  return in.body();
}

Result<Value> Reader::value() {
  const auto encoded = TRY(raw_view());
  WireScanner in(encoded);
  return to_value(in);
}

Result<ByteView> Reader::raw_view() {
  WireScanner in(rest_);
  if (!in.skip()) return wrong_kind("a value");
  const auto out = rest_.first(rest_.size() - in.rest().size());
  rest_ = in.rest();
  return out;
}

Result<Bytes> Reader::raw() { return to_bytes(TRY(raw_view())); }

bool Reader::next_is_nil() const { return !done() && rest_.front() == 0xc0; }

Status Reader::nil() {
  WireScanner in(rest_);
  if (take(rest_, in, WireKind::nil) != WireKind::nil) return wrong_kind("nil");
  return {};
}

Status Reader::end() const {
  if (!done()) return fail(Code::reject, "a message holds more values than it should");
  return {};
}

Result<Value> decode_value(ByteView encoded, WireLimits limits) {
  auto reader = TRY(Reader::open(encoded, limits));
  return reader.value();
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  while (at < end) {
    if (end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    if (*at < 0x80) {
      ++at;
      continue;
    }
    int more = 0;
    std::uint32_t point = 0;
    std::uint32_t least = 0;
    if (*at >= 0xc2 && *at <= 0xdf) {
      more = 1, point = *at & 0x1fu, least = 0x80;
    } else if ((*at & 0xf0) == 0xe0) {
      more = 2, point = *at & 0x0fu, least = 0x800;
    } else if (*at >= 0xf0 && *at <= 0xf4) {
      more = 3, point = *at & 0x07u, least = 0x10000;
    } else {
      return false;
    }
    if (end - at <= more) return false;
    for (int i = 1; i <= more; ++i) {
      if ((at[i] & 0xc0) != 0x80) return false;
      point = point << 6 | (at[i] & 0x3fu);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    at += more + 1;
  }
  return true;
}

}  // namespace holm
