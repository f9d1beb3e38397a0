#include "crypto/random.h"

#include <sodium.h>

namespace holm::crypto {

void SystemRng::fill(std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }

}  // namespace holm::crypto
