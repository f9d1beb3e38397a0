#include "crdt/change.h"

#include <algorithm>

#include "base/wire.h"
#include "base/wire_scan.h"
#include "crdt/order.h"
#include "crdt/text/utf8.h"

namespace holm::crdt {
namespace {

constexpr std::size_t kChangeOverhead = 128;
constexpr std::size_t kOpOverhead = 72;   // every number at its longest, and its object's id
constexpr std::size_t kRefOverhead = 36;  // index, seq, and its log's id in the table
constexpr std::int64_t kTimeMax = std::int64_t{1} << 48;  // the year 10889

template <class T, class Key>
bool strictly_sorted(const std::vector<T>& items, Key key) {
  return std::adjacent_find(items.begin(), items.end(), [&](const T& a, const T& b) {
           return !(key(a) < key(b));
         }) == items.end();
}

tl::unexpected<Error> malformed(const char* what) {
  return fail(Code::reject, std::string("a change is malformed: ") + what);
}

/// [key, value] of a put, [key] of a removal: the key is text, the value canonical.
bool is_map_content(const Op& op) {
  const std::uint64_t items = op.action == Action::put ? 2 : 1;
  WireScanner in(op.content);
  if (in.next() != WireKind::array || in.number() != items) return false;
  if (in.next() != WireKind::text || !is_utf8(as_text(in.body()))) return false;
  return op.action == Action::put ? is_canonical(in.rest()) : in.rest().empty();
}

bool is_step(ByteView content) {
  WireScanner in(content);
  const auto kind = in.next();
  const bool is_number =
      kind == WireKind::negative || (kind == WireKind::uint && in.number() <= INT64_MAX);
  return is_number && in.rest().empty();
}

/// Whether an op's content, which is present, has the shape that its kind has.
bool is_content(const Op& op) {
  switch (op.kind) {
    case Kind::reg:
    case Kind::member: return is_canonical(op.content);
    case Kind::set:
    case Kind::member_set:
      return op.action == Action::add ? is_canonical(op.content) : op.content.empty();
    case Kind::map: return is_map_content(op);
    case Kind::counter: return is_step(op.content);
    case Kind::order: return op.content == kNowhere || read_place(op.content);
    case Kind::text:
      if (op.action == Action::erase) return op.content.empty();
      return utf8::checked_count(as_text(op.content)) == op.len;
  }
  return true;
}

/// What is wrong with an op's references; null when nothing is. So for those below: they are asked
/// of every op.
const char* flaw_in_refs(const Op& op, const Change& change, std::uint64_t seq) {
  if (!strictly_sorted(op.refs, [](const OpId& id) { return id; })) {
    return "references are not sorted";
  }
  for (const auto& ref : op.refs) {
    if (ref.seq > kSeqMax) return "a reference is out of range";
    if (ref.log == change.log && (ref.seq == 0 || ref.seq >= seq)) {
      return "a reference points forward";
    }
  }
  return nullptr;
}

const char* flaw_in_op(const Op& op) {
  if (op.field == 0) return "field 0 is reserved";
  if (op.pos > kSeqMax || op.len > kSpanMax) return "a position is out of range";
  if (op.follows_own && (op.kind != Kind::text || op.seed || !op.refs.empty())) {
    return "only a text op without references follows its log's own";
  }
  switch (op.kind) {
    case Kind::text: break;
    case Kind::reg:
    case Kind::set:
    case Kind::map:
    case Kind::counter:
    case Kind::order:
    case Kind::member:
    case Kind::member_set:
      if (op.pos != 0 || op.len != 0) return "only text has positions";
      break;
    default: return nullptr;  // a newer program's kind
  }
  // A newer program's action.
  if (op.action < Action::put || op.action > Action::erase) return nullptr;
  if (!is_known(op.kind, op.action)) return "an action does not fit its kind";
  if (op.kind == Kind::counter && !op.refs.empty()) return "a counter replaces nothing";
  if (op.kind == Kind::text) {
    if (op.len == 0) return "a text op of no length";
    const bool fits = op.action == Action::erase
                          ? op.content_bytes == 0
                          : op.content_bytes >= op.len && op.content_bytes <= 4 * op.len;
    if (!fits) return "a text has another length";
  }
  return nullptr;
}

/// Salts and wiped marks stand only for objects that have content in the change.
Status check_erasure(const Change& change) {
  const auto by_object = [](const auto& item) { return item.object; };
  if (!strictly_sorted(change.salts, by_object) || !strictly_sorted(change.wiped, by_object)) {
    return malformed("salts are not sorted");
  }
  if (change.salts.empty() && change.wiped.empty()) return {};
  struct Held {
    ObjectId object;
    std::size_t seeds = 0;  // with content, in a row
  };
  std::vector<Held> held;
  for (const auto& op : change.ops) {
    if (op.content_bytes == 0) continue;
    if (held.empty() || held.back().object != op.object) held.push_back({op.object, 0});
    held.back().seeds += op.seed ? 1 : 0;
  }
  std::sort(held.begin(), held.end(),
            [](const Held& a, const Held& b) { return a.object < b.object; });
  // Both ascend, so one walk beside the other finds all.
  auto at = held.begin();
  const auto find = [&](const ObjectId& object) {
    while (at != held.end() && at->object < object) ++at;
    return at != held.end() && at->object == object;
  };
  for (const auto& wiped : change.wiped) {
    if (!find(wiped.object)) return malformed("an erased object has no content");
    std::size_t seeds = 0;
    for (; at != held.end() && at->object == wiped.object; ++at) seeds += at->seeds;
    if (seeds != wiped.seeds.size()) return malformed("names of erased seeds are missing");
  }
  at = held.begin();
  for (const auto& salt : change.salts) {
    if (!find(salt.object)) return malformed("a salt for an object without content");
    if (std::binary_search(change.wiped.begin(), change.wiped.end(), salt,
                           [](const auto& a, const auto& b) { return a.object < b.object; })) {
      return malformed("a salt for an erased object");
    }
  }
  return {};
}

Status check_header(const Change& change, const ChangeLimits& limits) {
  if (change.seq == 0 || change.seq > kSeqMax) return malformed("its place is out of range");
  if (change.lamport == 0 || change.lamport > INT64_MAX) {
    return malformed("its lamport time is out of range");
  }
  const auto time = change.time.time_since_epoch().count();
  if (time < 0 || time >= kTimeMax) return malformed("its time is out of range");
  if (change.membership.size() > limits.deps_max || change.deps.size() > limits.deps_max) {
    return fail(Code::limit, "a change names too many others");
  }
  if (!strictly_sorted(change.membership, [](const ShortHash& hash) { return hash; })) {
    return malformed("membership is not sorted");
  }
  if (!strictly_sorted(change.deps, [](const Dep& dep) { return dep.log; })) {
    return malformed("dependencies are not sorted");
  }
  for (const auto& dep : change.deps) {
    if (dep.log == change.log || dep.seq == 0 || dep.seq > kSeqMax) {
      return malformed("a dependency is out of range");
    }
  }
  if (!change.certificate.empty() && change.seq != 1) {
    return malformed("a certificate after the first change");
  }
  if (change.certificate.size() > limits.content_max) {
    return fail(Code::limit, "a certificate is too large");
  }
  return {};
}

}  // namespace

std::size_t weight(const Op& op) {
  return kOpOverhead + op.refs.size() * kRefOverhead + static_cast<std::size_t>(op.content_bytes);
}

std::size_t weight(const Change& change) {
  std::size_t out = kChangeOverhead + change.certificate.size() + 18 * change.membership.size() +
                    48 * change.deps.size();
  for (const auto& op : change.ops) out += weight(op);
  return out;
}

bool is_known(Kind kind, Action action) {
  switch (kind) {
    case Kind::reg:
    case Kind::order:
    case Kind::member: return action == Action::put;
    case Kind::set:
    case Kind::member_set: return action == Action::add || action == Action::remove;
    case Kind::map: return action == Action::put || action == Action::remove;
    case Kind::counter: return action == Action::add;
    case Kind::text: return action == Action::insert || action == Action::erase;
  }
  return false;
}

Status validate(const Change& change, const ChangeLimits& limits) {
  TRY(check_header(change, limits));
  if (change.ops.empty()) return malformed("it holds nothing");
  if (change.ops.size() > limits.ops_max) return fail(Code::limit, "a change holds too many ops");
  if (weight(change) > limits.bytes_max) return fail(Code::limit, "a change is too large");
  const auto is_wiped = [&](const ObjectId& object) {
    if (change.wiped.empty()) return false;
    return std::binary_search(
        change.wiped.begin(), change.wiped.end(), WipedOf{object, {}},
        [](const WipedOf& a, const WipedOf& b) { return a.object < b.object; });
  };
  TRY(check_erasure(change));
  auto seq = change.seq;
  for (const auto& op : change.ops) {
    if (op.content_bytes > limits.content_max) return fail(Code::limit, "a value is too large");
    if (op.refs.size() > limits.refs_max) return fail(Code::limit, "an op names too many others");
    if (const auto* flaw = flaw_in_op(op)) return malformed(flaw);
    if (const auto* flaw = flaw_in_refs(op, change, seq)) return malformed(flaw);
    seq += op.span();
    if (seq > kSeqMax) return malformed("its place is out of range");
    if (op.content_bytes > 0 && is_wiped(op.object)) {
      if (!op.content.empty()) return malformed("erased content is still there");
      continue;
    }
    if (op.content.size() != op.content_bytes) return malformed("content of another length");
    if (is_known(op.kind, op.action) && !is_content(op)) {
      return malformed("content does not fit its kind");
    }
  }
  return {};
}

}  // namespace holm::crdt
