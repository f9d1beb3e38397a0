#include "tests/support/seeds.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

namespace holm::test {

void for_each_seed(int count, const std::function<void(Seed)>& body) {
  if (const char* one = std::getenv("HOLM_SEED")) {
    const Seed seed = std::strtoull(one, nullptr, 10);
    INFO("HOLM_SEED=", seed);
    body(seed);
    return;
  }
  if (const char* many = std::getenv("HOLM_SEEDS")) count = std::atoi(many);
  for (int i = 1; i <= count; ++i) {
    const auto seed = static_cast<Seed>(i);
    INFO("HOLM_SEED=", seed);
    body(seed);
  }
}

}  // namespace holm::test
