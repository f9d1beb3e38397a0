#include "crdt/author.h"

#include <algorithm>
#include <optional>

#include "base/wire.h"
#include "crdt/order.h"
#include "crdt/pieces.h"
#include "crdt/text/utf8.h"

namespace holm::crdt {
namespace {

std::vector<OpId> ids_of(const std::vector<Entry>& entries) {
  std::vector<OpId> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back(entry.stamp.id);
  std::sort(out.begin(), out.end());
  return out;
}

/// Builds changes op by op; what has been written counts for what is written next.
class Desk {
 public:
  Desk(const AuthorView& view, const AuthorPosition& at, Rng& rng, const ChangeLimits& limits)
      : view_(view), at_(at), rng_(rng), limits_(limits), next_seq_(at.next_seq) {
    const auto wall = std::max<std::int64_t>(at.wall.time_since_epoch().count(), 0);
    lamport_ = std::max(at.seen_lamport + 1, static_cast<std::uint64_t>(wall));
    // A clock that runs years ahead must not make this device's work void.
    const auto past = at.seen_lamport > 0 ? at.seen_lamport : at.start_lamport;
    if (past > 0) lamport_ = std::min(lamport_, past + kLamportLeapMax);
    const auto latest = std::min<std::uint64_t>(lamport_, INT64_MAX);
    time_ = WallTime(Millis(std::min(wall, static_cast<std::int64_t>(latest))));
  }

  Status write(const Write& wish) {
    if (!is_known(wish.kind, wish.action)) {
      return fail(Code::reject, "a write asks for what its field's kind cannot do");
    }
    if (wish.field == 0) return fail(Code::reject, "a write names no field");
    if (wish.kind == Kind::text) {
      return wish.action == Action::insert ? insert(wish) : erase(wish);
    }
    return value(wish);
  }

  Result<std::vector<Change>> take() {
    for (const auto& [key, draft] : drafts_) TRY(put_draft(draft));
    return std::move(changes_);
  }

 private:
  static Op base(const Write& wish) {
    Op op;
    op.object = wish.object;
    op.type = wish.type;
    op.field = wish.field;
    op.kind = wish.kind;
    op.action = wish.action;
    op.seed = wish.seed;
    return op;
  }

  Result<ObjectState*> state_of(const ObjectId& object) {
    if (auto at = states_.find(object); at != states_.end()) return &at->second;
    auto state = TRY(view_.object(object));
    state.id = object;
    return &states_.emplace(object, std::move(state)).first->second;
  }

  Result<std::vector<OpId>*> frontier_of(const ObjectId& object, std::uint32_t field) {
    const auto key = std::pair(object, field);
    if (auto at = frontiers_.find(key); at != frontiers_.end()) return &at->second;
    auto frontier = TRY(view_.frontier(object, field));
    std::sort(frontier.begin(), frontier.end());
    return &frontiers_.emplace(key, std::move(frontier)).first->second;
  }

  /// Puts an op into the change under way, or into a new one. Returns its name.
  OpId push(Op op) {
    op.content_bytes = op.content.size();
    const auto own = weight(op);
    if (changes_.empty() || changes_.back().ops.size() >= limits_.ops_max ||
        weight_ + own > limits_.bytes_max) {
      open_change();
    }
    weight_ += own;
    auto& change = changes_.back();
    if (!op.content.empty() && salted_.insert(op.object).second && !view_.has_salt(op.object)) {
      const SaltOf salt{op.object, rng_.id<Salt>()};
      const auto at = std::lower_bound(change.salts.begin(), change.salts.end(), salt);
      change.salts.insert(at, salt);
    }
    const OpId name = op.seed ? seed_id(op) : OpId{change.log, next_seq_};
    next_seq_ += op.span();
    change.ops.push_back(std::move(op));
    return name;
  }

  void open_change() {
    Change change;
    change.log = at_.log;
    change.seq = next_seq_;
    // Someone may have claimed the last of all lamports: what follows shares it, and is ordered by
    // log and seq alone.
    change.lamport = std::min<std::uint64_t>(lamport_ + changes_.size(), INT64_MAX);
    change.time = time_;
    change.membership = at_.membership;
    std::sort(change.membership.begin(), change.membership.end());
    if (changes_.empty()) {
      change.deps = at_.deps;
      std::sort(change.deps.begin(), change.deps.end());
      if (at_.next_seq == 1) change.certificate = at_.certificate;
    }
    weight_ = weight(change);
    changes_.push_back(std::move(change));
  }

  Status put(ObjectState& state, Op op) {
    const auto name = push(op);
    merge(state, op, {name, changes_.back().lamport, time_, view_.self});
    return {};
  }

