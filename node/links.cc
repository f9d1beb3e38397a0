#include "node/links.h"

#include <algorithm>

#include "base/ensure.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/link.h"
#include "store/logs.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::string_view kPrologue = "holm/1";
constexpr std::size_t kQueuedMax = 2u << 20;  ///< given to a session before deltas wait
constexpr Millis kTurnMax{500};               ///< what many deltas hold may share a commit
constexpr Millis kSliceGap{1};                ///< room for all else between slices of a delivery
constexpr Millis kDeliverAgain{1000};         ///< after the store failed
constexpr Millis kFlush{50};                  ///< typing is pushed in bursts of this length

net::SessionConfig session_config() {
  net::SessionConfig config;
  config.prologue = to_bytes(kPrologue);
  return config;
}

Digest handshake_digest(const crypto::HandshakeHash& hash) {
  return crypto::hash("holm handshake v1", hash.view());
}

}  // namespace

Links::Links(const Env& env, const Identity& identity, Teams& teams, LinkEvents& events)
    : env_(env), identity_(identity), teams_(teams), events_(events) {
  env_.transport.set_events(this);
}

Links::~Links() { env_.transport.set_events(nullptr); }

Result<net::Endpoint> Links::listen(const net::Endpoint& at) {
  auto bound = TRY(env_.transport.listen(at));
  listening_ = bound;
  return bound;
}

Result<net::LinkId> Links::dial(const TeamId& team, const net::Endpoint& to) {
  const auto key = teams_.network_key(team, unanswered_[{team, to}]);
  auto* replica = teams_.find(team);
  if (!key || replica == nullptr) {
    return fail(Code::not_found, "this team cannot be reached yet", "nothing was sent",
                "finish joining it first");
  }
  auto link = std::make_unique<Link>();
  link->dialled = to;
  link->replica = replica;
  link->session = net::Session::dial(
      session_config(), identity_.exchange,
      {.tag = 0, .psk = *key, .payload = encode(Hello{team, identity_.device(), {}})}, env_.rng,
      env_.clock.now());
  link->id = env_.transport.dial(to);
  const auto id = link->id;
  links_[id] = std::move(link);
  return id;
}

net::LinkId Links::dial_join(const members::InviteSecret& secret, const net::Endpoint& to) {
  auto link = std::make_unique<Link>();
  link->dialled = to;
  link->secret = secret;
  const auto psk = members::invite_psk(secret);
  link->session = net::Session::dial(
      session_config(), identity_.exchange,
      {.tag = 0, .psk = psk, .payload = encode(Hello{{}, identity_.device(), {}})}, env_.rng,
      env_.clock.now());
  link->id = env_.transport.dial(to);
  const auto id = link->id;
  links_[id] = std::move(link);
  return id;
}

net::LinkId Links::dial_recovery(const std::optional<TeamId>& team, const net::Endpoint& to) {
  auto link = std::make_unique<Link>();
  link->dialled = to;
  link->is_recovery = true;
  link->wanted = team.value_or(TeamId{});
  const auto psk = recovery_psk(identity_.recovery);
  const Hello hello{link->wanted, identity_.device(), {}};
  link->session = net::Session::dial(session_config(), identity_.exchange,
                                     {.tag = 0, .psk = psk, .payload = encode(hello)}, env_.rng,
                                     env_.clock.now());
  link->id = env_.transport.dial(to);
  const auto id = link->id;
  links_[id] = std::move(link);
  return id;
}

void Links::hang_up(net::LinkId id, std::string why) {
  if (auto* link = get(id)) {
    close(*link, net::GoodbyeReason::done, std::move(why));
    pump(*link);
  }
}

void Links::stop() {
  is_stopping_ = true;
  std::vector<net::LinkId> ids;
  for (const auto& [id, link] : links_) ids.push_back(id);
  for (auto id : ids) hang_up(id, "going offline");
}

