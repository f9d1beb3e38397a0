// Resolution in the shape of TRUST.md 2: an op's verdict is judged against the resolution of its
// own past and never revised; what counts is then laid over each other in an order that depends on
// the set alone. A role is the best grant left after every counting reduction that the grant had
// not seen. Ages of authority (firm and contestable reductions) belong to the full rules.
#include "work/members/roster.h"

#include <algorithm>
#include <memory>

#include "base/ensure.h"

namespace holm::work::members {
namespace {

constexpr std::size_t kInvitesUsesMax = 1000;

struct Node {
  ShortHash hash;
  Op op;
  std::uint64_t depth = 0;
  std::vector<std::size_t> parents;
  std::vector<bool> past;  ///< by index; parents before children, so a prefix suffices
  bool counts = false;
};

class Resolver {
 public:
  Resolver(const TeamId& team, std::span<const Bytes> encoded, Verified& verified)
      : team_(team), verified_(verified) {
    load(encoded);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].counts = verdict(i);
    }
  }

  Roster result() {
    std::vector<bool> all(nodes_.size(), true);
    return lay(all);
  }

 private:
  /// Keeps the ops whose whole past is here, parents first, ties by (depth, hash).
  void load(std::span<const Bytes> encoded) {
    std::map<ShortHash, Op> ops;
    for (const auto& bytes : encoded) {
      auto op = decode_op(bytes);
      if (op && op->team == team_) ops.emplace(op_hash(bytes), std::move(*op));
    }
    std::map<ShortHash, std::uint64_t> depth;
    std::vector<ShortHash> ready;
    std::map<ShortHash, std::size_t> missing;
    std::map<ShortHash, std::vector<ShortHash>> children;
    for (const auto& [hash, op] : ops) {
      std::size_t known = 0;
      for (const auto& parent : op.past) known += ops.contains(parent) ? 1 : 0;
      if (known != op.past.size()) continue;
      for (const auto& parent : op.past) children[parent].push_back(hash);
      missing[hash] = op.past.size();
      if (op.past.empty()) ready.push_back(hash);
    }
    std::vector<std::pair<std::uint64_t, ShortHash>> order;
    for (std::size_t next = 0; next < ready.size(); ++next) {
      const auto hash = ready[next];
      std::uint64_t deepest = 0;
      for (const auto& parent : ops.at(hash).past) deepest = std::max(deepest, depth[parent]);
      depth[hash] = deepest + 1;
      order.emplace_back(depth[hash], hash);
      for (const auto& child : children[hash]) {
        if (--missing[child] == 0) ready.push_back(child);
      }
    }
    std::sort(order.begin(), order.end());
    std::map<ShortHash, std::size_t> index;
    for (const auto& [level, hash] : order) {
      Node node;
      node.hash = hash;
      node.op = ops.at(hash);
      node.depth = level;
      node.past.assign(order.size(), false);
      for (const auto& parent : node.op.past) {
        const auto at = index.at(parent);
        node.parents.push_back(at);
        node.past[at] = true;
        for (std::size_t i = 0; i < at; ++i) {
          if (nodes_[at].past[i]) node.past[i] = true;
        }
      }
      index[hash] = nodes_.size();
      nodes_.push_back(std::move(node));
    }
  }

  /// Resolution of the past of op `i`, shared by all ops with the same past.
  const Roster& before(std::size_t i) {
    auto& slot = memo_[nodes_[i].op.past];
    if (!slot) slot = std::make_unique<Roster>(lay(nodes_[i].past));
    return *slot;
  }

  bool verdict(std::size_t i) {
    const auto& op = nodes_[i].op;
    if (op.kind == OpKind::create) return founds(nodes_[i]);
    if (op.past.empty()) return false;
    const Roster& known = before(i);
    const auto* device = known.device(op.device);
    if (device == nullptr || device->dropped || device->member != op.author) return false;
    if (!is_signed(nodes_[i], device->signing)) return false;
    const Role role = known.role(op.author);
    if (role < Role::guest) return false;
    switch (op.kind) {
      case OpKind::create: return false;
      case OpKind::grant: return may_grant(known, nodes_[i], role);
      case OpKind::reduce: return may_reduce(known, op, role);
      case OpKind::extend: return role >= Role::admin;
      case OpKind::add_device: {
        const auto& certificate = certificate_of(nodes_[i]);
        return certificate && certificate->member == op.author;
      }
      case OpKind::drop_device: {
        const auto* target = known.device(op.dropped);
        return target != nullptr && (target->member == op.author ||
                                     (role >= Role::admin && known.role(target->member) <= role));
      }
      case OpKind::invite:
        return role >= Role::member && op.role >= Role::guest &&
               (op.role <= Role::member || op.role <= role) && op.uses >= 1 &&
               op.uses <= kInvitesUsesMax && op.invite_psk.size() == 32;
      case OpKind::close_invite: {
        const auto found = known.invites.find(op.invite);
        return found != known.invites.end() &&
               (found->second.made_by == op.author || role >= Role::admin);
      }
      case OpKind::rekey: return role >= Role::admin && op.network_key.size() == 32;
      case OpKind::open_room: return role >= Role::member && !op.room.is_nil();
    }
    return false;  // a kind this program does not know
  }

