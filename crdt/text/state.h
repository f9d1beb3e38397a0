// What a Text consists of, shared by the files that implement it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "crdt/text/edits.h"
#include "crdt/text/history.h"
#include "crdt/text/rope.h"
#include "crdt/text/text.h"
#include "crdt/text/walker.h"

namespace holm::crdt {

struct Text::State {
  text::History history;
  text::Rope live;
  std::unique_ptr<text::Walker> walker;  // null, or it lacks only what went straight to `live`

  /// Local edits that go on where the last one stopped, in neither `history` nor `live` yet: most
  /// keystrokes only lengthen it.
  struct Typing {
    std::uint32_t flags = 0;  // as a run's
    std::uint32_t pos = 0;
    text::Lv len = 0;  // 0: none
    text::Lv len_max = 0;
    OpId next;
    std::string text;
  };
  Typing typing;

  bool is_marked() const { return history.runs.is_marked(); }
  /// Moves what is being typed to `history` and `live`. To be called before either is used.
  void settle();
  std::uint64_t size() const;

  /// A walker that knows every place, made when there is none. The first time O(n log n).
  text::Walker& places();
  /// Local numbers of `ids`. Errors: not_found when one is unknown.
  Result<text::Version> version_of(std::span<const OpId> ids) const;
  /// Calls `visit(range)` for those of the ids first.seq .. first.seq + len - 1 that are known.
  template <class Visit>
  void each_known(const OpId& first, std::uint64_t len, Visit visit) const {
    const auto agent = history.names.find_agent(first.log);
    for (auto seq = first.seq; agent && len > 0;) {
      const auto stretch = history.names.stretch(*agent, seq, len);
      if (stretch.first) {
        visit(text::LvRange{*stretch.first, *stretch.first + static_cast<text::Lv>(stretch.len)});
      }
      seq += stretch.len;
      len -= stretch.len;
    }
  }
  /// Ids of `version`, sorted.
  std::vector<OpId> ids_of(std::span<const text::Lv> version) const;
};

}  // namespace holm::crdt
