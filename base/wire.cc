// msgpack-c decodes into a tree of views (zero copy for text and bytes); packing that tree again
// and comparing is the check for canonical form: the packer always chooses the shortest spelling.
#include "base/wire.h"

#include <cstring>
#include <msgpack.hpp>
#include <vector>

namespace holm {
namespace {

struct Sink {  // what msgpack::packer writes to
  Bytes& out;
  void write(const char* data, std::size_t size) {
    out.insert(out.end(), reinterpret_cast<const std::uint8_t*>(data),
               reinterpret_cast<const std::uint8_t*>(data) + size);
  }
};

Status check_tree(const msgpack::object& node) {
  switch (node.type) {
    case msgpack::type::STR:
      if (!is_utf8({node.via.str.ptr, node.via.str.size})) {
        return fail(Code::reject, "text is not valid UTF-8");
      }
      return {};
    case msgpack::type::EXT: return fail(Code::reject, "extension types are not used");
    case msgpack::type::FLOAT32: return fail(Code::reject, "32-bit floats are not used");
    case msgpack::type::ARRAY:
      for (std::uint32_t i = 0; i < node.via.array.size; ++i) {
        TRY(check_tree(node.via.array.ptr[i]));
      }
      return {};
    case msgpack::type::MAP:
      for (std::uint32_t i = 0; i < node.via.map.size; ++i) {
        const auto& entry = node.via.map.ptr[i];
        if (entry.key.type != msgpack::type::STR) {
          return fail(Code::reject, "a map key is not text");
        }
        TRY(check_tree(entry.key));
        TRY(check_tree(entry.val));
      }
      return {};
    default: return {};
  }
}

Result<Value> to_value(const msgpack::object& node) {
  switch (node.type) {
    case msgpack::type::NIL: return Value();
    case msgpack::type::BOOLEAN: return Value(node.via.boolean);
    case msgpack::type::POSITIVE_INTEGER:
      if (node.via.u64 > INT64_MAX) return fail(Code::reject, "an integer is too large");
      return Value(static_cast<std::int64_t>(node.via.u64));
    case msgpack::type::NEGATIVE_INTEGER: return Value(node.via.i64);
    case msgpack::type::FLOAT64: return Value(node.via.f64);
    case msgpack::type::STR: return Value(std::string(node.via.str.ptr, node.via.str.size));
    case msgpack::type::BIN: {
      const auto* data = reinterpret_cast<const std::uint8_t*>(node.via.bin.ptr);
      return Value(Bytes(data, data + node.via.bin.size));
    }
    case msgpack::type::ARRAY: {
      Value::Array items;
      items.reserve(node.via.array.size);
      for (std::uint32_t i = 0; i < node.via.array.size; ++i) {
        items.push_back(TRY(to_value(node.via.array.ptr[i])));
      }
      return Value(std::move(items));
    }
    case msgpack::type::MAP: {
      Value::Object entries;
      for (std::uint32_t i = 0; i < node.via.map.size; ++i) {
        const auto& entry = node.via.map.ptr[i];
        std::string key(entry.key.via.str.ptr, entry.key.via.str.size);
        entries.emplace_back(std::move(key), TRY(to_value(entry.val)));
      }
      return Value(std::move(entries));
    }
    default: return fail(Code::reject, "a value of unknown kind");
  }
}

}  // namespace

Writer::Writer() = default;
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

#define HOLM_PACK(call)               \
  Sink sink{out_};                    \
  msgpack::packer<Sink> packer(sink); \
  packer.call;                        \
  return *this

Writer& Writer::array(std::size_t count) {
  HOLM_PACK(pack_array(static_cast<std::uint32_t>(count)));
}
Writer& Writer::map(std::size_t count) { HOLM_PACK(pack_map(static_cast<std::uint32_t>(count))); }
Writer& Writer::uint(std::uint64_t number) { HOLM_PACK(pack_uint64(number)); }
Writer& Writer::sint(std::int64_t number) { HOLM_PACK(pack_int64(number)); }
Writer& Writer::real(double number) { HOLM_PACK(pack_double(number)); }
Writer& Writer::boolean(bool flag) { HOLM_PACK(pack(flag)); }
Writer& Writer::nil() { HOLM_PACK(pack_nil()); }
#undef HOLM_PACK

Writer& Writer::text(std::string_view text) {
  Sink sink{out_};
  msgpack::packer<Sink> packer(sink);
  packer.pack_str(static_cast<std::uint32_t>(text.size()));
  packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
  return *this;
}

Writer& Writer::bytes(ByteView bytes) {
  Sink sink{out_};
  msgpack::packer<Sink> packer(sink);
  packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  packer.pack_bin_body(reinterpret_cast<const char*>(bytes.data()),
                       static_cast<std::uint32_t>(bytes.size()));
  return *this;
}

Writer& Writer::value(const Value& value) {
  if (const auto* flag = value.as_bool()) return boolean(*flag);
  if (const auto* number = value.as_int()) return sint(*number);
  if (const auto* number = value.as_double()) return real(*number);
  if (const auto* held = value.as_string()) return text(*held);
  if (const auto* held = value.as_bytes()) return bytes(*held);
  if (const auto* items = value.as_array()) {
    array(items->size());
    for (const auto& item : *items) this->value(item);
    return *this;
  }
  if (const auto* entries = value.as_object()) {
    map(entries->size());
    for (const auto& [key, entry] : *entries) {
      text(key);
      this->value(entry);
    }
    return *this;
  }
  return nil();
}

Writer& Writer::raw(ByteView encoded) {
  append(out_, encoded);
  return *this;
}

struct Reader::State {
  msgpack::object_handle handle;
  struct Level {
    const msgpack::object* items;
    std::size_t count;
    std::size_t next;
  };
  std::vector<Level> levels;

