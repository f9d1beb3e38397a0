// Some of a text's history as it is told: numbered from 0 in the order given, what goes on joined.
// Made to be written (extract.h), so it holds no more than that takes.
//
// Value. Threads: one at a time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "crdt/text/history.h"

namespace holm::crdt::text {

struct Outline {
  /// Consecutive ids of one log.
  struct Name {
    Agent agent = 0;  ///< as in the history
    std::uint64_t seq = 0;
    Lv len = 0;
  };
  /// Numbers that follow one another. What the first one follows starts at these offsets, and ends
  /// where that of the next span starts.
  struct Span {
    Lv begin = 0;
    std::uint32_t parents = 0;
    std::uint32_t outside = 0;
  };
  /// What has content: code points of one run of the history, and of one log.
  struct Content {
    LvRange range;  ///< as in the history
    std::size_t run = 0;
    Agent agent = 0;
  };
  /// A parent that is not in the outline.
  struct Outside {
    Agent agent = 0;
    std::uint64_t seq = 0;
  };

  /// `pieces` of `history`, parents first. O(runs), and a step per span between the first and the
  /// last of them.
  Outline(const History& history, std::span<const Graph::Piece> pieces);

  LvRange span(std::size_t index) const {
    return {spans[index].begin, index + 1 < spans.size() ? spans[index + 1].begin : end};
  }
  /// Ascending; each with the span here that holds it.
  std::span<const Graph::Point> parents_of(std::size_t span) const {
    return part(parents, spans[span].parents,
                span + 1 < spans.size() ? spans[span + 1].parents : parents.size());
  }
  std::span<const Outside> outside_of(std::size_t span) const {
    return part(outside, spans[span].outside,
                span + 1 < spans.size() ? spans[span + 1].outside : outside.size());
  }
  bool is_marked() const;
  /// Content of all inserts that are not wiped, out of the runs of the history: in the order told.
  std::string content_of(const Runs& from) const;
  /// The same log by log, as `logs` go; each log's in the order told.
  std::string content_by_log(const Runs& from) const;

  std::vector<Name> names;
  std::vector<Span> spans;
  std::vector<Graph::Point> parents;
  std::vector<Outside> outside;
  std::vector<RunPart> runs;
  std::vector<Content> content;
  std::vector<Agent> logs;  ///< in the order in which names, then parents outside, tell them
  Lv end = 0;

 private:
  template <class Item>
  static std::span<const Item> part(const std::vector<Item>& of, std::size_t from, std::size_t to) {
    return std::span<const Item>(of).subspan(from, to - from);
  }
};

}  // namespace holm::crdt::text
