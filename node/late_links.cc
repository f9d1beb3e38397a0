// Links with devices that were removed, or whose people were taken out of a room: what they wrote
// before they knew is heard, and nothing is told to them (docs/decisions/0019-membership-rules.md).
#include "node/link.h"

namespace holm::node {
namespace members = work::members;
namespace {

// Late work of one device in one space: a year of a busy person, and no way to fill disks.
constexpr std::size_t kLateChangesMax = 50'000;

}  // namespace

/// What a removed device wrote before it knew is taken, to be held back: it lands in the tray. Its
/// membership ops may show that it was not removed after all.
void Links::hear_out(Link& link, const DeviceId& device) {
  if (!link.view->hears) {
    link.stage = LinkStage::late;
    link.device = device;
    link.view->may_read = false;
    link.view->hears = device;
    send(link, sync::Refused{Code::denied, std::string(kRemoved)});
  }
  link.peer.reoffer(*link.view);
}

/// The other side says that this device was removed: hands over what it wrote before, and no more.
void Links::on_removed(Link& link, const sync::Refused& refused) {
  const auto* device = link.replica->roster().device(link.said);
  if (device != nullptr && device->exchange == link.remote) link.view->them = device->member;
  link.stage = LinkStage::late;
  link.why = Error{refused.code, refused.why, "what you wrote here was handed over",
                   "an owner can let you in again"};
  link.view->may_read = false;
  link.view->hands = identity_.device();
  link.peer.reoffer(*link.view);
}

/// The other side has come to know better.
void Links::on_taken_back(Link& link) {
  link.why.reset();
  link.view->hands.reset();
  link.stage = LinkStage::membership_only;
  promote(link);
}

/// Takes nothing of a space that one side may not read, as far as is known here: asked for again
/// when membership says otherwise.
void Links::leave(Link& link, sync::Delta delta) {
  std::vector<sync::Ack::Have> have;
  for (const auto& range : delta.ranges) have.push_back({range.head.log, 0});
  if (auto noted = link.peer.on_delta(delta); !noted) {
    return close(link, net::GoodbyeReason::invalid, noted.error().what);
  }
  delta.ranges.clear();
  const auto nothing = crdt::space_digest({});
  link.peer.on_delta_durable(delta, std::move(have), nothing);
}

/// Leaves of a delta of a removed device what it wrote itself, and all of membership. False when
/// that is too much.
Result<bool> Links::heard_of(const Link& link, sync::Delta& delta) const {
  if (delta.space == link.replica->trust()) return true;
  const auto& logs = link.replica->store().logs();
  // Of a removed device its own logs; of a member who was taken out of a room theirs.
  const bool is_by_device = link.view->hears.has_value();
  const auto is_late = [&](const LogId& log) -> Result<bool> {
    return is_by_device ? link.view->is_of(link.view->hears, log)
                        : link.view->is_of_member(link.view->them, log);
  };
  std::size_t held = 0;
  for (const auto& [log, seqs] : TRY(logs.marked(delta.space, crdt::Mark::held))) {
    if (TRY(is_late(log))) held += seqs.size();
  }
  std::vector<sync::Range> theirs;
  for (auto& range : delta.ranges) {
    bool is_theirs = TRY(is_late(range.head.log));
    if (!range.changes.empty() && !TRY(logs.find(range.head.log))) {
      const auto certificate =
          members::decode_certificate(range.changes.front().certificate, link.replica->team());
      is_theirs = certificate && (is_by_device ? certificate->device == link.device
                                               : certificate->member == link.view->them);
    }
    if (!is_theirs) continue;
    held += range.changes.size();
    theirs.push_back(std::move(range));
  }
  delta.ranges = std::move(theirs);
  return held <= kLateChangesMax;
}

}  // namespace holm::node
