#include "tests/sim/keys.h"

#include <algorithm>

namespace holm::sim {
namespace members = work::members;
using members::EpochPlace;
using members::OpKind;

Status check_keys(World& world) {
  for (const auto& name : world.insiders()) {
    if (!world[name].is_up()) continue;
    for (const auto& [team, replica] : world[name].node().teams().all()) {
      for (const auto& [place, epochs] : replica->roster().epochs) {
        const auto& newest = epochs.front();
        const auto readers = replica->epochs().readers(place);
        const auto holders = replica->epochs().holders(newest);
        const bool reads = readers.contains(replica->self_device());
        const auto where = name + ", epoch " + newest.text().substr(0, 8);
        if (!std::includes(readers.begin(), readers.end(), holders.begin(), holders.end())) {
          return fail(Code::failed, "somebody has a key who may not read: " + where);
        }
        if (reads != (replica->epochs().key(newest) != nullptr)) {
          return fail(Code::failed, (reads ? "has no key: " : "has a key: ") + where);
        }
      }
      if (replica->epochs().due_at(replica->self_device(), replica->self(), WallTime{})) {
        return fail(Code::failed, "keys are due: " + name);
      }
    }
  }
  return {};
}

namespace {

struct Attack {
  std::set<Bytes> keys;
  bool is_any = true;

  void won(const Result<crypto::SecretKey32>& key) {
    if (key && keys.insert(to_bytes(key->reveal())).second) is_any = true;
  }
};

}  // namespace

std::set<Bytes> opened_with_all_keys_of(Host& attacker, node::Replica& from) {
  const auto& team = from.team();
  auto& theirs = *attacker.node().teams().find(team);
  Attack attack;
  for (const auto& [place, epochs] : theirs.roster().epochs) {
    for (const auto* key : theirs.epochs().known(place)) {
      attack.keys.insert(to_bytes(key->reveal()));
    }
  }
  const auto& exchange = theirs.env().identity.exchange;
  auto& trust = from.membership();
  std::vector<const members::Op*> ops;
  std::vector<Digest> commitments;
  for (const auto& hash : trust.key_ops()) {
    ops.push_back(trust.op(hash));
    if (ops.back()->kind == OpKind::rekey) commitments.push_back(ops.back()->keys.commitment);
  }
  while (std::exchange(attack.is_any, false)) {
    for (const auto* op : ops) {
      for (const auto& commitment : commitments) {
        for (const auto& box : op->keys.boxes) {
          // As if every box were theirs.
          attack.won(members::key_for(op->keys, team, commitment, box.device, {&exchange}));
        }
        const auto keys = attack.keys;
        for (const auto& bytes : keys) {
          const auto key = crypto::SecretKey32::from(bytes);
          if (!op->keys.under.sealed.empty()) {
            attack.won(members::open_key(*key, team, commitment, op->keys.under.sealed));
          }
          for (const auto& before : op->keys.earlier) {
            attack.won(members::open_key(*key, team, commitment, before.sealed));
          }
        }
      }
    }
  }
  return attack.keys;
}

}  // namespace holm::sim
