#include "files/cutter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/rng.h"
#include "tests/files/naive_cutter.h"
#include "tests/support/seeds.h"

namespace holm::files {
namespace {

using holm::test::for_each_seed;

ContentKeys keys_of(std::uint64_t seed) {
  SeededRng rng(seed);
  return ContentKeys(crypto::SecretKey32::make(rng));
}

Bytes noise(Rng& rng, std::size_t count) {
  Bytes out(count);
  rng.fill(out);
  return out;
}

/// Text-like bytes with long runs, which cut rarely.
Bytes dull(Rng& rng, std::size_t count) {
  Bytes out;
  while (out.size() < count)
    out.insert(out.end(), 1 + rng.below(50'000), std::uint8_t(rng.below(3)));
  out.resize(count);
  return out;
}

std::vector<Bytes> chunks(const Gear& gear, ByteView file, Rng* portions) {
  std::vector<Bytes> out;
  const Cutter::Sink sink = [&](ByteView chunk) -> Status {
    out.push_back(to_bytes(chunk));
    return {};
  };
  Cutter cutter(gear);
  while (!file.empty()) {
    const auto most = portions == nullptr ? file.size() : 1 + portions->below(400'000);
    const auto part = file.first(std::min<std::size_t>(file.size(), most));
    REQUIRE(cutter.feed(part, sink));
    file = file.subspan(part.size());
  }
  REQUIRE(cutter.finish(sink));
  return out;
}

TEST_CASE("cutter: agrees with the definition, however the bytes come") {
  for_each_seed(12, [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto keys = keys_of(seed);
    const auto size = rng.below(1'500'000);
    const auto file = rng.chance(30) ? dull(rng, size) : noise(rng, size);
    const auto expected = test::naive_chunks(keys.gear(), file);
    CHECK(chunks(keys.gear(), file, nullptr) == expected);
    CHECK(chunks(keys.gear(), file, &rng) == expected);
  });
}

TEST_CASE("cutter: single bytes, nothing, and exact limits") {
  const auto keys = keys_of(1);
  SeededRng rng(1);
  CHECK(chunks(keys.gear(), {}, nullptr).empty());
  for (const auto size : {std::size_t{1}, kCutWindow, kChunkMin - 1, kChunkMin, kChunkMin + 1,
                          kChunkMax - 1, kChunkMax, kChunkMax + 1}) {
    const Bytes zeros(size, 0);
    CHECK(chunks(keys.gear(), zeros, &rng) == test::naive_chunks(keys.gear(), zeros));
  }
  const auto file = noise(rng, 70'000);
  std::vector<Bytes> out;
  const Cutter::Sink sink = [&](ByteView chunk) -> Status {
    out.push_back(to_bytes(chunk));
    return {};
  };
  Cutter cutter(keys.gear());
  for (const auto& byte : file) REQUIRE(cutter.feed({&byte, 1}, sink));
  REQUIRE(cutter.finish(sink));
  CHECK(out == test::naive_chunks(keys.gear(), file));
}

TEST_CASE("cutter: an insertion, removal or change in the middle moves few cuts") {
  for_each_seed(6, [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto keys = keys_of(seed);
    auto file = noise(rng, 8u << 20);
    const auto before = chunks(keys.gear(), file, nullptr);
    const auto at = static_cast<std::ptrdiff_t>(rng.below(file.size()));
    const auto more = noise(rng, 1 + rng.below(1000));
    file.insert(file.begin() + at, more.begin(), more.end());
    const std::set<Bytes> old(before.begin(), before.end());
    const auto after = chunks(keys.gear(), file, nullptr);
    const auto fresh = std::count_if(after.begin(), after.end(),
                                     [&](const auto& chunk) { return !old.contains(chunk); });
    CHECK(fresh <= 6);
  });
}

TEST_CASE("cutter: chunks of noise are 64 KiB on average, and within their limits") {
  SeededRng rng(5);
  const auto keys = keys_of(5);
  const auto file = noise(rng, 64u << 20);
  const auto all = chunks(keys.gear(), file, nullptr);
  const auto average = file.size() / all.size();
  CHECK(average > 60u << 10);
  CHECK(average < 68u << 10);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    CHECK(all[i].size() >= kChunkMin);
    CHECK(all[i].size() <= kChunkMax);
  }
}

TEST_CASE("cutter: another room cuts elsewhere and names alike content otherwise") {
  SeededRng rng(9);
  const auto file = noise(rng, 4u << 20);
  const auto one = keys_of(1);
  const auto other = keys_of(2);
  const auto ours = chunks(one.gear(), file, nullptr);
  const auto theirs = chunks(other.gear(), file, nullptr);
  const std::set<Bytes> known(ours.begin(), ours.end());
  CHECK(std::none_of(theirs.begin(), theirs.end() - 1,
                     [&](const auto& chunk) { return known.contains(chunk); }));
  CHECK(one.chunk_id(file) != other.chunk_id(file));
  CHECK(one.chunk_id(file) != one.list_id(file));
}

TEST_CASE("cutter: what the sink refuses ends the call") {
  SeededRng rng(3);
  const auto keys = keys_of(3);
  Cutter cutter(keys.gear());
  const auto done = cutter.feed(noise(rng, 2u << 20), [](ByteView) -> Status {
    return fail(Code::failed, "the disk is full");
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().what == "the disk is full");
}

}  // namespace
}  // namespace holm::files