  /// As put(), with the excess of too many references put into ops of their own before it.
  Status put_all(ObjectState& state, Op op, std::vector<OpId> refs) {
    while (refs.size() > limits_.refs_max) {
      auto part = op;
      const auto cut = refs.begin() + static_cast<std::ptrdiff_t>(limits_.refs_max);
      part.refs.assign(refs.begin(), cut);
      refs.erase(refs.begin(), cut);
      const auto name = push(part);
      merge(state, part, {name, changes_.back().lamport, time_, view_.self});
      if (op.action != Action::remove) {
        refs.insert(std::lower_bound(refs.begin(), refs.end(), name), name);
      }
    }
    op.refs = std::move(refs);
    return put(state, std::move(op));
  }

  Status value(const Write& wish) {
    auto op = base(wish);
    Bytes key;
    if (wish.kind == Kind::map) {
      if (!is_utf8(wish.key)) return fail(Code::reject, "a map key is not text");
      key = to_bytes(wish.key);
      Writer content;
      content.array(wish.action == Action::put ? 2 : 1).text(wish.key);
      if (wish.action == Action::put) content.raw(wish.value);
      op.content = content.take();
    } else {
      if (!wish.key.empty()) return fail(Code::reject, "only maps have keys");
      op.content = wish.value;
    }
    if (op.content.size() > limits_.content_max || weight(op) > limits_.bytes_max / 2) {
      return fail(Code::limit, "a value is too large", "nothing was written");
    }
    if (wish.kind == Kind::member || wish.kind == Kind::member_set) {
      key = to_bytes(view_.self.view());
    }
    if (!(wish.kind == Kind::map && wish.action == Action::remove)) TRY(check_value(wish));

    auto& state = *TRY(state_of(wish.object));
    const auto* cell = state.find(wish.field, wish.kind, key);
    const std::vector<Entry> none;
    const auto& entries = cell != nullptr ? cell->entries : none;
    const auto holds = [&](const Entry& entry) { return entry.value == wish.value; };
    switch (wish.action) {
      case Action::put:
        if (!entries.empty() && std::all_of(entries.begin(), entries.end(), holds)) return {};
        return put_unless_known(state, std::move(op), ids_of(entries), cell);
      case Action::add: {
        if (wish.kind == Kind::counter) {
          if (decode_value(wish.value)->number() == 0 && !wish.seed) return {};
        } else if (std::any_of(entries.begin(), entries.end(), holds)) {
          return {};
        }
        return put_unless_known(state, std::move(op), {}, cell);
      }
      default: {
        std::vector<Entry> gone = entries;
        if (wish.kind != Kind::map) {
          std::erase_if(gone, [&](const Entry& entry) { return !holds(entry); });
          op.content.clear();
        }
        if (gone.empty()) return {};
        return put_all(state, std::move(op), ids_of(gone));
      }
    }
  }

  Status put_unless_known(ObjectState& state, Op op, std::vector<OpId> refs, const Cell* cell) {
    if (op.seed && cell != nullptr && refs.size() <= limits_.refs_max) {
      op.refs = refs;
      const auto name = seed_id(op);
      const bool stands = std::any_of(cell->entries.begin(), cell->entries.end(),
                                      [&](const Entry& one) { return one.stamp.id == name; });
      if (stands || std::binary_search(cell->dead.begin(), cell->dead.end(), name)) return {};
    }
    return put_all(state, std::move(op), std::move(refs));
  }

  static Status check_value(const Write& wish) {
    auto reader = Reader::open(wish.value);
    bool fits = reader.has_value();
    if (fits && wish.kind == Kind::counter) fits = reader->sint().has_value();
    if (fits && wish.kind == Kind::order && wish.value != kNowhere) {
      fits = decode_place(wish.value).has_value();
    }
    if (!fits) return fail(Code::reject, "a value does not fit its kind");
    return {};
  }

  Status insert(const Write& wish) {
    if (!utf8::checked_count(wish.text)) return fail(Code::reject, "text is not valid UTF-8");
    if (wish.text.empty()) return {};
    if (auto* draft = TRY(draft_of(wish))) return draft->pieces.insert(wish.pos, wish.text);
    auto& frontier = *TRY(frontier_of(wish.object, wish.field));
    if (wish.seed && is_known_seed(wish, frontier)) return {};
    auto op = base(wish);
    op.pos = wish.pos;
    for (std::size_t from = 0; from < wish.text.size();) {
      const auto piece = next_piece(wish.text, from);
      from += piece.size();
      op.len = utf8::count(piece);
      op.content = to_bytes(piece);
      TRY(put_text(op, frontier));
      op.pos += op.len;
    }
    return {};
  }

  Status erase(const Write& wish) {
    if (auto* draft = TRY(draft_of(wish))) return draft->pieces.erase(wish.pos, wish.len);
    auto& frontier = *TRY(frontier_of(wish.object, wish.field));
    auto op = base(wish);
    op.pos = wish.pos;
    for (auto left = wish.len; left > 0; left -= op.len) {
      op.len = std::min(left, kSpanMax);
      TRY(put_text(op, frontier));
    }
    return {};
  }