Links::Link* Links::get(net::LinkId id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

LinkInfo Links::info(const Link& link) const {
  LinkInfo out{.id = link.id,
               .team = link.replica != nullptr ? link.replica->team() : TeamId{},
               .device = link.device,
               .dialled = link.dialled,
               .stage = link.stage,
               .in_sync = false,
               .sent_bytes = link.sent_bytes,
               .received_bytes = link.received_bytes,
               .round_trips = link.peer.counters().vectors_sent + link.peer.counters().deltas_sent,
               .clock_gap = link.clock_gap};
  out.in_sync = link.stage == LinkStage::open && link.peer.in_sync(*link.view);
  return out;
}

std::vector<LinkInfo> Links::links() const {
  std::vector<LinkInfo> out;
  for (const auto& [id, link] : links_) out.push_back(info(*link));
  return out;
}

std::optional<LinkInfo> Links::find(net::LinkId id) const {
  const auto found = links_.find(id);
  if (found == links_.end()) return std::nullopt;
  return info(*found->second);
}

// --- streams

void Links::on_accepted(net::LinkId id, const net::Endpoint& from) {
  const auto verdict = gate_.on_accepted(id, from.host, env_.clock.now());
  if (verdict.drop) {
    if (auto* oldest = get(*verdict.drop)) {
      oldest->is_closing = true;
      oldest->why = Error{Code::limit, "too many half-open links", {}, {}};
    }
    env_.transport.close(*verdict.drop);
  }
  if (!verdict.admitted || is_stopping_) {
    env_.transport.close(id);
    return;
  }
  auto link = std::make_unique<Link>();
  link->id = id;
  link->is_inbound = true;
  link->session = net::Session::accept(session_config(), identity_.exchange, teams_.ring(),
                                       replays_, env_.rng, env_.clock.now());
  links_[id] = std::move(link);
}

void Links::on_dialled(net::LinkId id) {
  auto* link = get(id);
  if (link == nullptr) return;
  link->is_connected = true;
  pump(*link);
}

void Links::on_bytes(net::LinkId id, ByteView bytes) {
  auto* link = get(id);
  if (link == nullptr || link->is_closing) return;
  link->received_bytes += bytes.size();
  link->session->on_bytes(bytes, env_.clock.now());
  pump(*link);
}

void Links::on_drained(net::LinkId id) {
  auto* link = get(id);
  if (link == nullptr || link->is_closing) return;
  link->session->on_drained(env_.clock.now());
  pump(*link);
}

void Links::on_closed(net::LinkId id, const Error& why) {
  gate_.release(id);
  auto found = links_.find(id);
  if (found == links_.end()) return;
  auto link = std::move(found->second);
  links_.erase(found);
  std::erase_if(staged_, [&](const Staged& item) { return item.link == id; });
  Error reason = link->why ? *link->why : why;
  if (link->is_connected && !link->is_inbound && link->stage == LinkStage::connecting &&
      !link->session->is_established()) {
    // A stranger hears nothing, so a hang-up before the first word is all that a wrong key meets.
    if (link->replica != nullptr) ++unanswered_[{link->replica->team(), link->dialled}];
    reason = silence(*link);
  }
  if ((link->secret || link->is_recovery) && link->stage != LinkStage::open) {
    if (reason.safe.empty()) reason.safe = "nothing was changed";
    events_.on_join(id, fail(reason));
  }
  auto told = info(*link);
  told.in_sync = false;
  events_.on_link_closed(told, reason);
}

void Links::close(Link& link, net::GoodbyeReason reason, std::string why) {
  if (link.is_closing) return;
  if (!link.why) link.why = Error{net::code_of(reason), why, {}, {}};
  link.session->close({reason, std::move(why)}, env_.clock.now());
}

/// The one place where a session's outputs become effects.
void Links::pump(Link& link) {
  const auto id = link.id;
  for (;;) {
    auto* alive = get(id);
    if (alive == nullptr || alive->is_closing) return;
    if (!alive->is_inbound && !alive->is_connected) {  // a stream takes bytes once it stands
      if (!alive->session->is_closed()) return;
      alive->is_closing = true;
      return env_.transport.close(id);
    }
    if (may_sign_in(*alive)) {
      sign_in(*alive);
      continue;
    }
    // Within a turn nothing is told: it may yet be rolled back. end_turn() comes round again.
    if (alive->stage >= LinkStage::membership_only && !alive->session->is_closed() &&
        !alive->replica->store().in_turn() && alive->session->queued_bytes() < kQueuedMax) {
      auto message = alive->peer.poll(*alive->view);
      if (!message) {
        if (store::is_damage(message.error())) events_.on_damage();
        close(*alive, net::GoodbyeReason::failed, message.error().what);
      } else if (*message) {
        send(*alive, **message);
        continue;
      }
    }
    auto output = alive->session->poll();
    if (!output) {
      const bool is_heard = alive->view && alive->view->hears && !alive->session->is_closed() &&
                            !alive->replica->store().in_turn() &&
                            alive->view->is_heard(alive->peer);
      if (!is_heard) return;
      alive->why = Error{Code::denied, "that device is no longer part of the team",
                         "what it had written before was taken in",
                         "let its person in again with: holm member role NAME ROLE"};
      close(*alive, net::GoodbyeReason::denied, std::string(kRemoved));
      continue;
    }
    if (auto* out = std::get_if<net::Send>(&*output)) {
      alive->sent_bytes += out->bytes.size();
      env_.transport.send(id, std::move(out->bytes));
    } else if (auto* established = std::get_if<net::Established>(&*output)) {
      on_established(*alive, std::move(*established));
    } else if (auto* received = std::get_if<net::Received>(&*output)) {
      on_message(*alive, received->message);
    } else if (auto* closed = std::get_if<net::Closed>(&*output)) {
      alive->is_closing = true;
      if (!alive->why) {
        alive->why = closed->why;
        if (closed->goodbye && !closed->goodbye->text.empty()) {
          alive->why->what = closed->goodbye->text;
        }
      }
      env_.transport.close(id);
    }
  }
}

void Links::pump_all() {
  std::vector<net::LinkId> ids;
  for (const auto& [id, link] : links_) ids.push_back(id);
  for (auto id : ids) {
    if (auto* link = get(id)) pump(*link);
  }
}

void Links::send(Link& link, const sync::Message& message) {
  auto sent = link.session->send(sync::encode(message), env_.clock.now());
  if (!sent) close(link, net::GoodbyeReason::failed, sent.error().what);
}

// --- who it is

void Links::on_established(Link& link, net::Established established) {
  gate_.release(link.id);
  link.remote = established.remote;
  link.handshake = handshake_digest(established.handshake_hash);
  if (link.replica != nullptr) unanswered_.erase({link.replica->team(), link.dialled});
  if (link.remote == identity_.exchange.public_key()) {
    return close(link, net::GoodbyeReason::done, "this is the same device");
  }
  const auto hello = decode_hello(established.payload);
  if (!hello) return close(link, net::GoodbyeReason::invalid, "an unreadable greeting");
  link.said = hello->device;
  if (link.is_inbound) {
    const auto* door = teams_.door(established.tag);
    if (door == nullptr) return close(link, net::GoodbyeReason::denied, "that key is closed");
    if (door->kind != Door::Kind::network) link.door = *door;
    if (door->kind == Door::Kind::recovery) {  // of no team, until it is known whose phrase it is
      link.stage = LinkStage::joining;
      link.wanted = hello->team;
      return;
    }
    link.replica = teams_.find(door->team);
  } else if (link.is_recovery) {
    link.stage = LinkStage::joining;
    const auto key = recovery_signing_key(identity_.recovery);
    const auto asked = recovery_signed_bytes(link.wanted, link.handshake);
    return send(link, sync::RecoverRequest{crypto::sign(key, kRecoverLabel, asked)});
  } else if (link.secret) {
    auto replica = teams_.prepare(hello->team);
    if (!replica) return close(link, net::GoodbyeReason::failed, replica.error().what);
    link.replica = *replica;
  } else if (hello->team != link.replica->team()) {
    return close(link, net::GoodbyeReason::denied, "that device is in another team");
  }
  ENSURE(link.replica != nullptr);
  link.view = std::make_unique<LinkView>(*link.replica);
  if (link.secret || link.door) {
    link.stage = LinkStage::joining;
    if (link.secret) ask_to_join(link, *hello);
    return;
  }
  link.stage = LinkStage::membership_only;
  promote(link);
}

/// Opens the link fully once the other side is known to belong; refuses who was removed.
void Links::promote(Link& link) {
  if (link.replica->store().in_turn()) {  // what is offered has to be durable
    promoted_at_turn_end_.insert(link.id);
    return;
  }
  const auto& roster = link.replica->roster();
  // The key is proven, the id is said: another may have been certified with the same public key.
  const auto* device = roster.device(link.said);
  if (device != nullptr && device->exchange != link.remote) device = nullptr;
  const bool was_heard = link.view->hears.has_value();
  switch (link.view->look(device)) {
    case LinkView::Footing::they_left: return hear_out(link, device->id, !was_heard);
    case LinkView::Footing::we_left: link.stage = LinkStage::late; break;
    case LinkView::Footing::open:
      if (was_heard) {
        send(link, sync::Admitted{link.replica->team(), identity_.device(), env_.clock.wall()});
      }
      if (link.stage == LinkStage::open) break;
      link.stage = LinkStage::open;
      link.device = device->id;
      remember(link);
      link.peer.refresh(*link.view);
      events_.on_link_open(info(link));
      return;
    case LinkView::Footing::unknown: break;
  }
  link.peer.refresh(*link.view);
}

/// Profiles hold what members knock with when they have nothing left but their phrase.
void Links::note_profiles(const Replica& replica, const std::vector<Changed>& changed) {
  const bool is_any = std::any_of(changed.begin(), changed.end(), [&](const Changed& item) {
    return item.space == replica.commons();
  });
  if (!is_any) return;
  teams_.on_profiles_changed(replica.team());
  teams_.refresh_doors();
}

void Links::on_membership_changed(Replica& replica) {
  teams_.refresh_doors();
  std::vector<net::LinkId> ids;
  for (const auto& [id, link] : links_) {
    if (link->replica == &replica && !link->is_closing) ids.push_back(id);
  }
  for (auto id : ids) {
    auto* link = get(id);
    if (link == nullptr || link->stage < LinkStage::membership_only) continue;
    promote(*link);
    link->peer.reoffer(*link->view);
    answer_join(*link);
  }
}

void Links::remember(const Link& link) {
  if (link.dialled.host.empty()) return;
  // Known addresses are written in the turn of whatever comes next; losing one costs nothing.
  if (link.replica->begin()) {
    (void)link.replica->store()
        .facts()
        .put("address", as_bytes(link.dialled.text()), link.device.view())
        .has_value();
  }
}

// --- messages

void Links::on_message(Link& link, ByteView bytes) {
  auto message = sync::decode(bytes);
  if (!message) {
    if (message.error().code == Code::unsupported) return;  // a newer kind; the rest still works
    return close(link, net::GoodbyeReason::invalid, message.error().what);
  }
  if (link.stage == LinkStage::joining) {
    return on_admitting_message(link, *message);
  }
  if (auto* refused = std::get_if<sync::Refused>(&*message)) return on_removed(link, *refused);
  if (std::get_if<sync::Admitted>(&*message) != nullptr && link.view->hands) {
    return on_taken_back(link);
  }
  Status done;
  if (auto* summary = std::get_if<sync::Summary>(&*message)) {
    done = link.peer.on_summary(*summary, *link.view);
  } else if (auto* vector = std::get_if<sync::Vector>(&*message)) {
    done = link.peer.on_vector(*vector, *link.view);
    for (const auto& held : vector->logs) {
      if (done && link.view->may_read && link.view->access(vector->space) == LinkView::Access::all)
        done = link.replica->on_held(vector->space, held.log, held.seq);
    }
  } else if (auto* locator = std::get_if<sync::Locator>(&*message)) {
    done = link.peer.on_locator(*locator, *link.view);
  } else if (auto* ack = std::get_if<sync::Ack>(&*message)) {
    done = link.peer.on_ack(*ack);
  } else if (auto* delta = std::get_if<sync::Delta>(&*message)) {
    return on_delta(link, std::move(*delta));
  } else {
    done = fail(Code::reject, "a message of joining on an open link");
  }
  if (!done) close(link, net::GoodbyeReason::invalid, done.error().what);
}

void Links::on_delta(Link& link, sync::Delta delta) {
  auto& replica = *link.replica;
  const auto taking = link.view->sift(delta);
  if (!taking) return close(link, net::GoodbyeReason::failed, std::string(kCannotStore));
  switch (*taking) {
    case LinkView::Taking::taken: break;
    case LinkView::Taking::left: return leave(link, std::move(delta));
    case LinkView::Taking::too_much:
      return close(link, net::GoodbyeReason::denied, "too much late work");
    case LinkView::Taking::refused:
      return close(link, net::GoodbyeReason::denied, "only membership is taken from strangers");
  }
  if (auto begun = replica.begin(); !begun) {
    return close(link, net::GoodbyeReason::failed, begun.error().what);
  }
  auto have = replica.receive(delta, env_.clock.wall());
  if (const auto wait = replica.take_retry()) {
    reoffer_at_.try_emplace(replica.team(), env_.clock.now() + *wait);
  }
  if (!have) {
    // Verified ranges before the bad one stand; a fault of our own store undoes the turn.
    const bool is_theirs = is_fault_of_sender(have.error());
    if (!is_theirs) lose_turn(replica, have.error());
    return close(link, is_theirs ? net::GoodbyeReason::invalid : net::GoodbyeReason::failed,
                 is_theirs ? have.error().what : std::string(kCannotStore));
  }
  if (auto noted = link.peer.on_delta(delta); !noted) {
    return close(link, net::GoodbyeReason::invalid, noted.error().what);
  }
  delta.ranges.clear();
  staged_.push_back({link.id, replica.team(), std::move(delta), std::move(*have)});
}

void Links::lose_turn(Replica& replica, const Error& why) {
  env_.log.write(Level::error, why.text());
  if (store::is_damage(why)) events_.on_damage();
  replica.rollback();
  turn_since_.erase(replica.team());
  // Deltas of others went with the turn: their links start again.
  for (const auto& item : std::vector<Staged>(staged_)) {
    auto* other = item.team == replica.team() ? get(item.link) : nullptr;
    if (other != nullptr) close(*other, net::GoodbyeReason::failed, std::string(kCannotStore));
  }
  std::erase_if(staged_, [&](const Staged& item) { return item.team == replica.team(); });
  deliver_at_[replica.team()] = env_.clock.now() + kDeliverAgain;
}

void Links::end_turn(Ending ending) {
  for (const auto& [team, owned] : teams_.all()) {
    auto& replica = *owned;
    if (!replica.store().in_turn()) continue;
    if (ending == Ending::may_wait && replica.is_behind()) {
      const auto now = env_.clock.now();
      if (now - turn_since_.try_emplace(team, now).first->second < kTurnMax) {
        deliver_at_[team] = now + kSliceGap;
        continue;
      }
    }
    turn_since_.erase(team);
    auto staged = std::move(staged_);
    staged_.clear();
    if (auto done = replica.commit(); !done) {
      env_.log.write(Level::error, done.error().text());
      for (auto& item : staged) {
        auto* link = get(item.link);
        if (item.team != team) {
          staged_.push_back(std::move(item));
        } else if (link != nullptr) {
          close(*link, net::GoodbyeReason::failed, std::string(kCannotStore));
        }
      }
      continue;
    }
    if (replica.is_behind()) deliver_at_[team] = env_.clock.now() + kSliceGap;
    for (auto& item : staged) {
      // A delta that is not delivered whole yet is answered when it is.
      if (item.team != team || replica.is_behind(item.delta.space)) {
        staged_.push_back(std::move(item));
        continue;
      }
      auto* link = get(item.link);
      if (link == nullptr) continue;
      const auto digest = link->view->digest(item.delta.space);
      if (digest) {
        link->peer.on_delta_durable(item.delta, std::move(item.have), *digest);
      }
    }
    auto changed = replica.take_changed();
    std::set<SpaceId> spaces;
    for (const auto& item : changed) spaces.insert(item.space);
    for (const auto& space : spaces) stored(replica, space);
    note_profiles(replica, changed);
    if (replica.take_membership_changed()) on_membership_changed(replica);
    if (!changed.empty()) events_.on_changed(replica, changed);
  }
  for (const auto id : std::exchange(promoted_at_turn_end_, {})) {
    auto* link = get(id);
    if (link == nullptr || link->is_closing) continue;
    promote(*link);
    answer_join(*link);
  }
  pump_all();
}

void Links::on_written(Replica& replica, bool is_typing) {
  auto changed = replica.take_changed();
  std::set<SpaceId> spaces;
  for (const auto& item : changed) spaces.insert(item.space);
  note_profiles(replica, changed);
  if (replica.take_membership_changed()) on_membership_changed(replica);
  if (!changed.empty()) events_.on_changed(replica, changed);
  if (is_typing) {
    for (const auto& space : spaces) typed_.insert({replica.team(), space});
    if (!flush_at_) flush_at_ = env_.clock.now() + kFlush;
    return;
  }
  for (const auto& space : spaces) stored(replica, space);
  replica.keep_witness(env_.clock.now());
  pump_all();
}

void Links::stored(const Replica& replica, const SpaceId& space) {
  for (const auto& [id, link] : links_) {
    if (link->replica == &replica) link->peer.on_stored(space);
  }
}

std::set<LogId> Links::forked(const TeamId& team) const {
  std::set<LogId> out;
  for (const auto& [id, link] : links_) {
    if (link->replica != nullptr && link->replica->team() == team) {
      out.insert(link->peer.forked().begin(), link->peer.forked().end());
    }
  }
  return out;
}

void Links::on_deadline(Time now) {
  if (flush_at_ && *flush_at_ <= now) {
    flush_at_.reset();
    for (const auto& [team, space] : std::exchange(typed_, {})) {
      if (const auto* replica = teams_.find(team)) stored(*replica, space);
    }
  }
  for (const auto& [team, owned] : teams_.all()) {
    auto& replica = *owned;
    if (!replica.is_behind() || deliver_at_[team] > now) continue;
    auto done = replica.begin();
    if (done) done = replica.deliver_more();
    if (!done) lose_turn(replica, done.error());
  }
  for (const auto& [id, link] : links_) {
    const auto due = link->view ? reoffer_at_.find(link->replica->team()) : reoffer_at_.end();
    if (due == reoffer_at_.end() || due->second > now || link->replica->store().in_turn()) continue;
    if (link->stage >= LinkStage::membership_only) link->peer.reoffer(*link->view);
  }
  std::erase_if(reoffer_at_, [&](const auto& item) { return item.second <= now; });
  std::vector<net::LinkId> ids;
  for (const auto& [id, link] : links_) ids.push_back(id);
  for (auto id : ids) {
    auto* link = get(id);
    if (link == nullptr || link->is_closing) continue;
    if (link->session->deadline() && *link->session->deadline() <= now) {
      link->session->on_deadline(now);
    }
    pump(*link);
  }
}

std::optional<Time> Links::deadline() const {
  auto out = flush_at_;
  for (const auto& [team, replica] : teams_.all()) {
    if (!replica->is_behind()) continue;
    const auto at = deliver_at_.find(team);
    const auto due = at != deliver_at_.end() ? at->second : Time{};
    if (!out || due < *out) out = due;
  }
  for (const auto& [team, at] : reoffer_at_) {
    if (!out || at < *out) out = at;
  }
  for (const auto& [id, link] : links_) {
    if (link->is_closing) continue;
    const auto due = link->session->deadline();
    if (due && (!out || *due < *out)) out = due;
  }
  return out;
}

}  // namespace holm::node
