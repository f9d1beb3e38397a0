#include "tools/bench/prose.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

namespace holm::bench {
namespace {

constexpr std::size_t kWords = 60'000;

/// Words that look like some, each once: syllables, more of them the rarer a word is.
std::vector<std::string> make_words(Rng& rng) {
  constexpr std::string_view kFirst = "bcdfghjklmnprstvwz";
  constexpr std::string_view kSecond = "aeiou";
  constexpr std::string_view kEnds[] = {"", "n", "r", "s", "t", "ng", "st"};
  std::set<std::string> seen;
  std::vector<std::string> out;
  while (out.size() < kWords) {
    const auto syllables = out.size() < 60 ? 1 : 2 + rng.below(out.size() < 3000 ? 2 : 3);
    std::string word;
    for (std::uint64_t i = 0; i < syllables; ++i) {
      word += kFirst[rng.below(kFirst.size())];
      word += kSecond[rng.below(kSecond.size())];
    }
    word += kEnds[rng.below(std::size(kEnds))];
    if (seen.insert(word).second) out.push_back(word);
  }
  return out;
}

}  // namespace

Prose::Prose(Rng& rng) : rng_(rng), words_(make_words(rng)) {}

std::string Prose::text(std::size_t bytes) {
  std::string out;
  const auto span = std::log(static_cast<double>(words_.size()));
  std::size_t in_sentence = 0;
  while (out.size() < bytes) {
    const auto draw = static_cast<double>(rng_.below(1u << 30)) / static_cast<double>(1u << 30);
    const auto rank = static_cast<std::size_t>(std::exp(draw * span)) - 1;
    auto word = words_[std::min(rank, words_.size() - 1)];
    if (in_sentence == 0) word[0] = static_cast<char>(word[0] - 'a' + 'A');
    out += word;
    in_sentence = (in_sentence + 1) % 11;
    out += in_sentence == 0 ? ". " : " ";
  }
  out.resize(bytes);
  return out;
}

std::string Prose::title() {
  auto out = text(24);
  out.resize(out.rfind(' ') == std::string::npos ? out.size() : out.rfind(' '));
  return out + " " + std::to_string(rng_.below(10'000));
}

}  // namespace holm::bench
