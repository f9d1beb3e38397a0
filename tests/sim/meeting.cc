#include "tests/sim/meeting.h"

#include <set>

namespace holm::sim {
namespace {

constexpr std::size_t kRoundsMax = 2'000;

}  // namespace

Status Meeting::run() {
  promote(a_, b_);
  promote(b_, a_);
  for (std::size_t round = 0; round < kRoundsMax; ++round) {
    bool is_quiet = true;
    for (auto* here : {&a_, &b_}) {
      auto& there = here == &a_ ? b_ : a_;
      const auto message = TRY(here->peer.poll(here->view));
      if (!message) continue;
      is_quiet = false;
      TRY(on_message(there, *here, *message));
    }
    if (is_quiet) return {};
  }
  return fail(Code::limit, "two devices never end talking to each other");
}

/// As Links::promote().
void Meeting::promote(Side& here, Side& there) {
  const auto* device = here.replica.roster().device(there.replica.self_device());
  const bool was_heard = here.view.hears.has_value();
  const auto footing = here.view.look(device);
  if (footing == node::LinkView::Footing::they_left) {
    if (!was_heard) {
      there.view.on_told_removed(there.replica.roster().device(here.replica.self_device()));
      there.peer.reoffer(there.view);
    }
    return here.peer.reoffer(here.view);
  }
  if (footing == node::LinkView::Footing::open && was_heard && there.view.hands) {
    there.view.on_taken_back();
    promote(there, here);
  }
  here.peer.refresh(here.view);
}

Status Meeting::on_message(Side& here, Side& there, const sync::Message& message) {
  if (const auto* summary = std::get_if<sync::Summary>(&message)) {
    return here.peer.on_summary(*summary, here.view);
  }
  if (const auto* vector = std::get_if<sync::Vector>(&message)) {
    TRY(here.peer.on_vector(*vector, here.view));
    for (const auto& held : vector->logs) {
      const bool is_whole = here.view.access(vector->space) == node::LinkView::Access::all;
      if (here.view.may_read && is_whole) {
        TRY(here.replica.on_held(vector->space, held.log, held.seq));
      }
    }
    return end_turn(here, there);
  }
  if (const auto* locator = std::get_if<sync::Locator>(&message)) {
    return here.peer.on_locator(*locator, here.view);
  }
  if (const auto* ack = std::get_if<sync::Ack>(&message)) return here.peer.on_ack(*ack);
  if (const auto* delta = std::get_if<sync::Delta>(&message)) {
    return on_delta(here, there, *delta);
  }
  return fail(Code::failed, "a message of joining in a meeting");
}

/// As Links::on_delta() and Links::end_turn(), in one.
Status Meeting::on_delta(Side& here, Side& there, sync::Delta delta) {
  ++deltas_;
  const auto taking = TRY(here.view.sift(delta));
  if (taking == node::LinkView::Taking::left) {
    std::vector<sync::Ack::Have> have;
    for (const auto& range : delta.ranges) have.push_back({range.head.log, 0});
    TRY(here.peer.on_delta(delta));
    delta.ranges.clear();
    here.peer.on_delta_durable(delta, std::move(have), crdt::space_digest({}));
    return {};
  }
  if (taking != node::LinkView::Taking::taken) {
    return fail(Code::failed, "a device sends more than it may");
  }
  TRY(here.replica.begin());
  auto have = here.replica.receive(delta, now_);
  (void)here.replica.take_retry();
  if (!have) {
    here.replica.rollback();
    return fail(Code::failed, "what a device sends was refused: " + have.error().text());
  }
  TRY(here.peer.on_delta(delta));
  delta.ranges.clear();
  TRY(end_turn(here, there));
  here.peer.on_delta_durable(delta, std::move(*have), TRY(here.view.digest(delta.space)));
  return {};
}

Status Meeting::end_turn(Side& here, Side& there) {
  while (here.replica.is_behind()) {
    TRY(here.replica.begin());
    TRY(here.replica.deliver_more(node::Pace::at_once));
  }
  if (!here.replica.store().in_turn()) return {};
  TRY(here.replica.commit());
  std::set<SpaceId> spaces;
  for (const auto& item : here.replica.take_changed()) spaces.insert(item.space);
  for (const auto& space : spaces) here.peer.on_stored(space);
  if (!here.replica.take_membership_changed()) return {};
  promote(here, there);
  here.peer.reoffer(here.view);
  return {};
}

Result<bool> Meeting::thrust(sync::Delta delta) {
  promote(a_, b_);
  promote(b_, a_);
  if (TRY(b_.view.sift(delta)) != node::LinkView::Taking::taken) return false;
  TRY(b_.replica.begin());
  const auto have = b_.replica.receive(delta, now_);
  (void)b_.replica.take_retry();
  if (!have && !node::is_fault_of_sender(have.error())) {
    b_.replica.rollback();
    return fail(have.error());
  }
  TRY(end_turn(b_, a_));
  return have.has_value() && !delta.ranges.empty();
}

}  // namespace holm::sim
