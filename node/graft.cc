#include "node/graft.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "crdt/chain.h"
#include "work/members/membership.h"

namespace holm::node {
namespace {

/// Every place of a tree behind op `seq`.
Result<std::vector<LogPlace>> places_behind(const store::Logs& logs,
                                            const std::vector<store::LogInfo>& tree,
                                            std::uint64_t seq) {
  std::vector<LogPlace> out;
  for (const auto& info : tree) {
    const bool is_start = seq == 0 && !info.is_branch();
    if (!is_start && (seq <= info.base_seq || seq > info.stored_seq)) continue;
    const auto hash = TRY(logs.hash_at(info.log, seq));
    if (!hash) continue;
    const auto last = seq > 0 ? TRY(logs.at(info.log, seq)) : std::optional<store::HeldChange>();
    out.push_back({info.log, seq, *hash, last ? last->change.lamport : 0});
  }
  return out;
}

}  // namespace

LogPlace end_of(const store::LogInfo& info) {
  return {info.log, info.stored_seq, info.stored_hash, info.stored_lamport};
}

Result<std::vector<store::StoredChange>> going_on(const store::Logs& logs, const LogId& root,
                                                  const LogPlace& from,
                                                  std::vector<crdt::Change> changes,
                                                  const Digest& end) {
  std::vector<store::StoredChange> out;
  auto hash = from.hash;
  auto next = from.seq + 1;
  auto lamport = from.lamport;
  std::map<ObjectId, Salt> declared;
  std::optional<Error> fault;
  const crdt::SaltLookup salts = [&](const LogId&, const ObjectId& object) -> std::optional<Salt> {
    if (const auto known = declared.find(object); known != declared.end()) return known->second;
    auto known = logs.salt(from.log, object);
    if (!known) fault = known.error();
    return known ? *known : std::nullopt;
  };
  for (auto& change : changes) {
    if (change.last_seq() < next) continue;
    const bool goes_on = change.seq == next && change.log == root && change.lamport >= lamport;
    if (!goes_on || !crdt::validate(change)) return std::vector<store::StoredChange>();
    for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
    const auto digest = crdt::change_digest(change, salts);
    if (fault) return fail(*fault);
    if (!digest) return std::vector<store::StoredChange>();
    hash = crdt::chain_next(hash, *digest);
    next = change.last_seq() + 1;
    lamport = change.lamport;
    out.push_back({std::move(change), hash, crdt::Mark::valid});
  }
  if (hash != end) out.clear();
  return out;
}

Result<Parting> parting_of(const store::Logs& logs, const std::vector<store::LogInfo>& tree,
                           const LogId& start, std::uint64_t seq,
                           std::span<const store::StoredChange> changes) {
  Parting out;
  out.at = *std::find_if(tree.begin(), tree.end(),
                         [&](const store::LogInfo& info) { return info.log == start; });
  out.seq = seq;
  for (; out.held < changes.size(); ++out.held) {
    const auto end = changes[out.held].change.last_seq();
    const auto& hash = changes[out.held].hash;
    const auto holds = [&](const store::LogInfo& info) -> Result<bool> {
      if (end <= info.base_seq || end > info.stored_seq) return false;
      return TRY(logs.hash_at(info.log, end)) == hash;
    };
    if (!TRY(holds(out.at))) {
      if (out.seq < out.at.stored_seq) break;
      const store::LogInfo* next = nullptr;
      for (const auto& info : tree) {
        if (info.is_branch() && info.parent == out.at.log && TRY(holds(info))) next = &info;
      }
      if (next == nullptr) break;
      out.at = *next;
    }
    out.seq = end;
  }
  return out;
}

Result<Branching> begin_branch(store::Logs& logs, const store::LogInfo& at, std::uint64_t seq,
                               const DeviceId& device, const MemberId& member,
                               std::span<const store::StoredChange> changes, WallTime now) {
  Branching out;
  if (seq < at.stored_seq) out.moved.push_back(TRY(logs.split(at.log, seq)));
  out.name = TRY(logs.add_branch(at.log, device, member, changes, now));
  return out;
}

Result<Grafted> graft(store::Logs& logs, const TeamId& team, const LogId& root,
                      const std::vector<crdt::Change>& changes, const Digest& end, WallTime now) {
  Grafted out;
  const auto tree = TRY(logs.tree(root));
  for (const auto& place : TRY(places_behind(logs, tree, changes.front().seq - 1))) {
    const auto fits = TRY(going_on(logs, root, place, changes, end));
    if (fits.empty()) continue;
    const auto parting = TRY(parting_of(logs, tree, place.log, place.seq, fits));
    out.is_held = true;
    const auto rest = std::span(fits).subspan(parting.held);
    if (rest.empty()) return out;
    const auto& at = parting.at;
    if (parting.seq == at.stored_seq && !at.frozen) {
      TRY(logs.append(at.log, rest, now));
      return out;
    }
    auto device = at.device;
    auto member = at.member;
    if (parting.seq == 0) {
      const auto certificate =
          work::members::decode_certificate(rest.front().change.certificate, team);
      if (!certificate) return Grafted();
      device = certificate->device;
      member = certificate->member;
    }
    out.is_branch = true;
    out.moved = TRY(begin_branch(logs, at, parting.seq, device, member, rest, now)).moved;
    return out;
  }
  return out;
}

}  // namespace holm::node
