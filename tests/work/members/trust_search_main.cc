// trust-search SHAPE FREE [roles|lean|devices|invites|rooms] [--brief] [--seed N]
// trust-search random COUNT [roles|lean|devices|invites|rooms] [--acts N] [--seed N]
// The search of tests/work/members/trust_search.h by hand, at any scope; its counts stand in
// docs/decisions/0019-membership-rules.md. Exit code 1 when a guarantee does not hold.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/work/members/trust_search.h"

using namespace holm::work::members::test;

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 2) {
    std::fputs(
        "trust-search SHAPE FREE | random COUNT  [roles|lean|devices|invites|rooms] [--brief] "
        "[--acts N] [--seed N] [--every N]\n",
        stderr);
    return 2;
  }
  SearchOptions options;
  std::size_t acts_max = 13;
  const bool is_random = words[0] == "random";
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto number = [&] { return i + 1 < words.size() ? std::stoull(words[++i]) : 1; };
    if (words[i] == "roles") options.deeds = Deeds::roles;
    if (words[i] == "lean") options.deeds = Deeds::lean;
    if (words[i] == "devices") options.deeds = Deeds::devices;
    if (words[i] == "invites") options.deeds = Deeds::invites;
    if (words[i] == "rooms") options.deeds = Deeds::rooms;
    if (words[i] == "--brief") options.restores = false;
    if (words[i] == "--seed") options.seed = number();
    if (words[i] == "--every") options.deliver_every = number();
    if (words[i] == "--acts") acts_max = number();
  }
  const auto began = std::chrono::steady_clock::now();
  SearchTally total;
  if (is_random) {
    for (options.shape = 0; options.shape < 5; ++options.shape) {
      const auto part = search_random(options, std::stoull(words[1]) / 5, acts_max);
      total.sets += part.sets;
      total.late += part.late;
      total.finals += part.finals;
      total.contested += part.contested;
      total.with_void += part.with_void;
      total.with_waiting += part.with_waiting;
      total.restores += part.restores;
      total.orders += part.orders;
      for (const auto& [what, count] : part.failures) total.failures[what] += count;
      if (total.first_failure.empty()) total.first_failure = part.first_failure;
    }
  } else {
    options.shape = std::stoi(words[0]);
    options.free_acts = std::stoi(words[1]);
    total = search(options);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf(
      "%llu op sets, %llu late arrivals, %llu behind what outranks them, %llu behind what "
      "does not, %llu sets with void acts, %llu with something waiting, %llu restorations, "
      "%llu delivery orders, %zu kinds of failure, %.1f s\n",
      static_cast<unsigned long long>(total.sets), static_cast<unsigned long long>(total.late),
      static_cast<unsigned long long>(total.finals),
      static_cast<unsigned long long>(total.contested),
      static_cast<unsigned long long>(total.with_void),
      static_cast<unsigned long long>(total.with_waiting),
      static_cast<unsigned long long>(total.restores),
      static_cast<unsigned long long>(total.orders), total.failures.size(), took.count());
  for (const auto& [what, count] : total.failures) {
    std::printf("  %s: %llu\n", what.c_str(), static_cast<unsigned long long>(count));
  }
  std::fputs(total.first_failure.c_str(), stdout);
  return total.failures.empty() ? 0 : 1;
}
