// Prose out of words that nobody wrote: by Zipf's law, as people's is, so that an index and a
// compressor meet in it what they meet in theirs.
#pragma once

#include <string>
#include <vector>

#include "base/rng.h"

namespace holm::bench {

class Prose {
 public:
  /// `rng` outlives this.
  explicit Prose(Rng& rng);

  /// Sentences of eleven words, ASCII, cut at `bytes`.
  std::string text(std::size_t bytes);
  /// A few words and a number.
  std::string title();
  /// A word by its rank: 0 is the commonest.
  const std::string& word(std::size_t rank) const { return words_.at(rank); }
  std::size_t word_count() const { return words_.size(); }

 private:
  Rng& rng_;
  std::vector<std::string> words_;
};

}  // namespace holm::bench
