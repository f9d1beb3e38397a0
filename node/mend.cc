#include "node/mend.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/wire.h"
#include "crdt/columns.h"
#include "crypto/sign.h"
#include "node/aside.h"
#include "node/graft.h"
#include "node/verify.h"
#include "store/salvage.h"
#include "work/members/membership.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/when.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::string_view kMended = "mended";    // when -> [told, lines]
constexpr std::string_view kOwnLogs = "own_log";  // space -> log this device writes
// Derived from the logs, like merged state.
constexpr std::string_view kDerived[] = {"text_history", "marked_text"};

constexpr std::string_view kMaking = ".mending";
constexpr std::string_view kMade = ".mended-";
constexpr std::string_view kDamaged = ".damaged-";

std::string stamp_of(WallTime at) {
  std::string out;
  for (const char c : work::rfc3339(at)) {
    if (c >= '0' && c <= '9') out += c;
    if (c == 'T') out += c;
    if (c == '.' || c == 'Z') break;
  }
  return out;
}

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// Clears what an interrupted mending left, or ends it: a store that was made whole takes its
/// place.
Status settle_files(const ReplicaEnv& env) {
  auto& files = env.store_files();
  std::optional<std::string> made;
  const auto prefix = env.store_path + ".mend";
  for (const auto& path : TRY(files.beginning_with(prefix))) {
    if (path.starts_with(env.store_path + std::string(kMade))) {
      made = path;
    } else if (path.starts_with(env.store_path + std::string(kMaking))) {
      TRY(files.remove(path));
    }
  }
  if (!made) return {};
  const auto kept =
      env.store_path + std::string(kDamaged) + made->substr(env.store_path.size() + kMade.size());
  if (TRY(files.exists(env.store_path))) TRY(files.keep_as(env.store_path, kept));
  // Its log goes before the new file comes, which it does not belong to.
  for (const auto* part : {"-wal", "-journal"}) {
    if (TRY(files.exists(env.store_path + part))) {
      TRY(files.rename(env.store_path + part, kept + part));
    }
  }
  return files.rename(*made, env.store_path);
}

/// Puts a new store together from what was salvaged.
class Remaking {
 public:
  Remaking(const ReplicaEnv& env, const TeamId& team, store::Salvaged found)
      : env_(env), team_(team), found_(std::move(found)) {}

  /// Leaves a whole store, closed, at the path of `env`.
  Status run(const Error& why) {
    replica_ = TRY(Replica::open(env_, team_));
    TRY(replica_->begin());
    auto filled = fill(why);
    if (!filled) {
      replica_->rollback();
      return filled;
    }
    TRY(replica_->commit());
    TRY(replica_->catch_up());
    replica_.reset();
    return {};
  }

 private:
  store::Store& store() { return replica_->store(); }
  store::Logs& logs() { return replica_->store().logs(); }

  Status fill(const Error& why) {
    for (const auto& fact : found_.facts) {
      if (fact.group == kOwnLogs) continue;
      if (std::find(std::begin(kDerived), std::end(kDerived), fact.group) != std::end(kDerived)) {
        continue;
      }
      TRY(store().facts().put(fact.group, fact.key, fact.value));
    }
    TRY(keep_membership());
    // Membership first: it names the rooms.
    TRY(place_logs());
    TRY(replica_->settle_forks());
    TRY(deliver());
    TRY(place_logs());
    TRY(keep_unplaced());
    TRY(deliver());
    // Of what was erased, a page that nothing leads to any more may have held content.
    TRY(replica_->erase_again());
    TRY(store().put_back(found_));
    for (const auto& fact : found_.facts) {
      const auto log = fact.group == kOwnLogs ? LogId::from(fact.value) : std::nullopt;
      if (!log || !whole_.contains(*log)) continue;
      // One that waits for what others are asked for can't be written behind what waits.
      const auto info = TRY(logs().find(*log));
      if (info && info->applied_seq == info->stored_seq) {
        TRY(store().facts().put(kOwnLogs, fact.key, fact.value));
      }
    }
    return note_mending(*replica_, {env_.now(), false, sentences(why)});
  }

