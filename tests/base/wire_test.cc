#include "base/wire.h"

#include <doctest/doctest.h>

#include <msgpack.hpp>

#include "base/rng.h"
#include "tests/support/seeds.h"

using namespace holm;

namespace {

Value random_value(Rng& rng, int depth) {
  switch (rng.below(depth > 0 ? 8 : 6)) {
    case 0: return Value();
    case 1: return Value(rng.chance(50));
    case 2: return Value(static_cast<std::int64_t>(rng.next() >> rng.below(64)));
    case 3: return Value(-static_cast<std::int64_t>(rng.next() >> (1 + rng.below(63))));
    case 4: return Value(std::string(rng.below(70), 'x') + "\xc3\xa9");
    case 5: return Value(Bytes(rng.below(300), 7));
    case 6: {
      Value out = Value::array();
      for (auto n = rng.below(20); n > 0; --n) out.push(random_value(rng, depth - 1));
      return out;
    }
    default: {
      Value out = Value::object();
      for (auto n = rng.below(6); n > 0; --n) {
        out.set("k" + std::to_string(n), random_value(rng, depth - 1));
      }
      return out;
    }
  }
}

bool is_ours(const msgpack::object& node) {
  switch (node.type) {
    case msgpack::type::STR: return is_utf8({node.via.str.ptr, node.via.str.size});
    case msgpack::type::EXT:
    case msgpack::type::FLOAT32: return false;
    case msgpack::type::ARRAY:
      return std::all_of(node.via.array.ptr, node.via.array.ptr + node.via.array.size, is_ours);
    case msgpack::type::MAP:
      return std::all_of(node.via.map.ptr, node.via.map.ptr + node.via.map.size,
                         [](const msgpack::object_kv& entry) {
                           return entry.key.type == msgpack::type::STR && is_ours(entry.key) &&
                                  is_ours(entry.val);
                         });
    default: return true;
  }
}

/// Whether msgpack-c unpacks the bytes, and packs what it found to the same.
bool packs_the_same(ByteView bytes) {
  try {
    std::size_t end = 0;
    const auto* data = reinterpret_cast<const char*>(bytes.data());
    const WireLimits limits;
    const msgpack::unpack_limit bounds(limits.items_max, limits.items_max, limits.bytes_max,
                                       limits.bytes_max, 0, limits.depth_max);
    bool is_view = false;
    const auto handle = msgpack::unpack(
        data, bytes.size(), end, is_view,
        [](msgpack::type::object_type, std::size_t, void*) { return true; }, nullptr, bounds);
    if (end != bytes.size() || !is_ours(handle.get())) return false;
    msgpack::sbuffer again;
    msgpack::pack(again, handle.get());
    return as_bytes({again.data(), again.size()}).size() == bytes.size() &&
           std::equal(bytes.begin(), bytes.end(), as_bytes({again.data(), again.size()}).begin());
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

TEST_CASE("wire: accepts what another implementation spells the same, and nothing else") {
  test::for_each_seed(3000, [](test::Seed seed) {
    SeededRng rng(seed);
    auto bytes = encode(random_value(rng, 3));
    if (rng.chance(30)) bytes.resize(rng.below(40));
    for (auto times = rng.below(4); times > 0 && !bytes.empty(); --times) {
      const auto at = static_cast<std::ptrdiff_t>(rng.below(bytes.size()));
      const auto byte =
          static_cast<std::uint8_t>(rng.chance(60) ? 0xc0 + rng.below(64) : rng.next());
      if (rng.chance(50)) {
        bytes[static_cast<std::size_t>(at)] = byte;
      } else {
        bytes.insert(bytes.begin() + at, byte);
      }
    }
    CAPTURE(hex(bytes));
    CHECK(Reader::open(bytes).has_value() == packs_the_same(bytes));
    CHECK(is_canonical(bytes) == packs_the_same(bytes));
  });
  // Every head, before bytes that could be anything.
  for (int head = 0; head < 256; ++head) {
    for (const char* rest : {"",
                             "00",
                             "01",
                             "7f",
                             "80",
                             "ff",
                             "00ff",
                             "0100",
                             "ffff",
                             "0000ffff",
                             "00010000",
                             "ffffff7f",
                             "00000000ffffffff",
                             "0000000100000000",
                             "ffffffff7fffffff",
                             "8000000000000000",
                             "7ff8000000000001",
                             "43e0000000000000",
                             "c3e0000000000000",
                             "8000000000000001",
                             "3ff0000000000000",
                             "fff0000000000000"}) {
      auto bytes = *from_hex(rest);
      bytes.insert(bytes.begin(), static_cast<std::uint8_t>(head));
      CAPTURE(hex(bytes));
      CHECK(Reader::open(bytes).has_value() == packs_the_same(bytes));
    }
  }
}

TEST_CASE("wire: a reader passes over what is of another kind, with all that is in it") {
  const auto bytes = *from_hex(
      "9493010203"
      "81a16105"
      "c3"
      "07");
  auto reader = *Reader::open(bytes);
  CHECK(reader.array(4).has_value());
  CHECK_FALSE(reader.uint().has_value());
  CHECK_FALSE(reader.text().has_value());
  CHECK(*reader.boolean());
  CHECK(*reader.raw() == Bytes{7});
  CHECK(reader.done());
  CHECK_FALSE(reader.raw().has_value());
  CHECK_FALSE(reader.value().has_value());
}

TEST_CASE("wire: what was encoded decodes to the same value") {
  test::for_each_seed(300, [](test::Seed seed) {
    SeededRng rng(seed);
    const Value value = random_value(rng, 4);
    const auto bytes = encode(value);
    auto back = decode_value(bytes);
    REQUIRE(back.has_value());
    CHECK(*back == value);
    CHECK(encode(*back) == bytes);
  });
}

TEST_CASE("wire: only the shortest spelling is accepted") {
  for (const char* text :
       {"cc05", "cd0005", "d90161", "c40100ff", "dc000105", "ca3f800000", "d005",
        "d3ffffffffffffffff", "cb3ff0000000000000", "c1", "81c0c0", "d40101", "a1ff", ""}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(Reader::open(*from_hex(text)).has_value());
  }
  for (const char* text :
       {"05", "a161", "c40100", "9105", "cb3ff8000000000000", "cb43f0000000000000", "ff"}) {
    CAPTURE(std::string(text));
    CHECK(Reader::open(*from_hex(text)).has_value());
  }
}

TEST_CASE("wire: limits on bytes, items and depth") {
  Value wide = Value::array();
  for (int i = 0; i < 100; ++i) wide.push(i);
  CHECK(decode_value(encode(wide), {.items_max = 100}).has_value());
  CHECK(decode_value(encode(wide), {.items_max = 99}).error().code == Code::limit);
  CHECK(decode_value(encode(wide), {.bytes_max = 50}).error().code == Code::limit);
  Bytes deep(40, 0x91);
  deep.push_back(0xc0);
  CHECK_FALSE(Reader::open(deep, {.depth_max = 32}).has_value());
  // A length far beyond the message must fail before anything is allocated for it.
  CHECK_FALSE(Reader::open(*from_hex("ddffffffff")).has_value());
  CHECK_FALSE(Reader::open(*from_hex("c6ffffffff")).has_value());
}

TEST_CASE("wire: readers consume in order and refuse other kinds") {
  const auto bytes = Writer().array(3).uint(300).text("hi").bytes(as_bytes("xyz")).take();
  auto reader = *Reader::open(bytes);
  CHECK(reader.array(3).has_value());
  CHECK(*reader.uint(300) == 300);
  CHECK_FALSE(reader.bytes().has_value());
  CHECK(as_text(*reader.bytes()) == "xyz");
  CHECK(reader.done());
  CHECK(reader.end().has_value());
}

TEST_CASE("wire: UTF-8 is checked as RFC 3629 says") {
  CHECK(is_utf8("aé€😀"));
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}
