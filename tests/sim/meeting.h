// Two devices of a team meet: what each lacks goes over to the other, by the sync machines and the
// views that links have (node/links.h), without a network between them. What Links adds is played
// here: who tells whom that they were removed, and what is taken of whom.
#pragma once

#include "node/link_view.h"

namespace holm::sim {

/// One side of a meeting.
struct Side {
  explicit Side(node::Replica& its_replica) : replica(its_replica), view(its_replica) {}

  node::Replica& replica;
  node::LinkView view;
  sync::Peer peer;
};

class Meeting {
 public:
  Meeting(node::Replica& one, node::Replica& other, WallTime now) : a_(one), b_(other), now_(now) {}

  /// Until neither side has anything to say. Errors: the stores'; limit when they never end;
  /// failed when one takes what the other sends for forged.
  Status run();
  /// The first device hands over a delta that the other never asked for, as no program that obeys
  /// rules would. Whether the other side took it in. Errors: the store's.
  Result<bool> thrust(sync::Delta delta);

 private:
  void promote(Side& here, Side& there);
  Status on_message(Side& here, Side& there, const sync::Message& message);
  Status on_delta(Side& here, Side& there, sync::Delta delta);
  Status end_turn(Side& here, Side& there);

  Side a_;
  Side b_;
  WallTime now_;
  std::size_t deltas_ = 0;
};

}  // namespace holm::sim
