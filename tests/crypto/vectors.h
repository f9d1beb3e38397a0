// Test vectors from files, and keys and randomness made of given bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/value.h"
#include "crypto/keys.h"

namespace holm::test {

/// The vectors of this repository, tests/golden/`name`. Fails the test when they can't be read.
Value golden_vectors(std::string_view name);
/// Public vectors kept beside the repository: $HOLM_SHARED/vectors/`name`, or ../shared. Nothing,
/// with a message, when they are not there.
std::optional<Value> shared_vectors(std::string_view name);

/// The bytes of hexadecimal text. Fails the test when it is none.
Bytes unhex(std::string_view text);

/// Hands out the given bytes, then zeros.
class FixedRng final : public Rng {
 public:
  explicit FixedRng(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace holm::test
