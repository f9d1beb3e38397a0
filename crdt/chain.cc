#include "crdt/chain.h"

#include <algorithm>
#include <map>

#include "base/wire.h"
#include "crdt/object.h"
#include "crypto/hash.h"

namespace holm::crdt {
namespace {

constexpr std::uint64_t kChangeVersion = 1;
constexpr std::uint64_t kHeadVersion = 1;
constexpr std::size_t kHeadBytesMax = 128u << 10;

constexpr std::uint64_t kSeedFlag = 1;
constexpr std::uint64_t kFollowsOwnFlag = 2;

std::int64_t millis(WallTime time) { return time.time_since_epoch().count(); }

Bytes spelled(std::uint64_t number) { return Writer().uint(number).take(); }

/// Objects in the order in which ops name them first. Few are found by looking at all.
class ObjectTable {
 public:
  /// Its place, and whether it is new.
  std::pair<std::size_t, bool> add(const ObjectId& object) {
    if (!ids_.empty() && ids_.back() == object) return {ids_.size() - 1, false};
    if (ids_.size() < kFew) {
      const auto at = std::find(ids_.begin(), ids_.end(), object);
      if (at != ids_.end()) return {static_cast<std::size_t>(at - ids_.begin()), false};
      ids_.push_back(object);
      return {ids_.size() - 1, true};
    }
    if (index_.empty()) {
      for (std::size_t i = 0; i < ids_.size(); ++i) index_.emplace(ids_[i], i);
    }
    const auto [at, fresh] = index_.emplace(object, ids_.size());
    if (fresh) ids_.push_back(object);
    return {at->second, fresh};
  }
  const std::vector<ObjectId>& ids() const { return ids_; }

