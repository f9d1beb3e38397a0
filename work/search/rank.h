// How good a hit is. Pure: words and times in, a number out; docs/decisions/0013-search.md says why
// these weights.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "work/search/query.h"
#include "work/search/snippet.h"

namespace holm::work::search {

/// Words of one part of an object, and what of a question stands in it.
struct Findings {
  std::vector<Span> spans;             ///< of all clauses, ascending
  std::map<std::size_t, double> each;  ///< by clause: how often
};

/// Where a phrase stands in words: [first, last] indexes. O(words).
std::vector<std::pair<std::size_t, std::size_t>> places_of(const std::vector<Word>& words,
                                                           const Phrase& phrase);
/// False when the phrase surely does not stand in the text: spares reading its words. Sure of plain
/// ASCII only. O(bytes), allocates nothing.
bool may_stand(std::string_view text, const Phrase& phrase);
/// What of the clauses that are not excluded stands in `words`.
Findings find_in(const std::vector<Word>& words, const std::vector<Clause>& clauses);

struct Standing {
  std::size_t clauses = 0;   ///< of the question that are not excluded
  std::size_t in_title = 0;  ///< of them, that stand in the title
  bool title_whole = false;  ///< the title says nothing else
  double density = 0;        ///< 0 to 1: how much of the text is what was asked
  bool together = false;     ///< the clauses follow each other somewhere
  bool mine = false;         ///< written by or meant for who asks
  std::size_t links = 0;     ///< things that answer it
  Millis age{};              ///< since it was last touched; at least 0
};

/// Greater is better. About: 4 for the title, 2 for being of now, 1 for density, 1 for standing
/// together, 0.5 for mine, up to 0.5 for links.
double score_of(const Standing& standing);

}  // namespace holm::work::search
