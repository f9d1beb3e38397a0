// What a link's sync machine reads of a replica (sync/peer.h). Threads: the loop's.
#pragma once

#include "node/replica.h"
#include "sync/peer.h"

namespace holm::node {

/// What a peer may read of a replica: what both sides' members may, or nothing while it is not
/// known to belong.
///
/// Of a room that one side's member was taken out of, what they wrote before they knew is still
/// heard by those who are in it: their own logs and nothing else.
///
/// Where one side was removed, as the other knows it, what it wrote before it knew is still heard:
/// membership, which may show that it was not removed after all, and its own logs. Who hears tells
/// nothing but how far those are held here; who was told that it is heard hands over nothing else.
class LinkView final : public sync::Shared {
 public:
  explicit LinkView(Replica& replica) : replica_(replica) {}
  bool may_read = false;
  bool may_learn = false;         ///< may read the trust space, and no other
  MemberId them;                  ///< whose device it is, once that is known
  std::optional<DeviceId> hears;  ///< theirs, removed as far as is known here
  std::optional<DeviceId> hands;  ///< ours, removed as they say or as we know
  bool is_told = false;           ///< they say so

  /// How the two sides stand, as membership has it here.
  enum class Footing : std::uint8_t {
    unknown,    ///< who the other side is, is not known
    open,       ///< both belong
    they_left,  ///< or were removed
    we_left,    ///< or were removed, and the other side may not know of it yet
  };
  /// Takes up how the device of the other side stands now; null: not known. They are told by
  /// whoever calls: that they were removed where `hears` is new, and that they were not where it is
  /// gone.
  Footing look(const work::members::Device* device);
  /// They say that this device was removed. `device`: as look().
  void on_told_removed(const work::members::Device* device);
  /// They have come to know better. look() again.
  void on_taken_back() {
    is_told = false;
    hands.reset();
  }

  bool is_late() const { return hears || hands; }
  std::vector<SpaceId> spaces() const override {
    // Membership first: who is not known yet may bring the ops that make it known.
    if (!may_read && !is_late()) return {replica_.trust()};
    auto out = replica_.all_spaces();
    std::erase_if(out, [&](const SpaceId& space) { return access(space) == Access::none; });
    return out;
  }
  /// How much of a space is between the two sides.
  enum class Access : std::uint8_t {
    none,
    ours,    ///< logs of this device's member alone, who was taken out
    theirs,  ///< logs of their member alone, who was
    all,
  };
  Access access(const SpaceId& space) const {
    if (space == replica_.trust()) return Access::all;
    if (hears) return replica_.has_space(space) ? Access::all : Access::none;
    const bool they_read = replica_.may_read(them, space);
    if (hands) return they_read ? Access::all : Access::none;
    const bool we_read = replica_.may_read(replica_.self(), space);
    if (we_read && they_read) return Access::all;
    if (we_read && was_in(them, space)) return Access::theirs;
    if (they_read && was_in(replica_.self(), space)) return Access::ours;
    return Access::none;
  }
  Result<Digest> digest(const SpaceId& space) const override {
    if (!is_whole(space)) return crdt::space_digest(TRY(positions(space)));
    return replica_.digest(space);
  }
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const override {
    const auto how = access(space);
    if (how == Access::none) return std::vector<crdt::Position>();
    auto out = TRY(replica_.positions(space));
    if (is_whole(space)) return out;
    std::vector<crdt::Position> heard;
    for (const auto& position : out) {
      const bool is_heard =
          is_late() ? TRY(is_of(hears, position.log)) ||
                          (may_hand_over(space) && TRY(is_of(hands, position.log)))
                    : TRY(is_of_member(how == Access::ours ? replica_.self() : them, position.log));
      if (is_heard) heard.push_back(position);
    }
    return heard;
  }
  Result<Digest> held_digest(const SpaceId& space) const override {
    if (!is_whole(space)) return digest(space);
    return replica_.held_digest(space);
  }
  Result<bool> knows(const crdt::Position& place) const override { return replica_.knows(place); }
  Result<std::optional<sync::Range>> next_range(
      const LogId& log, const std::vector<crdt::Position>& theirs) const override {
    if (!TRY(may_send(log))) return std::optional<sync::Range>();
    return replica_.next_range(log, theirs);
  }
  Result<std::vector<crdt::Position>> places(const LogId& log) const override {
    // Who is heard is told how far their logs are held, of a forked one as well.
    const bool may_tell = TRY(may_send(log)) || TRY(is_of(hears, log));
    if (!may_tell) return std::vector<crdt::Position>();
    return replica_.places(log);
  }
  Result<std::vector<crdt::Position>> furthest(std::vector<crdt::Position> held) const override {
    return replica_.furthest(std::move(held));
  }
  /// What becomes of a delta of theirs.
  enum class Taking : std::uint8_t {
    taken,     ///< all that is left of it is taken in
    left,      ///< nothing is: one side may not read the space, as far as is known here
    too_much,  ///< late work beyond all measure
    refused,   ///< only membership is taken from strangers
  };
  /// Leaves of it what may be taken: of a device that was removed, or a member who was taken out of
  /// the room, what they wrote themselves. Errors: the store's.
  Result<Taking> sift(sync::Delta& delta) const;
  /// Whether a log is held and is of this device.
  Result<bool> is_of(const std::optional<DeviceId>& device, const LogId& log) const {
    if (!device) return false;
    const auto info = TRY(replica_.store().logs().find(log));
    return info && info->device == *device;
  }
  Result<bool> is_of_member(const MemberId& member, const LogId& log) const {
    const auto info = TRY(replica_.store().logs().find(log));
    return info && info->member == member;
  }
  /// Whether all is here that the other side may bring. Membership differs for good.
  bool is_heard(const sync::Peer& peer) const {
    const auto membership = peer.has_all_of_theirs(replica_.trust(), *this);
    return membership && *membership && peer.in_sync_in(replica_.rooms_and_commons(), *this);
  }

 private:
  Result<bool> heard_of(sync::Delta& delta) const;
  /// Whether what this device wrote in a space before it was removed may go to the other side: not
  /// where that was removed as well, or does not read there.
  bool may_hand_over(const SpaceId& space) const {
    return !hears && replica_.may_read(them, space);
  }
  /// Whether nothing of a space is kept from the other side.
  bool is_whole(const SpaceId& space) const {
    if (is_late()) return space == replica_.trust();
    return access(space) == Access::all;
  }
  /// Whether somebody may have written in a space where they do not read any more.
  bool was_in(const MemberId& member, const SpaceId& space) const {
    const auto* room = replica_.roster().room(space);
    return room != nullptr && room->lowered.contains(member);
  }
  Result<bool> may_send(const LogId& log) const {
    if (is_late() ? !hands : !may_read && !may_learn) return false;
    const auto info = TRY(replica_.store().logs().find(log));
    if (!info) return false;
    if (info->space == replica_.trust()) return true;
    if (is_late()) return info->device == *hands && may_hand_over(info->space);
    if (!may_read) return false;
    switch (access(info->space)) {
      case Access::none: return false;
      case Access::ours: return info->member == replica_.self();
      case Access::theirs: return info->member == them;
      case Access::all: return true;
    }
    return false;
  }

  Replica& replica_;
};

}  // namespace holm::node
