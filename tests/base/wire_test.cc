#include "base/wire.h"

#include <doctest/doctest.h>

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

}  // namespace

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
  for (const char* text : {"05", "a161", "c40100", "9105", "cb3ff8000000000000", "ff"}) {
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
