// msgpack-c's packer always chooses the shortest spelling, which is what canonical means here. What
// is one byte long is spelled here: structures of changes are made of such.
#include "base/wire.h"

#include <msgpack.hpp>

namespace holm {
namespace {

struct Sink {  // what msgpack::packer writes to
  Bytes& out;
  void write(const char* data, std::size_t size) {
    out.insert(out.end(), reinterpret_cast<const std::uint8_t*>(data),
               reinterpret_cast<const std::uint8_t*>(data) + size);
  }
};

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
  if (count < 16) return byte(0x90 | count);
  HOLM_PACK(pack_array(static_cast<std::uint32_t>(count)));
}
Writer& Writer::map(std::size_t count) { HOLM_PACK(pack_map(static_cast<std::uint32_t>(count))); }
Writer& Writer::uint(std::uint64_t number) {
  if (number < 128) return byte(number);
  HOLM_PACK(pack_uint64(number));
}
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

Bytes encode(const Value& value) { return Writer().value(value).take(); }

}  // namespace holm
