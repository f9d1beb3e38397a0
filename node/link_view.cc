#include "node/link_view.h"

namespace holm::node {
namespace members = work::members;
namespace {

// Late work of one device in one space: a year of a busy person, and no way to fill disks.
constexpr std::size_t kLateChangesMax = 50'000;

}  // namespace

LinkView::Footing LinkView::look(const members::Device* device) {
  const auto& roster = replica_.roster();
  if (device != nullptr && !roster.authorised(device->id)) {
    them = device->member;
    may_read = false;
    hears = device->id;
    return Footing::they_left;
  }
  if (device == nullptr) return Footing::unknown;
  them = device->member;
  if (!roster.authorised(replica_.self_device())) {
    if (!replica_.has_entered()) return Footing::unknown;
    may_read = false;
    hands = replica_.self_device();
    return Footing::we_left;
  }
  hears.reset();
  if (is_told) return Footing::we_left;
  hands.reset();
  may_read = true;
  return Footing::open;
}

void LinkView::on_told_removed(const members::Device* device) {
  if (device != nullptr) them = device->member;
  is_told = true;
  may_read = false;
  hands = replica_.self_device();
}

Result<LinkView::Taking> LinkView::sift(sync::Delta& delta) const {
  const auto how = may_read && !hears ? access(delta.space) : Access::all;
  if (how == Access::none || how == Access::ours) return Taking::left;
  // Who does not know yet that this device was removed sends as to anybody.
  if (hands && !hears && delta.space != replica_.trust()) return Taking::left;
  if (hears || how == Access::theirs) {
    return TRY(heard_of(delta)) ? Taking::taken : Taking::too_much;
  }
  return may_read || delta.space == replica_.trust() ? Taking::taken : Taking::refused;
}

/// Leaves of a delta of a removed device what it wrote itself, and all of membership. False when
/// that is too much.
Result<bool> LinkView::heard_of(sync::Delta& delta) const {
  if (delta.space == replica_.trust()) return true;
  const auto& logs = replica_.store().logs();
  // Of a removed device its own logs; of a member who was taken out of a room theirs.
  const auto is_late_log = [&](const LogId& log) -> Result<bool> {
    return hears ? is_of(hears, log) : is_of_member(them, log);
  };
  std::size_t held = 0;
  for (const auto& [log, seqs] : TRY(logs.marked(delta.space, crdt::Mark::held))) {
    if (TRY(is_late_log(log))) held += seqs.size();
  }
  std::vector<sync::Range> theirs;
  for (auto& range : delta.ranges) {
    bool is_theirs = TRY(is_late_log(range.head.log));
    if (!range.changes.empty() && !TRY(logs.find(range.head.log))) {
      const auto certificate =
          members::decode_certificate(range.changes.front().certificate, replica_.team());
      is_theirs =
          certificate && (hears ? certificate->device == *hears : certificate->member == them);
    }
    if (!is_theirs) continue;
    held += range.changes.size();
    theirs.push_back(std::move(range));
  }
  delta.ranges = std::move(theirs);
  return held <= kLateChangesMax;
}

}  // namespace holm::node