  /// Membership as it was merged, beside what the logs give: without it there is no key to the
  /// team, and nobody to ask. Each op says for itself whether it is right.
  Status keep_membership() {
    for (const auto& state : found_.states) {
      const auto* content = state.value(work::membership_op::kOp);
      const auto value = content != nullptr ? decode_value(*content) : Result<Value>(Value());
      const auto* op = value ? value->as_bytes() : nullptr;
      if (op == nullptr || members::op_hash(*op).bytes != state.id.bytes) continue;
      TRY(store().facts().put(kKeptMembership, state.id.view(), *op));
    }
    return replica_->load_membership();
  }

  /// All that can be, so that names are known.
  Status deliver() {
    do {
      for (const auto& space : TRY(logs().spaces())) {
        while (TRY(replica_->deliver_all(space))) {
        }
      }
    } while (replica_->take_membership_changed());
    return {};
  }

  Status place_logs() {
    auto spaces = found_.spaces;
    for (const auto& space : replica_->spaces()) spaces.insert(space);
    for (const auto& [log, parts] : found_.parts) {
      if (!placed_.contains(log)) TRY(place(log, parts, spaces));
    }
    return {};
  }

  using Parts = std::multimap<std::uint64_t, store::LogPart>;

  /// Appends of a log what goes on from its start without a hole, then its branches, and keeps the
  /// rest aside.
  Status place(const LogId& log, const Parts& parts, const std::set<SpaceId>& spaces) {
    std::optional<SpaceId> space;
    std::optional<members::DeviceCertificate> certificate;
    const auto [first, last] = parts.equal_range(1);
    for (auto part = first; part != last && !space; ++part) {
      const auto changes = TRY(crdt::decode_columns(part->second.body));
      auto decoded = members::decode_certificate(changes.front().certificate, team_);
      const auto digests = digests_of(changes);
      if (!decoded || digests.empty()) continue;
      for (const auto& candidate : spaces) {
        auto hash = crdt::chain_start(candidate, log);
        for (const auto& digest : digests) hash = crdt::chain_next(hash, digest);
        if (hash != part->second.end) continue;
        space = candidate;
        certificate = std::move(*decoded);
      }
    }
    if (!space) return {};
    placed_.insert(log);
    TRY(logs().create(log, *space, certificate->device, certificate->member));
    std::set<const store::LogPart*> used;
    while (const auto part = TRY(append_next(log, parts))) used.insert(part);
    // Of a forked log that was one path of several.
    for (const auto& [seq, part] : parts) {
      if (!used.contains(&part)) TRY(put_aside(store(), log, seq, part));
    }
    TRY(keep_heads(log));
    TRY(replica_->attach_kept(*space, log, env_.now()));
    const bool is_own = certificate->device == env_.identity.device();
    if (is_own) TRY(seal_ends(*space, log));
    const auto row = found_.rows.find(log);
    const auto kept = TRY(aside_of(store(), log));
    const auto tree = TRY(logs().tree(log));
    auto known = std::max(kept.last, row != found_.rows.end() ? row->second.stored_seq : 0);
    std::uint64_t reached = 0;
    for (const auto& info : tree) {
      TRY(logs().vouch(info.log));
      reached = std::max(reached, info.stored_seq);
    }
    const auto missing = std::max(known > reached ? known - reached : 0, kept.ops);
    if (missing > 0) {
      cut_.push_back({certificate->member, is_own, missing});
    } else if (row != found_.rows.end() && !row->second.frozen && tree.size() == 1) {
      whole_.insert(log);
    }
    return {};
  }

  /// Of the first changes of a log, which declare all salts they need; none when they do not.
  static std::vector<Digest> digests_of(const std::vector<crdt::Change>& changes) {
    std::map<ObjectId, Salt> declared;
    const crdt::SaltLookup salts = [&](const LogId&, const ObjectId& object) {
      const auto known = declared.find(object);
      return known != declared.end() ? std::optional(known->second) : std::nullopt;
    };
    std::vector<Digest> out;
    for (const auto& change : changes) {
      for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
      const auto digest = crdt::change_digest(change, salts);
      if (!digest) return {};
      out.push_back(*digest);
    }
    return out;
  }