  Status put_text(Op op, std::vector<OpId>& frontier) {
    if (frontier.size() > limits_.refs_max) {
      return fail(Code::limit, "a text has too many concurrent versions", "nothing was written");
    }
    // A frontier of one own op is this log's latest op on the text: each builds on the ones before.
    op.follows_own = !op.seed && frontier.size() == 1 && frontier[0].log == at_.log;
    op.refs = op.follows_own ? std::vector<OpId>{} : frontier;
    auto last = push(op);
    last.seq += op.len - 1;
    frontier.assign(1, last);
    if (auto at = states_.find(op.object); at != states_.end()) {
      last.seq -= op.len - 1;
      merge(at->second, op, {last, changes_.back().lamport, time_, view_.self});
    }
    return {};
  }

  /// What is to become of a text with void or wiped runs; written when all wishes are known.
  struct Draft {
    Op like;
    const Text* text;
    Pieces pieces;
  };

  Result<Draft*> draft_of(const Write& wish) {
    if (!view_.marked_text || wish.seed) return nullptr;
    const auto key = std::pair(wish.object, wish.field);
    if (auto at = drafts_.find(key); at != drafts_.end()) return &at->second;
    const auto* text = TRY(view_.marked_text(wish.object, wish.field));
    if (text == nullptr) return nullptr;
    return &drafts_.emplace(key, Draft{base(wish), text, Pieces(text->size())}).first->second;
  }

  Status put_draft(const Draft& draft) {
    const auto edits = draft.pieces.edits();
    const auto runs = TRY(draft.text->compose({at_.log, next_seq_}, edits));
    std::vector<OpId> last;
    for (const auto& run : runs) {
      auto op = draft.like;
      op.action = run.insert ? Action::insert : Action::erase;
      op.pos = run.pos;
      // Runs follow each other or branch off where only an older version can name the place.
      auto parents = run.parents;
      if (!run.insert) {
        op.len = run.len;
        TRY(put_run(op, parents, last));
        continue;
      }
      for (std::size_t from = 0; from < run.text.size();) {
        const auto piece = next_piece(run.text, from);
        from += piece.size();
        op.len = utf8::count(piece);
        op.content = to_bytes(piece);
        TRY(put_run(op, parents, last));
        op.pos += op.len;
        parents = last;
      }
    }
    return {};
  }

  /// Writes one composed op; `last` is what this log wrote to the text before it, and is moved on.
  Status put_run(const Op& run, const std::vector<OpId>& parents, std::vector<OpId>& last) {
    if (parents.size() > limits_.refs_max) {
      return fail(Code::limit, "a text has too many concurrent versions", "nothing was written");
    }
    auto op = run;
    op.follows_own = !last.empty() && parents == last;
    if (!op.follows_own) op.refs = parents;
    auto name = push(std::move(op));
    name.seq += run.len - 1;
    last.assign(1, name);
    return {};
  }

  std::string_view next_piece(std::string_view text, std::size_t from) const {
    auto end = from + std::min(limits_.content_max, limits_.bytes_max / 2);
    if (end >= text.size()) return text.substr(from);
    while (end > from + 1 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(from, end - from);
  }

  /// True when the text is just this import and nobody has built on it.
  bool is_known_seed(const Write& wish, const std::vector<OpId>& frontier) const {
    if (frontier.size() != 1) return false;
    auto op = base(wish);
    op.pos = wish.pos;
    for (std::size_t from = 0; from < wish.text.size();) {
      const auto piece = next_piece(wish.text, from);
      from += piece.size();
      op.len = utf8::count(piece);
      op.content = to_bytes(piece);
      auto last = seed_id(op);
      last.seq = op.len - 1;
      op.refs.assign(1, last);
      op.pos += op.len;
    }
    return op.refs == frontier;
  }

  const AuthorView& view_;
  const AuthorPosition& at_;
  Rng& rng_;
  const ChangeLimits& limits_;
  std::uint64_t next_seq_;
  std::uint64_t lamport_ = 0;
  WallTime time_{};
  std::size_t weight_ = 0;  // of the change under way
  std::vector<Change> changes_;
  std::map<ObjectId, ObjectState> states_;
  std::map<std::pair<ObjectId, std::uint32_t>, std::vector<OpId>> frontiers_;
  std::map<std::pair<ObjectId, std::uint32_t>, Draft> drafts_;
  std::set<ObjectId> salted_;  // a salt is known or declared
};

}  // namespace

Result<std::vector<Change>> author(const std::vector<Write>& writes, const AuthorView& view,
                                   const AuthorPosition& at, Rng& rng, const ChangeLimits& limits) {
  Desk desk(view, at, rng, limits);
  for (const auto& wish : writes) TRY(desk.write(wish));
  return desk.take();
}

}  // namespace holm::crdt
