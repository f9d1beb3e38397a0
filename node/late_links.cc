// Links with devices that were removed, or whose people were taken out of a room: what they wrote
// before they knew is heard, and nothing is told to them (docs/decisions/0019-membership-rules.md).
#include "node/link.h"

namespace holm::node {

/// What a removed device wrote before it knew is taken, to be held back: it lands in the tray. Its
/// membership ops may show that it was not removed after all.
void Links::hear_out(Link& link, const DeviceId& device, bool is_new) {
  if (is_new) {
    link.stage = LinkStage::late;
    link.device = device;
    send(link, sync::Refused{Code::denied, std::string(kRemoved)});
  }
  link.peer.reoffer(*link.view);
}

/// The other side says that this device was removed: hands over what it wrote before, and no more.
void Links::on_removed(Link& link, const sync::Refused& refused) {
  const auto* device = link.replica->roster().device(link.said);
  if (device != nullptr && device->exchange != link.remote) device = nullptr;
  link.view->on_told_removed(device);
  link.stage = LinkStage::late;
  link.why = Error{refused.code, refused.why, "what you wrote here was handed over",
                   "an owner can let you in again"};
  link.peer.reoffer(*link.view);
}

/// The other side has come to know better.
void Links::on_taken_back(Link& link) {
  link.why.reset();
  link.view->on_taken_back();
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

}  // namespace holm::node