  const std::optional<DeviceCertificate>& certificate_of(const Node& node) const {
    const auto known = verified_.certificates.find(node.hash);
    if (known != verified_.certificates.end()) return known->second;
    auto certificate = decode_certificate(node.op.certificate, team_);
    auto& out = verified_.certificates[node.hash];
    if (certificate) out = std::move(*certificate);
    return out;
  }

  bool is_signed(const Node& node, const crypto::VerifyKey& key) const {
    const auto [at, is_new] = verified_.ops.try_emplace(node.hash);
    if (is_new) {
      at->second = crypto::verify(key, kOpLabel, signed_bytes(node.op), node.op.signature);
    }
    return at->second;
  }

  bool founds(const Node& node) const {
    const auto& op = node.op;
    const auto& certificate = certificate_of(node);
    return op.past.empty() && certificate && certificate->member == op.author &&
           certificate->device == op.device && op.network_key.size() == 32 &&
           team_of(op) == team_ && is_signed(node, certificate->signing);
  }

  bool may_grant(const Roster& known, const Node& node, Role role) const {
    const auto& op = node.op;
    if (op.role <= known.role(op.target)) return false;  // a grant raises
    if (op.certificate.empty()) {                        // a promotion
      return role >= Role::admin && op.role <= role && known.person(op.target) != nullptr;
    }
    const auto& certificate = certificate_of(node);
    if (!certificate || certificate->member != op.target) return false;
    const auto found = known.invites.find(op.invite);
    if (found == known.invites.end()) return false;
    const auto& invite = found->second;
    if (invite.closed || invite.used >= invite.uses || op.role > invite.role) return false;
    if (op.time > invite.expires) return false;
    const auto [at, is_new] = verified_.joins.try_emplace(node.hash);
    if (is_new) {
      const auto proof = decode_join_proof(op.join_proof);
      at->second =
          proof && crypto::verify(invite.key, kJoinLabel,
                                  join_signed_bytes(team_, op.certificate, proof->handshake),
                                  proof->signature);
    }
    return at->second;
  }

  bool may_reduce(const Roster& known, const Op& op, Role role) const {
    const Role theirs = known.role(op.target);
    if (op.role >= theirs) return false;  // a reduction lowers
    if (op.author != op.target && (role < Role::admin || theirs > role)) return false;
    if (theirs < Role::owner) return true;
    const auto owners = std::count_if(known.people.begin(), known.people.end(),
                                      [](const auto& it) { return it.second.role == Role::owner; });
    return owners > 1;  // the last owner can neither leave nor be removed
  }

