#include "net/frame.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/rng.h"
#include "crypto/noise.h"
#include "tests/support/doc_hex.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::net;
using holm::test::doc_hex;
using holm::test::for_each_seed;
using holm::test::Seed;

TEST_CASE("frame: padding follows the paper, adds at most 12 % and never shrinks") {
  CHECK(padded_size(0) == 32);
  CHECK(padded_size(32) == 32);
  CHECK(padded_size(33) == 36);
  CHECK(padded_size(1'000) == 1'024);
  CHECK(padded_size(kFramePlainBytesMax) == kFramePlainBytesMax);
  CHECK(padded_size(kFramePlainBytesMax + 1) + kFrameTagBytes > 0xffff);
  std::size_t last = 0;
  for (std::size_t size = 33; size < 70'000; ++size) {
    const auto padded = padded_size(size);
    // Algorithm 1, in the paper's own terms.
    const auto e = static_cast<unsigned>(std::floor(std::log2(double(size))));
    const auto s = static_cast<unsigned>(std::floor(std::log2(double(e)))) + 1;
    const std::size_t mask = (std::size_t{1} << (e - s)) - 1;
    REQUIRE(padded == ((size + mask) & ~mask));
    REQUIRE(padded >= last);
    REQUIRE(double(padded) <= double(size) * 1.12);
    REQUIRE(padded_size(padded) == padded);
    last = padded;
  }
}

TEST_CASE("frame: encode and decode are inverse for every kind and size") {
  for_each_seed(60, [](Seed seed) {
    SeededRng rng(seed);
    const auto kind = rng.chance(50) ? FrameKind::data_more : FrameKind::data_last;
    Bytes payload(rng.chance(20) ? kFramePayloadBytesMax - rng.below(3) : rng.below(5'000));
    rng.fill(payload);
    const auto plain = encode_frame(kind, payload);
    CHECK(plain.size() == padded_size(3 + payload.size()));
    const auto back = decode_frame(plain);
    REQUIRE(back);
    CHECK(*back == Frame{.kind = kind, .payload = payload});
  });
}

TEST_CASE("frame: a plaintext has one spelling") {
  const auto good = encode_frame(FrameKind::data_last, as_bytes("hello"));
  REQUIRE(decode_frame(good));
  const auto refused = [](Bytes plain, Code code) {
    const auto frame = decode_frame(plain);
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == code);
  };
  for (std::size_t size = 0; size < good.size(); ++size) {
    refused(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), Code::reject);
  }
  auto longer = good;
  longer.push_back(0);
  refused(longer, Code::reject);
  auto unclean = good;
  unclean.back() = 1;
  refused(unclean, Code::reject);
  auto unknown = good;
  unknown[0] = 6;
  refused(unknown, Code::unsupported);
  auto loud_ping = good;
  loud_ping[0] = static_cast<std::uint8_t>(FrameKind::ping);
  refused(loud_ping, Code::reject);
  auto too_long = good;
  too_long[1] = 0xff;
  refused(too_long, Code::reject);
}

TEST_CASE("frame: a stream is cut the same way whatever its fragmentation") {
  for_each_seed(60, [](Seed seed) {
    SeededRng rng(seed);
    std::vector<Bytes> bodies;
    Bytes stream;
    for (int i = 0; i < 20; ++i) {
      bodies.emplace_back(1 + rng.below(rng.chance(10) ? 65'535 : 100));
      rng.fill(bodies.back());
      append(stream, frame_bytes(bodies.back()));
    }
    FrameReader reader(65'535);
    std::vector<Bytes> got;
    ByteView rest = stream;
    while (!rest.empty()) {
      auto piece = rest.first(1 + rng.below(std::min<std::size_t>(rest.size(), 3'000)));
      rest = rest.subspan(piece.size());
      while (!piece.empty()) {
        auto body = reader.next(piece);
        REQUIRE(body);
        if (*body) got.push_back(std::move(**body));
      }
      CHECK(reader.held_bytes() <= 65'535);
    }
    CHECK(got == bodies);
    CHECK(reader.held_bytes() == 0);
  });
}

TEST_CASE("frame: too long and empty bodies are refused before any of their bytes are kept") {
  FrameReader reader(100);
  Bytes stream = frame_bytes(Bytes(101, 7));
  ByteView in = stream;
  const auto body = reader.next(in);
  REQUIRE_FALSE(body);
  CHECK(body.error().code == Code::limit);
  CHECK(reader.held_bytes() == 0);

  FrameReader other(100);
  const Bytes nothing{0, 0};
  in = nothing;
  const auto empty = other.next(in);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == Code::reject);
}

TEST_CASE("frame: a goodbye keeps its reason, and text fit for a terminal") {
  const Goodbye words{.reason = GoodbyeReason::denied, .text = "nicht für dich"};
  CHECK(*decode_goodbye(encode_goodbye(words)) == words);

  const auto text_of = [](const std::string& text) {
    Bytes payload{0};
    append(payload, as_bytes(text));
    return decode_goodbye(payload)->text;
  };
  CHECK(text_of("plain") == "plain");
  CHECK(text_of("\x1b[2J").empty());
  CHECK(text_of("\xc2\x9b"
                "2J")
            .empty());
  CHECK(text_of("two\nlines").empty());
  CHECK(text_of("\xff").empty());
  CHECK(text_of(std::string(513, 'a')).empty());
  CHECK_FALSE(decode_goodbye({}));
  CHECK(decode_goodbye(Bytes{200})->reason == GoodbyeReason::failed);

  // Cut at a character, not inside one.
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "ä";
  const auto cut = decode_goodbye(encode_goodbye({.reason = {}, .text = "x" + umlauts}))->text;
  CHECK(cut.size() == 511);
  CHECK(cut.ends_with("ä"));
}

TEST_CASE("frame: reasons and codes agree in both directions") {
  for (int i = 0; i <= 7; ++i) {
    const auto reason = static_cast<GoodbyeReason>(i);
    if (reason == GoodbyeReason::done) continue;  // reads as `retry`, which is told as `busy`
    CHECK(reason_of(code_of(reason)) == reason);
  }
}

TEST_CASE("frame: the bytes in docs/formats/frame.md are what it says") {
  const auto plain = encode_frame(FrameKind::data_last, as_bytes("hello"));
  CHECK(hex(plain) == hex(doc_hex("frame.md", "plaintext")));

  crypto::CipherState cipher(*crypto::SecretKey32::from(Bytes(32, 7)));
  CHECK(hex(frame_bytes(*cipher.encrypt({}, plain))) == hex(doc_hex("frame.md", "stream")));

  const auto goodbye = encode_goodbye({.reason = GoodbyeReason::unsupported, .text = "too old"});
  CHECK(hex(encode_frame(FrameKind::goodbye, goodbye)) == hex(doc_hex("frame.md", "goodbye")));
}