  /// Appends the longest part that goes on where a log ends. The part; none at a hole.
  Result<const store::LogPart*> append_next(const LogId& log, const Parts& parts) {
    const auto end = end_of(*TRY(logs().find(log)));
    const auto [first, last] = parts.equal_range(end.seq + 1);
    std::vector<store::StoredChange> best;
    const store::LogPart* out = nullptr;
    for (auto part = first; part != last; ++part) {
      auto fits = TRY(going_on(logs(), log, end, TRY(crdt::decode_columns(part->second.body)),
                               part->second.end));
      if (fits.size() <= best.size()) continue;
      best = std::move(fits);
      out = &part->second;
    }
    if (out != nullptr) TRY(logs().append(log, best, env_.now()));
    return out;
  }

  Status keep_heads(const LogId& log) {
    const auto heads = found_.heads.find(log);
    if (heads == found_.heads.end()) return {};
    for (const auto& item : heads->second) TRY(put_aside(store(), item.second));
    return {};
  }

  /// This device's own log may be sealed where it broke off: it did stand there.
  Status seal_ends(const SpaceId& space, const LogId& log) {
    for (const auto& info : TRY(logs().tree(log))) {
      if (info.frozen || info.stored_seq == info.sealed_seq) continue;
      const auto last = TRY(logs().at(info.log, info.stored_seq));
      crdt::Head head{.log = log,
                      .seq = info.stored_seq,
                      .hash = info.stored_hash,
                      .membership = last->change.membership,
                      .time = last->change.time,
                      .signature = {}};
      const auto signature =
          crypto::sign(env_.identity.signing, kHeadLabel, crdt::signed_bytes(space, head));
      head.signature = *crdt::Signature::from(signature.view());
      TRY(logs().seal(info.log, head));
    }
    return {};
  }

  /// Logs whose beginning is lost, and branches of which nothing can be read.
  Status keep_unplaced() {
    for (const auto& [log, parts] : found_.parts) {
      if (placed_.contains(log)) continue;
      ++unplaced_;
      for (const auto& [seq, part] : parts) TRY(put_aside(store(), log, seq, part));
      TRY(keep_heads(log));
    }
    TRY(replica_->settle_forks());
    for (const auto& [log, row] : found_.rows) {
      if (found_.parts.contains(log) || row.stored_seq == 0) continue;
      const auto info = TRY(logs().find(log));
      if (!info) {
        ++unplaced_;
      } else if (info->stored_seq < row.stored_seq) {
        const bool is_own = info->device == env_.identity.device();
        cut_.push_back({info->member, is_own, row.stored_seq - info->stored_seq});
      }
    }
    return {};
  }

  std::vector<std::string> sentences(const Error& why) {
    std::vector<std::string> out;
    out.push_back("the store was damaged (" + reason(why) + "); it was made anew from its logs");
    for (const auto& log : cut_) {
      const auto whose = log.is_own ? "this device"
                                    : "a device of " + work::name_of(replica_->state(), log.member);
      out.push_back(
          "of what " + whose + " wrote, " +
          counted(log.ops, "edit cannot be read or waits", "edits cannot be read or wait") +
          " for what cannot: teammates' devices are asked for " + (log.ops == 1 ? "it" : "them"));
      if (log.is_own) {
        out.push_back("this device goes on in a log of its own, so that its two halves fit");
      }
    }
    if (unplaced_ > 0) {
      out.push_back(counted(unplaced_, "log", "logs") +
                    " cannot be read from the beginning: teammates' devices are asked for " +
                    (unplaced_ == 1 ? "it" : "them"));
    }
    return out;
  }

  /// What is in brackets of "the store is damaged (page 7 ...)"; else all of it.
  static std::string reason(const Error& why) {
    const auto open = why.what.find('(');
    if (open == std::string::npos || !why.what.ends_with(')')) return why.what;
    return why.what.substr(open + 1, why.what.size() - open - 2);
  }

  struct Cut {
    MemberId member;
    bool is_own = false;
    std::uint64_t ops = 0;
  };

  ReplicaEnv env_;
  TeamId team_;
  store::Salvaged found_;
  std::unique_ptr<Replica> replica_;
  std::set<LogId> placed_;
  std::set<LogId> whole_;
  std::vector<Cut> cut_;
  std::uint64_t unplaced_ = 0;
};