  /// What the counting ops of a causally closed set amount to.
  Roster lay(const std::vector<bool>& in_set) const {
    Roster out;
    out.team = team_;
    std::vector<bool> has_child(nodes_.size(), false);
    std::map<MemberId, std::vector<std::size_t>> grants;
    std::map<MemberId, std::vector<std::size_t>> reductions;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (i >= in_set.size() || !in_set[i]) continue;
      for (auto parent : nodes_[i].parents) has_child[parent] = true;
      if (!nodes_[i].counts) continue;
      apply(out, i, grants, reductions);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (i < in_set.size() && in_set[i] && !has_child[i]) out.frontier.push_back(nodes_[i].hash);
    }
    std::sort(out.frontier.begin(), out.frontier.end());
    for (auto& [member, person] : out.people) {
      person.role = Role::none;
      for (auto grant : grants[member]) {
        Role role = nodes_[grant].op.kind == OpKind::create ? Role::owner : nodes_[grant].op.role;
        for (auto reduction : reductions[member]) {
          if (!nodes_[grant].past[reduction]) role = std::min(role, nodes_[reduction].op.role);
        }
        person.role = std::max(person.role, role);
      }
    }
    std::sort(out.rooms.begin(), out.rooms.end());
    out.rooms.erase(std::unique(out.rooms.begin(), out.rooms.end()), out.rooms.end());
    return out;
  }

  void apply(Roster& out, std::size_t i, std::map<MemberId, std::vector<std::size_t>>& grants,
             std::map<MemberId, std::vector<std::size_t>>& reductions) const {
    const auto& op = nodes_[i].op;
    switch (op.kind) {
      case OpKind::create:
        out.team_name = op.team_name;
        out.network_keys.insert(out.network_keys.begin(), op.network_key);
        enter(out, nodes_[i], op.author);
        grants[op.author].push_back(i);
        break;
      case OpKind::grant: {
        if (!op.certificate.empty()) {
          auto& invite = out.invites[op.invite];
          if (invite.used >= invite.uses) break;  // used up by grants earlier in (depth, hash)
          ++invite.used;
          enter(out, nodes_[i], op.target);
        }
        grants[op.target].push_back(i);
        break;
      }
      case OpKind::reduce: reductions[op.target].push_back(i); break;
      case OpKind::add_device: add_device(out, nodes_[i]); break;
      case OpKind::drop_device: {
        const auto found = out.devices.find(op.dropped);
        if (found != out.devices.end()) found->second.dropped = true;
        break;
      }
      case OpKind::invite:
        out.invites[nodes_[i].hash] = {.id = nodes_[i].hash,
                                       .made_by = op.author,
                                       .role = op.role,
                                       .key = op.invite_key,
                                       .psk = op.invite_psk,
                                       .uses = op.uses,
                                       .used = 0,
                                       .expires = op.expires,
                                       .closed = false};
        break;
      case OpKind::close_invite: {
        const auto found = out.invites.find(op.invite);
        if (found != out.invites.end()) found->second.closed = true;
        break;
      }
      case OpKind::rekey: out.network_keys.insert(out.network_keys.begin(), op.network_key); break;
      case OpKind::open_room: out.rooms.push_back(op.room); break;
      case OpKind::extend: break;
    }
  }

  void enter(Roster& out, const Node& node, const MemberId& member) const {
    const auto& op = node.op;
    const auto& certificate = certificate_of(node);
    if (!certificate) return;
    auto [at, is_new] = out.people.try_emplace(member);
    if (is_new) {
      at->second = {.id = member,
                    .name = op.name,
                    .role = Role::none,
                    .joined = op.time,
                    .root = certificate->root};
    }
    add_device(out, node);
  }

  void add_device(Roster& out, const Node& node) const {
    const auto& certificate = certificate_of(node);
    if (!certificate) return;
    out.devices.try_emplace(certificate->device, Device{.id = certificate->device,
                                                        .member = certificate->member,
                                                        .label = certificate->label,
                                                        .signing = certificate->signing,
                                                        .exchange = certificate->exchange,
                                                        .dropped = false,
                                                        .added = node.op.time});
  }

  TeamId team_;
  Verified& verified_;
  std::vector<Node> nodes_;
  std::map<std::vector<ShortHash>, std::unique_ptr<Roster>> memo_;
};

}  // namespace

const Person* Roster::person(const MemberId& id) const {
  const auto found = people.find(id);
  return found == people.end() ? nullptr : &found->second;
}

const Device* Roster::device(const DeviceId& id) const {
  const auto found = devices.find(id);
  return found == devices.end() ? nullptr : &found->second;
}

const Device* Roster::device_by_key(const crypto::KexPublic& exchange) const {
  for (const auto& [id, device] : devices) {
    if (device.exchange == exchange) return &device;
  }
  return nullptr;
}

Role Roster::role(const MemberId& id) const {
  const auto* found = person(id);
  return found == nullptr ? Role::none : found->role;
}

bool Roster::authorised(const DeviceId& id) const {
  const auto* found = device(id);
  return found != nullptr && !found->dropped && role(found->member) >= Role::guest;
}

Roster resolve(const TeamId& team, std::span<const Bytes> ops, Verified& verified) {
  return Resolver(team, ops, verified).result();
}

Roster resolve(const TeamId& team, std::span<const Bytes> ops) {
  Verified verified;
  return resolve(team, ops, verified);
}

}  // namespace holm::work::members