 private:
  static constexpr std::size_t kFew = 16;
  std::vector<ObjectId> ids_;
  std::map<ObjectId, std::size_t> index_;  ///< empty while there are few
};

template <class T>
const T* find_object(const std::vector<T>& sorted, const ObjectId& object) {
  const auto at =
      std::lower_bound(sorted.begin(), sorted.end(), object,
                       [](const T& item, const ObjectId& id) { return item.object < id; });
  return at != sorted.end() && at->object == object ? &*at : nullptr;
}

Result<Salt> salt_for(const Change& change, const ObjectId& object, const SaltLookup& salts) {
  if (const auto* own = find_object(change.salts, object)) return own->salt;
  const auto known = salts ? salts(change.log, object) : std::nullopt;
  if (!known) return fail(Code::corrupt, "the salt of an object's content is missing");
  return *known;
}

Digest content_digest(const Salt& salt, const Change& change, const ObjectId& object) {
  crypto::Hasher hasher("holm content v1");
  hasher.update(salt.view());
  for (const auto& op : change.ops) {
    if (op.object == object) hasher.update(op.content);
  }
  return hasher.finish();
}

Writer& write_membership(Writer& out, const std::vector<ShortHash>& membership) {
  out.array(membership.size());
  for (const auto& hash : membership) out.id(hash);
  return out;
}

}  // namespace

Bytes structure(const Change& change) {
  std::vector<LogId> logs;
  for (const auto& op : change.ops) {
    for (const auto& ref : op.refs) {
      if (ref.log != change.log) logs.push_back(ref.log);
    }
  }
  std::sort(logs.begin(), logs.end());
  logs.erase(std::unique(logs.begin(), logs.end()), logs.end());
  ObjectTable objects;
  for (const auto& op : change.ops) objects.add(op.object);

  Writer out;
  out.array(11).uint(kChangeVersion).id(change.log).uint(change.seq).uint(change.lamport);
  out.sint(millis(change.time));
  write_membership(out, change.membership);
  out.array(change.deps.size());
  for (const auto& dep : change.deps) out.array(3).id(dep.log).uint(dep.seq).id(dep.head);
  out.bytes(change.certificate);
  out.array(logs.size());
  for (const auto& log : logs) out.id(log);
  out.array(objects.ids().size());
  for (const auto& object : objects.ids()) out.id(object);
  out.array(change.ops.size());
  for (const auto& op : change.ops) {
    out.array(10).uint(objects.add(op.object).first).uint(op.type).uint(op.field);
    out.uint(static_cast<std::uint64_t>(op.kind)).uint(static_cast<std::uint64_t>(op.action));
    out.uint((op.seed ? kSeedFlag : 0) | (op.follows_own ? kFollowsOwnFlag : 0));
    out.array(op.refs.size());
    for (const auto& ref : op.refs) {
      std::size_t index = 0;  // this log
      if (ref.log != change.log) {
        index = 1 + static_cast<std::size_t>(std::lower_bound(logs.begin(), logs.end(), ref.log) -
                                             logs.begin());
      }
      out.array(2).uint(index).uint(ref.seq);
    }
    out.uint(op.pos).uint(op.len).uint(op.content_bytes);
  }
  return out.take();
}

Result<Digest> change_digest(const Change& change, const SaltLookup& salts) {
  // One hasher per object, so that a change of many objects is read once.
  struct Content {
    ObjectId object;
    const WipedOf* wiped = nullptr;
    std::optional<crypto::Hasher> hasher;
  };
  ObjectTable objects;
  std::vector<Content> contents;
  for (const auto& op : change.ops) {
    if (op.content_bytes == 0) continue;
    const auto [at, fresh] = objects.add(op.object);
    if (fresh) {
      Content one{op.object, find_object(change.wiped, op.object), {}};
      if (one.wiped == nullptr) {
        one.hasher.emplace("holm content v1");
        one.hasher->update(TRY(salt_for(change, op.object, salts)).view());
      }
      contents.push_back(std::move(one));
    }
    if (auto& hasher = contents[at].hasher) hasher->update(op.content);
  }
  crypto::Hasher out("holm change v1");
  out.part(structure(change));
  for (auto& content : contents) {
    const auto digest =
        content.wiped != nullptr ? content.wiped->content : content.hasher->finish();
    out.update(digest.view());
  }
  return out.finish();
}

Digest chain_start(const SpaceId& space, const LogId& log) {
  return crypto::hash("holm chain start v1", {space.view(), log.view()});
}

Digest chain_next(const Digest& before, const Digest& change) {
  return crypto::hash("holm chain v1", {before.view(), change.view()});
}

LogId fork_name(const LogId& log, std::uint64_t seq, const Digest& first_differing) {
  const auto digest =
      crypto::hash("holm fork v1", {log.view(), spelled(seq), first_differing.view()});
  return *LogId::from(digest.view().first(LogId::kBytes));
}

Result<bool> wipe(Change& change, const ObjectId& object, const SaltLookup& salts) {
  if (find_object(change.wiped, object) != nullptr) return false;
  const bool held = std::any_of(change.ops.begin(), change.ops.end(), [&](const Op& op) {
    return op.object == object && op.content_bytes > 0;
  });
  if (!held) return false;
  WipedOf mark{object, {}};
  mark.content = content_digest(TRY(salt_for(change, object, salts)), change, object);
  for (auto& op : change.ops) {
    if (op.object != object || op.content_bytes == 0) continue;
    if (op.seed) mark.seeds.push_back(seed_id(op).log);
    Bytes().swap(op.content);  // gives the memory back, too
  }
  std::erase_if(change.salts, [&](const SaltOf& salt) { return salt.object == object; });
  const auto at =
      std::lower_bound(change.wiped.begin(), change.wiped.end(), object,
                       [](const WipedOf& item, const ObjectId& id) { return item.object < id; });
  change.wiped.insert(at, std::move(mark));
  return true;
}

bool is_checkpoint(std::uint64_t before, std::uint64_t seq) {
  return seq / kCheckpointOps > before / kCheckpointOps;
}

Bytes signed_bytes(const SpaceId& space, const Head& head) {
  Writer out;
  out.array(8).text("holm head").uint(kHeadVersion).id(space).id(head.log).uint(head.seq);
  out.id(head.hash);
  write_membership(out, head.membership).sint(millis(head.time));
  return out.take();
}

Bytes encode(const Head& head) {
  Writer out;
  out.array(7).uint(kHeadVersion).id(head.log).uint(head.seq).id(head.hash);
  write_membership(out, head.membership).sint(millis(head.time)).id(head.signature);
  return out.take();
}

Result<Head> decode_head(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = kHeadBytesMax}));
  if (TRY(in.array()) < 1) return fail(Code::reject, "a head is malformed");
  if (TRY(in.uint()) != kHeadVersion) {
    return fail(Code::unsupported, "a head was made by a newer version");
  }
  Head head;
  head.log = TRY(in.id<LogId>());
  head.seq = TRY(in.uint(kSeqMax));
  head.hash = TRY(in.id<Digest>());
  const auto count = TRY(in.array());
  if (count > ChangeLimits{}.deps_max) return fail(Code::limit, "a head names too much");
  for (std::size_t i = 0; i < count; ++i) {
    head.membership.push_back(TRY(in.id<ShortHash>()));
    if (i > 0 && !(head.membership[i - 1] < head.membership[i])) {
      return fail(Code::reject, "a head's membership is not sorted");
    }
  }
  head.time = WallTime(Millis(TRY(in.sint())));
  head.signature = TRY(in.id<Signature>());
  TRY(in.end());
  // The reader walks nested arrays without closing them, so an array of another length shows here.
  if (encode(head) != Bytes(bytes.begin(), bytes.end())) {
    return fail(Code::reject, "a head is malformed");
  }
  return head;
}

Digest space_digest(std::vector<Position> accepted) {
  std::erase_if(accepted, [](const Position& position) { return position.seq == 0; });
  std::sort(accepted.begin(), accepted.end());
  Writer out;
  out.array(accepted.size());
  for (const auto& position : accepted) {
    out.array(3).id(position.log).uint(position.seq).id(position.hash);
  }
  return crypto::hash("holm space v1", out.view());
}

}  // namespace holm::crdt