/// Makes a whole store beside the damaged one, under a name that says that it is whole.
Status remake(const ReplicaEnv& env, const TeamId& team, const Error& why) {
  auto& files = env.store_files();
  TRY(settle_files(env));
  auto found = TRY(store::salvage({env.store_path, env.vfs, {}, {}, env.store_key.get(), &env.rng},
                                  work::kMembershipOp));
  auto beside = env;
  beside.store_path += kMaking;
  beside.witness = {};
  beside.segments = nullptr;  // they are those of the damaged one, and of what takes its place
  auto made = Remaking(beside, team, std::move(found)).run(why);
  if (made && TRY(files.exists(beside.store_path + "-wal"))) {
    made = fail(Code::failed, "the store that was made anew could not be closed");
  }
  if (made) {
    made =
        files.rename(beside.store_path, env.store_path + std::string(kMade) + stamp_of(env.now()));
  }
  if (!made) {
    // What is half made takes room that may be what was missing.
    for (const auto* part : {"", "-wal", "-journal"}) {
      (void)files.remove(beside.store_path + part).has_value();
    }
    auto error = made.error();
    error.what = "the store is damaged and could not be made anew: " + error.what;
    error.safe = "the damaged file is as it was";
    return fail(std::move(error));
  }
  return {};
}

Bytes key_of(WallTime at) {
  const auto ms = static_cast<std::uint64_t>(at.time_since_epoch().count());
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(ms >> shift));
  return out;
}

void tell(const ReplicaEnv& env, const std::vector<Mending>& all) {
  if (all.empty()) return;
  std::string line;
  for (const auto& sentence : all.back().lines) line += (line.empty() ? "" : "; ") + sentence;
  env.log.write(Level::warn, line);
}

}  // namespace

Result<std::unique_ptr<Replica>> open_whole(const ReplicaEnv& env, const TeamId& team) {
  TRY(settle_files(env));
  auto opened = Replica::open(env, team);
  if (opened || !store::is_damage(opened.error())) return opened;
  // An empty place is no damage; whatever cannot be salvaged says so itself.
  const auto why = opened.error();
  TRY(remake(env, team, why));
  TRY(settle_files(env));
  auto replica = TRY(Replica::open(env, team));
  tell(env, TRY(mendings(*replica)));
  return replica;
}

Status mend(Replica& replica, const Error& why) {
  const auto& env = replica.env();
  TRY(remake(env, replica.team(), why));
  TRY(replica.reopen([&] { return settle_files(env); }));
  tell(env, TRY(mendings(replica)));
  return {};
}

Result<std::vector<Mending>> mendings(Replica& replica) {
  std::vector<Mending> out;
  for (const auto& [key, bytes] : TRY(replica.store().facts().all(kMended))) {
    std::uint64_t ms = 0;
    for (const auto byte : key) ms = ms << 8 | byte;
    const auto value = TRY(decode_value(bytes));
    Mending one;
    one.at = WallTime(Millis(static_cast<std::int64_t>(ms)));
    one.is_told = value["told"].flag();
    for (const auto& line : value["lines"].items()) one.lines.emplace_back(line.text());
    out.push_back(std::move(one));
  }
  return out;
}

Status note_mending(Replica& replica, const Mending& mending) {
  Value lines = Value::array();
  for (const auto& line : mending.lines) lines.push(line);
  return replica.store().facts().put(
      kMended, key_of(mending.at),
      encode(Value::object().set("told", mending.is_told).set("lines", std::move(lines))));
}

Status settle_mendings(Replica& replica, bool is_well) {
  const auto all = TRY(mendings(replica));
  if (all.empty() && !is_well) return {};
  if (!all.empty()) {
    TRY(replica.begin());
    const auto settle = [&]() -> Status {
      for (auto mending : all) {
        if (is_well) {
          TRY(replica.store().facts().remove(kMended, key_of(mending.at)));
        } else {
          mending.is_told = true;
          TRY(note_mending(replica, mending));
        }
      }
      return {};
    };
    if (auto settled = settle(); !settled) {
      replica.rollback();
      return settled;
    }
    TRY(replica.commit());
  }
  return is_well ? drop_damaged(replica.env()) : Status();
}

Status drop_damaged(const ReplicaEnv& env) {
  auto& files = env.store_files();
  for (const auto& path : TRY(files.beginning_with(env.store_path + std::string(kDamaged)))) {
    TRY(files.remove(path));
  }
  return {};
}

}  // namespace holm::node
