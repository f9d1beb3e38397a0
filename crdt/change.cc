#include "crdt/change.h"

#include <algorithm>

#include "base/wire.h"
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

Status check_canonical(ByteView content) {
  if (!Reader::open(content)) return malformed("a value is not canonical msgpack");
  return {};
}

/// The shape of an op's content, which is present.
Status check_content(const Op& op) {
  switch (op.kind) {
    case Kind::reg:
    case Kind::member: return check_canonical(op.content);
    case Kind::set:
    case Kind::member_set:
      if (op.action == Action::add) return check_canonical(op.content);
      if (!op.content.empty()) return malformed("a removal has content");
      return {};
    case Kind::map: {
      auto reader = TRY(Reader::open(op.content));
      TRY(reader.array(op.action == Action::put ? 2 : 1));
      TRY(reader.text());
      return {};
    }
    case Kind::counter: {
      auto reader = TRY(Reader::open(op.content));
      TRY(reader.sint());
      return {};
    }
    case Kind::order:
      if (op.content != kNowhere) TRY(decode_place(op.content));
      return {};
    case Kind::text: {
      if (op.action == Action::erase) {
        if (!op.content.empty()) return malformed("a deletion has content");
        return {};
      }
      const auto count = utf8::checked_count(as_text(op.content));
      if (!count) return malformed("text is not UTF-8");
      if (*count != op.len) return malformed("a text has another length");
      return {};
    }
  }
  return {};
}

Status check_refs(const Op& op, const Change& change, std::uint64_t seq,
                  const ChangeLimits& limits) {
  if (op.refs.size() > limits.refs_max) return fail(Code::limit, "an op names too many others");
  if (!strictly_sorted(op.refs, [](const OpId& id) { return id; })) {
    return malformed("references are not sorted");
  }
  for (const auto& ref : op.refs) {
    if (ref.seq > kSeqMax) return malformed("a reference is out of range");
    if (ref.log == change.log && (ref.seq == 0 || ref.seq >= seq)) {
      return malformed("a reference points forward");
    }
  }
  return {};
}

Status check_op(const Op& op, const ChangeLimits& limits) {
  if (op.field == 0) return malformed("field 0 is reserved");
  if (op.pos > kSeqMax || op.len > kSpanMax) return malformed("a position is out of range");
  if (op.content_bytes > limits.content_max) return fail(Code::limit, "a value is too large");
  if (op.follows_own && (op.kind != Kind::text || op.seed || !op.refs.empty())) {
    return malformed("only a text op without references follows its log's own");
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
      if (op.pos != 0 || op.len != 0) return malformed("only text has positions");
      break;
    default: return {};  // a newer program's kind
  }
  if (op.action < Action::put || op.action > Action::erase) return {};  // a newer program's action
  if (!is_known(op.kind, op.action)) return malformed("an action does not fit its kind");
  if (op.kind == Kind::counter && !op.refs.empty()) return malformed("a counter replaces nothing");
  if (op.kind == Kind::text) {
    if (op.len == 0) return malformed("a text op of no length");
    const bool fits = op.action == Action::erase
                          ? op.content_bytes == 0
                          : op.content_bytes >= op.len && op.content_bytes <= 4 * op.len;
    if (!fits) return malformed("a text has another length");
  }
  return {};
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
    bool seed = false;
  };
  std::vector<Held> held;
  for (const auto& op : change.ops) {
    if (op.content_bytes > 0) held.push_back({op.object, op.seed});
  }
  std::sort(held.begin(), held.end(),
            [](const Held& a, const Held& b) { return a.object < b.object; });
  const auto range = [&](const ObjectId& object) {
    return std::equal_range(held.begin(), held.end(), Held{object, false},
                            [](const Held& a, const Held& b) { return a.object < b.object; });
  };
  for (const auto& wiped : change.wiped) {
    const auto [from, to] = range(wiped.object);
    if (from == to) return malformed("an erased object has no content");
    const auto seeds = std::count_if(from, to, [](const Held& one) { return one.seed; });
    if (static_cast<std::size_t>(seeds) != wiped.seeds.size()) {
      return malformed("names of erased seeds are missing");
    }
  }
  for (const auto& salt : change.salts) {
    const auto [from, to] = range(salt.object);
    if (from == to) return malformed("a salt for an object without content");
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
    return std::binary_search(
        change.wiped.begin(), change.wiped.end(), WipedOf{object, {}},
        [](const WipedOf& a, const WipedOf& b) { return a.object < b.object; });
  };
  TRY(check_erasure(change));
  auto seq = change.seq;
  for (const auto& op : change.ops) {
    TRY(check_op(op, limits));
    TRY(check_refs(op, change, seq, limits));
    seq += op.span();
    if (seq > kSeqMax) return malformed("its place is out of range");
    if (op.content_bytes > 0 && is_wiped(op.object)) {
      if (!op.content.empty()) return malformed("erased content is still there");
      continue;
    }
    if (op.content.size() != op.content_bytes) return malformed("content of another length");
    if (is_known(op.kind, op.action) && !check_content(op)) {
      return malformed("content does not fit its kind");
    }
  }
  return {};
}

}  // namespace holm::crdt
