#include "node/witness.h"

#include <doctest/doctest.h>

#include "base/rng.h"

namespace holm::node {
namespace {

TEST_CASE("witness: what was encoded is read back, and nothing else is read") {
  SeededRng rng(1);
  Witness witness{rng.id<StoreNonce>(), rng.id<StoreNonce>(), {}};
  for (int i = 0; i < 5; ++i) witness.logs[rng.id<LogId>()] = rng.below(1u << 20);
  const auto bytes = encode(witness);
  const auto read = decode_witness(bytes);
  REQUIRE(read.has_value());
  CHECK(*read == witness);
  for (std::size_t len = 0; len < bytes.size(); ++len) {
    CHECK_FALSE(decode_witness(ByteView(bytes).first(len)).has_value());
  }
  auto longer = bytes;
  longer.push_back(0);
  CHECK(decode_witness(longer).error().code == Code::corrupt);
}

}  // namespace
}  // namespace holm::node
