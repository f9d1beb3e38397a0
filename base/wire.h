// Canonical msgpack with limits: the one spelling of every value that is hashed, signed, stored or
// sent. Spec: https://github.com/msgpack/msgpack, spec.md.
//
// Canonical means: shortest form of every integer and length, text as str, bytes as bin, no ext,
// no trailing bytes. Reader refuses anything else, so equal values have equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/value.h"

namespace holm {

/// Builds one message. Lengths of arrays are stated up front; ENSUREs nothing about their count.
class Writer {
 public:
  Writer();
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  Writer& array(std::size_t count);
  Writer& map(std::size_t count);
  Writer& uint(std::uint64_t number);
  Writer& sint(std::int64_t number);
  Writer& real(double number);  ///< a whole number is spelled as an integer
  Writer& boolean(bool flag);
  Writer& nil();
  Writer& text(std::string_view text);
  Writer& bytes(ByteView bytes);
  /// A tree as it stands; objects become maps in their own key order.
  Writer& value(const Value& value);
  /// Bytes that are already canonical msgpack, spliced in as they are.
  Writer& raw(ByteView encoded);
  template <class Tag, std::size_t N>
  Writer& id(const Id<Tag, N>& id) {
    return bytes(id.view());
  }
  /// An id that may be nil, which is spelled as empty bytes: one byte.
  template <class Tag, std::size_t N>
  Writer& id_or_empty(const Id<Tag, N>& id) {
    return bytes(id.is_nil() ? ByteView{} : id.view());
  }

  const Bytes& view() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  /// A value that is one byte long: most are.
  Writer& byte(std::uint64_t value) {
    out_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }

  Bytes out_;
};

/// What a Reader accepts. Beyond: Code::limit.
struct WireLimits {
  std::size_t bytes_max = 4u << 20;  ///< the whole message
  std::size_t items_max = 1u << 20;  ///< entries of one array or map
  std::size_t depth_max = 32;
};

/// Walks one decoded message in order. Every getter consumes one value and fails with
/// Code::reject when it is of another kind. Allocates nothing.
class Reader {
 public:
  /// Checks canonical form and limits. O(bytes). Keeps `message` by reference.
  static Result<Reader> open(ByteView message, WireLimits limits = {});

  /// Steps into an array; its items are read next. Returns their count.
  Result<std::size_t> array();
  /// As array(), and the count must be `expected`.
  Status array(std::size_t expected);
  Result<std::uint64_t> uint();
  /// uint() with an upper bound, inclusive.
  Result<std::uint64_t> uint(std::uint64_t max);
  Result<std::int64_t> sint();
  Result<bool> boolean();
  Result<std::string_view> text();  ///< valid UTF-8; a view into the message
  Result<ByteView> bytes();         ///< a view into the message
  Result<Value> value();
  /// The canonical encoding of the next value, whatever it is; a copy.
  Result<Bytes> raw();
  /// As raw(); a view into the message.
  Result<ByteView> raw_view();
  template <class AnyId>
  Result<AnyId> id() {
    auto view = bytes();
    if (!view) return fail(std::move(view).error());
    auto out = AnyId::from(*view);
    if (!out) return fail(Code::reject, "an id has the wrong length");
    return *out;
  }
  /// What Writer::id_or_empty() wrote.
  template <class AnyId>
  Result<AnyId> id_or_empty() {
    auto view = bytes();
    if (!view) return fail(std::move(view).error());
    if (view->empty()) return AnyId{};
    auto out = AnyId::from(*view);
    if (!out || out->is_nil()) return fail(Code::reject, "an id is malformed");
    return *out;
  }
  bool next_is_nil() const;
  Status nil();
  /// True once every value has been consumed.
  bool done() const { return rest_.empty(); }
  /// Fails unless done(): messages of a fixed shape end with this.
  Status end() const;

 private:
  explicit Reader(ByteView message) : rest_(message) {}
  ByteView rest_;
};

/// Whether Reader::open() would accept these bytes.
bool is_canonical(ByteView message);

/// One tree as canonical msgpack, and back.
Bytes encode(const Value& value);
Result<Value> decode_value(ByteView encoded, WireLimits limits = {});

/// True when `text` is well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms.
bool is_utf8(std::string_view text);

}  // namespace holm
