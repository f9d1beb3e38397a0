// holm-sim: whole teams of nodes in virtual time, one seed after the other.
//
//   holm-sim [--scenario NAME]... (--seed N | --seeds A..B) [--json] [--shrink]
//   holm-sim --list
//
// One line per seed that fails, then a summary. Exit code: 0 when all held, 1 when one did not, 2
// for usage. The same seed gives the same trace; --seed prints it. --shrink tells of a seed that
// fails what it takes at least, where a scenario can say.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "crypto/keys.h"
#include "tests/sim/scenarios.h"

using namespace holm;

namespace {

constexpr int kUsage = 2;

struct Options {
  std::vector<const sim::Scenario*> scenarios;
  std::uint64_t first = 1;
  std::uint64_t last = 50;
  bool is_json = false;
  bool is_list = false;
  bool shrinks = false;
};

const sim::Scenario* named(std::string_view name) {
  for (const auto& scenario : sim::scenarios()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

bool parse(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<Options> options_of(const std::vector<std::string_view>& arguments) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto argument = arguments[i];
    const auto value = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view();
    if (argument == "--json") {
      out.is_json = true;
      continue;
    }
    if (argument == "--list") {
      out.is_list = true;
      continue;
    }
    if (argument == "--shrink") {
      out.shrinks = true;
      continue;
    }
    ++i;
    if (argument == "--seed") {
      if (!parse(value, out.first)) return std::nullopt;
      out.last = out.first;
    } else if (argument == "--seeds") {
      const auto dots = value.find("..");
      if (dots == std::string_view::npos || !parse(value.substr(0, dots), out.first) ||
          !parse(value.substr(dots + 2), out.last) || out.last < out.first) {
        return std::nullopt;
      }
    } else if (argument == "--scenario") {
      const auto* scenario = named(value);
      if (scenario == nullptr) return std::nullopt;
      out.scenarios.push_back(scenario);
    } else {
      return std::nullopt;
    }
  }
  if (out.scenarios.empty()) {
    for (const auto& scenario : sim::scenarios()) out.scenarios.push_back(&scenario);
  }
  return out;
}

void say(const Value& line) { std::printf("%s\n", to_json(line).c_str()); }

}  // namespace

int main(int argc, char** argv) {
  const auto options = options_of({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr,
                 "usage: holm-sim [--scenario NAME]... (--seed N | --seeds A..B) [--json] "
                 "[--shrink]\n"
                 "       holm-sim --list\n");
    return kUsage;
  }
  if (options->is_list) {
    for (const auto& scenario : sim::scenarios()) {
      std::printf("%-14s %s\n", std::string(scenario.name).c_str(),
                  std::string(scenario.says).c_str());
    }
    return 0;
  }
  if (auto ready = crypto::init(); !ready) {
    std::fprintf(stderr, "holm-sim: %s\n", ready.error().text().c_str());
    return 1;
  }
  const bool is_single = options->first == options->last;
  std::uint64_t worlds = 0;
  std::uint64_t failures = 0;
  std::uint64_t deeds = 0;
  std::uint64_t events = 0;
  for (auto seed = options->first;; ++seed) {
    for (const auto* scenario : options->scenarios) {
      const auto outcome = scenario->run(seed);
      ++worlds;
      Value line = Value::object().set("scenario", scenario->name).set("seed", seed);
      if (outcome) {
        deeds += outcome->deeds;
        events += outcome->events;
        line.set("trace", outcome->trace.text()).set("events", outcome->events);
        if (!is_single) continue;
        if (options->is_json) {
          say(line);
        } else {
          std::printf("%s, seed %llu: held, trace %s\n", std::string(scenario->name).c_str(),
                      static_cast<unsigned long long>(seed), outcome->trace.text().c_str());
        }
        continue;
      }
      ++failures;
      if (options->is_json) {
        say(line.set("error", outcome.error().text()));
      } else {
        std::printf("%s, seed %llu: %s\n", std::string(scenario->name).c_str(),
                    static_cast<unsigned long long>(seed), outcome.error().text().c_str());
      }
      if (options->shrinks && scenario->shrink != nullptr) {
        std::fprintf(stderr, "%s\n", scenario->shrink(seed).c_str());
      }
      std::fflush(stdout);
    }
    if (seed == options->last) break;
  }
  if (options->is_json) {
    say(Value::object()
            .set("worlds", worlds)
            .set("failed", failures)
            .set("deeds", deeds)
            .set("events", events));
  } else {
    std::printf("%llu worlds, %llu deeds, %llu events: %llu failed\n",
                static_cast<unsigned long long>(worlds), static_cast<unsigned long long>(deeds),
                static_cast<unsigned long long>(events), static_cast<unsigned long long>(failures));
  }
  return failures == 0 ? 0 : 1;
}