  /// The next unread value; null at the end.
  const msgpack::object* peek() const {
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      if (level->next < level->count) return level->items + level->next;
    }
    return nullptr;
  }
  const msgpack::object* take() {
    while (!levels.empty() && levels.back().next >= levels.back().count) levels.pop_back();
    if (levels.empty()) return nullptr;
    auto& level = levels.back();
    return level.items + level.next++;
  }
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<Reader> Reader::open(ByteView message, WireLimits limits) {
  if (message.size() > limits.bytes_max) return fail(Code::limit, "a message is too large");
  auto state = std::make_unique<State>();
  try {
    std::size_t offset = 0;
    bool referenced = false;
    const msgpack::unpack_limit bounds(limits.items_max, limits.items_max, limits.bytes_max,
                                       limits.bytes_max, 0, limits.depth_max);
    state->handle = msgpack::unpack(
        reinterpret_cast<const char*>(message.data()), message.size(), offset, referenced,
        [](msgpack::type::object_type, std::size_t, void*) { return true; }, nullptr, bounds);
    if (offset != message.size()) return fail(Code::reject, "bytes follow the message");
  } catch (const msgpack::size_overflow&) {
    return fail(Code::limit, "a message holds more than is accepted");
  } catch (const std::exception&) {  // msgpack reports malformed input by throwing
    return fail(Code::reject, "not valid msgpack");
  }
  const auto& root = state->handle.get();
  TRY(check_tree(root));
  Bytes again;
  again.reserve(message.size());
  Sink sink{again};
  msgpack::packer<Sink>(sink).pack(root);
  if (again.size() != message.size() ||
      std::memcmp(again.data(), message.data(), again.size()) != 0) {
    return fail(Code::reject, "not in canonical form");
  }
  state->levels.push_back({&root, 1, 0});
  return Reader(std::move(state));
}

namespace {
tl::unexpected<Error> wrong_kind(const char* wanted) {
  return fail(Code::reject, std::string("expected ") + wanted);
}
}  // namespace

Result<std::size_t> Reader::array() {
  const auto* node = state_->take();
  if (node == nullptr || node->type != msgpack::type::ARRAY) return wrong_kind("an array");
  state_->levels.push_back({node->via.array.ptr, node->via.array.size, 0});
  return std::size_t{node->via.array.size};
}

Status Reader::array(std::size_t expected) {
  const auto count = TRY(array());
  if (count != expected) return fail(Code::reject, "an array has the wrong length");
  return {};
}

Result<std::uint64_t> Reader::uint() {
  const auto* node = state_->take();
  if (node == nullptr || node->type != msgpack::type::POSITIVE_INTEGER) {
    return wrong_kind("an unsigned integer");
  }
  return std::uint64_t{node->via.u64};
}

Result<std::uint64_t> Reader::uint(std::uint64_t max) {
  const auto number = TRY(uint());
  if (number > max) return fail(Code::limit, "a number is too large");
  return number;
}

Result<std::int64_t> Reader::sint() {
  const auto* node = state_->take();
  if (node != nullptr && node->type == msgpack::type::POSITIVE_INTEGER &&
      node->via.u64 <= INT64_MAX) {
    return static_cast<std::int64_t>(node->via.u64);
  }
  if (node != nullptr && node->type == msgpack::type::NEGATIVE_INTEGER) {
    return std::int64_t{node->via.i64};
  }
  return wrong_kind("an integer");
}

Result<bool> Reader::boolean() {
  const auto* node = state_->take();
  if (node == nullptr || node->type != msgpack::type::BOOLEAN) return wrong_kind("a boolean");
  return node->via.boolean;
}

Result<std::string_view> Reader::text() {
  const auto* node = state_->take();
  if (node == nullptr || node->type != msgpack::type::STR) return wrong_kind("text");
  return std::string_view(node->via.str.ptr, node->via.str.size);
}

Result<ByteView> Reader::bytes() {
  const auto* node = state_->take();
  if (node == nullptr || node->type != msgpack::type::BIN) return wrong_kind("bytes");
  return ByteView(reinterpret_cast<const std::uint8_t*>(node->via.bin.ptr), node->via.bin.size);
}

Result<Value> Reader::value() {
  const auto* node = state_->take();
  if (node == nullptr) return wrong_kind("a value");
  return to_value(*node);
}

Result<Bytes> Reader::raw() {
  const auto* node = state_->take();
  if (node == nullptr) return wrong_kind("a value");
  Bytes out;
  Sink sink{out};
  msgpack::packer<Sink>(sink).pack(*node);
  return out;
}

bool Reader::next_is_nil() const {
  const auto* node = state_->peek();
  return node != nullptr && node->type == msgpack::type::NIL;
}

Status Reader::nil() {
  const auto* node = state_->take();
  if (node == nullptr || node->type != msgpack::type::NIL) return wrong_kind("nil");
  return {};
}

bool Reader::done() const { return state_->peek() == nullptr; }

Status Reader::end() const {
  if (!done()) return fail(Code::reject, "a message holds more values than it should");
  return {};
}

Bytes encode(const Value& value) { return Writer().value(value).take(); }

Result<Value> decode_value(ByteView encoded, WireLimits limits) {
  auto reader = TRY(Reader::open(encoded, limits));
  return reader.value();
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  while (at < end) {
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
