// The examples of docs/formats/files.md.
#include <doctest/doctest.h>

#include "base/wire.h"
#include "crypto/blake2b.h"
#include "files/content_keys.h"
#include "files/cutter.h"
#include "files/list.h"
#include "tests/support/doc_hex.h"

namespace holm::files {
namespace {

ContentKeys page_keys() {
  Bytes key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return ContentKeys(*crypto::SecretKey32::from(key));
}

/// The page's stream: BLAKE2b-256 of 0, 1, 2, ... as four bytes, least first.
Bytes page_stream() {
  Bytes out;
  for (std::uint32_t i = 0; out.size() < (1u << 20); ++i) {
    const std::uint8_t number[] = {std::uint8_t(i), std::uint8_t(i >> 8), std::uint8_t(i >> 16),
                                   std::uint8_t(i >> 24)};
    append(out, crypto::blake2b(32, {}, number));
  }
  return out;
}

TEST_CASE("format: the page's gear, names and cuts") {
  const auto keys = page_keys();
  Bytes gear;
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t k = 0; k < 8; ++k) gear.push_back(std::uint8_t(keys.gear()[i] >> (8 * k)));
  }
  CHECK(hex(gear) == hex(test::doc_hex("files.md", "gear")));
  CHECK(keys.chunk_id(as_bytes("abc")).text() == hex(test::doc_hex("files.md", "chunk id")));
  const auto stream = page_stream();
  Value lengths = Value::array();
  for (ByteView rest = stream; !rest.empty();) {
    const auto cut = first_cut(keys.gear(), rest);
    lengths.push(cut);
    rest = rest.subspan(cut);
  }
  CHECK(hex(encode(lengths)) == hex(test::doc_hex("files.md", "cuts")));
}

TEST_CASE("format: the page's list") {
  const auto keys = page_keys();
  const List list{.level = 0, .entries = {{keys.chunk_id(as_bytes("abc")), 3}}};
  const auto encoded = test::doc_hex("files.md", "list");
  CHECK(hex(encode(list)) == hex(encoded));
  CHECK(keys.list_id(encoded).text() == hex(test::doc_hex("files.md", "list id")));
}

}  // namespace
}  // namespace holm::files
