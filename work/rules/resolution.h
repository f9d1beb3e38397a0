// Threads and comments that were resolved: "resolved while someone replies: reply stays, thread
// shows 'resolved, 1 new' and is open for the replier" (PRODUCT.md 3.2). And where a comment's
// quoted words are now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "work/rules/life.h"
#include "work/state.h"

namespace holm::work::rules {

struct Resolution {
  bool resolved = false;
  MemberId by;
  WallTime at{};
  std::vector<Ref> unseen;         ///< replies that the resolver had not seen; oldest first
  std::vector<MemberId> open_for;  ///< their writers, for whom it stays open; sorted

  /// "open", "resolved", "resolved, 1 new".
  std::string text() const;
  /// What `member` sees: open for a replier whom the resolver had not heard.
  bool open_to(const MemberId& member) const;
};
/// Of a thread or a comment.
Result<Resolution> resolution_of(const State& state, const Ref& ref);

/// The value to write into kResolved: [member, ms, seen].
Result<Value> resolved_value(const State& state, const Ref& ref, const MemberId& by, WallTime now);

/// Messages of a thread or replies to a comment, oldest first; replies that were taken back apart.
Result<std::vector<Ref>> replies_of(const State& state, const Ref& ref);

/// Where the words are that a comment is about.
struct CommentPlace {
  std::uint32_t field = 0;  ///< text field of the target
  std::string quote;        ///< as they read when the comment was made
  bool orphaned = false;    ///< none of them is left: show the quote
  std::uint64_t from = 0;   ///< code points in the live text, when not orphaned
  std::uint64_t to = 0;
};
/// Nothing when the comment is about the whole target.
Result<std::optional<CommentPlace>> comment_place(const State& state, const Ref& comment);

}  // namespace holm::work::rules
