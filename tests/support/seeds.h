// One seed reproduces everything: property tests run over seeds and print the one that failed.
#pragma once

#include <cstdint>
#include <functional>

namespace holm::test {

using Seed = std::uint64_t;

/// Runs `body` for `count` seeds. HOLM_SEED=n runs that one alone; HOLM_SEEDS=n replaces the count.
/// The seed is part of every failure message.
void for_each_seed(int count, const std::function<void(Seed)>& body);

}  // namespace holm::test
