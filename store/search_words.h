// The words in use, for what was mistyped: a table, and in memory what is needed to ask it fast.
//
// Owner: Search. Threads: the loop thread. Holds words that somebody could mistype: three to 32
// letters, no digits; no characters of scripts without spaces, no marks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace holm::store {

class Db;

class SearchWords {
 public:
  explicit SearchWords(Db& db) : db_(db) {}

  static bool is_word(std::string_view term);
  /// Requires is_word; an open transaction.
  Status add(const std::string& word);
  Status remove(const std::string& word);
  Status clear();
  /// The words nearest to `word`, nearest first, then by their letters: at most 1 letter apart for
  /// words of 4 letters and more, 2 for 8 and more. Never the word itself. O(words in use), some ms
  /// for 200,000; the first call reads them.
  Result<std::vector<std::string>> like(std::string_view word, std::size_t limit);
  /// What is kept may be ahead of the store.
  void forget();

 private:
  struct Known {
    std::u32string letters;
    std::uint64_t mask;  ///< of letters that occur
  };
  void keep(std::string_view word);

  Db& db_;
  std::unordered_set<std::string> added_;  ///< stand in the table for sure
  std::vector<Known> all_;                 ///< may hold words that are gone
  bool is_loaded_ = false;
};

}  // namespace holm::store
