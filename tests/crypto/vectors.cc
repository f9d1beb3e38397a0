#include "tests/crypto/vectors.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/json.h"

namespace holm::test {
namespace {

std::optional<Value> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto value = parse_json(text);
  REQUIRE_MESSAGE(value.has_value(), path);
  return *value;
}

}  // namespace

Value golden_vectors(std::string_view name) {
  const auto path = "tests/golden/" + std::string(name);
  auto value = read(path);
  REQUIRE_MESSAGE(value.has_value(), "run from the root of the project: no " << path);
  return *value;
}

std::optional<Value> shared_vectors(std::string_view name) {
  const char* root = std::getenv("HOLM_SHARED");
  const auto path =
      std::string(root != nullptr ? root : "../shared") + "/vectors/" + std::string(name);
  auto value = read(path);
  if (!value) MESSAGE("skipped: no " << path);
  return value;
}

Bytes unhex(std::string_view text) {
  auto bytes = from_hex(text);
  REQUIRE_MESSAGE(bytes.has_value(), "not hexadecimal: " << std::string(text));
  return *bytes;
}

void FixedRng::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) byte = at_ < bytes_.size() ? bytes_[at_++] : 0;
}

}  // namespace holm::test
