// Requests that wait for other devices, and what is known of them.
#include <algorithm>

#include "base/wire.h"
#include "node/copies.h"
#include "node/mend.h"
#include "node/node.h"
#include "work/members/invite_code.h"
#include "work/members/proquint.h"
#include "work/reference.h"
#include "work/when.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::string_view kAddresses = "address";  // "HOST:PORT" -> device, or nothing
constexpr std::string_view kHeard = "heard";        // device -> when, and how far it holds our logs
constexpr Millis kJoinTimeout{60'000};
constexpr Millis kSyncTimeout{30'000};
constexpr Millis kTimeoutMax{24 * 3600 * 1000};
constexpr Millis kHeardAgain{60'000};
constexpr Millis kClockGap{24 * 3600 * 1000};

Millis timeout_of(const Value& request, Millis otherwise) {
  if (!request.has("timeout_ms")) return otherwise;
  return std::clamp(Millis{request["timeout_ms"].number()}, Millis{1}, kTimeoutMax);
}

/// How far a device holds the logs this device writes.
struct Heard {
  WallTime at{};
  std::map<LogId, std::uint64_t> holds;
};

Bytes encode_heard(const Heard& heard) {
  Writer out;
  out.array(2).sint(heard.at.time_since_epoch().count()).array(heard.holds.size());
  for (const auto& [log, seq] : heard.holds) out.array(2).id(log).uint(seq);
  return out.take();
}

Result<Heard> decode_heard(ByteView bytes) {
  auto in = TRY(Reader::open(bytes));
  TRY(in.array(2));
  Heard out;
  out.at = WallTime{Millis{TRY(in.sint())}};
  const auto count = TRY(in.array());
  for (std::size_t i = 0; i < count; ++i) {
    TRY(in.array(2));
    const auto log = TRY(in.id<LogId>());
    out.holds[log] = TRY(in.uint());
  }
  return out;
}

/// Says so when the clock here is far from that of whoever let this device in.
void note_clock(Millis gap, Value& answer) {
  if (gap < kClockGap && gap > -kClockGap) return;
  const auto days = std::to_string(std::chrono::abs(gap) / Millis{24 * 3600 * 1000});
  Value notices = Value::array();
  notices.push("the clock here is " + days + " days " + (gap > Millis{0} ? "behind" : "ahead of") +
               " the one of the device that let you in: set it right, or what you write will bear "
               "wrong times");
  answer.set("notices", std::move(notices));
}

std::string space_name(Replica& replica, const SpaceId& space) {
  if (space == replica.trust()) return "Members";
  if (space == replica.commons()) return "Team";
  return work::path_of(replica.state(), {space, work::room_object(space)});
}

}  // namespace

// --- joining

Result<std::optional<Value>> Node::join(RequestId id, const Value& request) {
  const auto secret = TRY(members::parse_invite_code(request["code"].text()));
  if (!request.has("at")) {
    return fail(Code::usage, "where to knock is missing", "nothing was sent",
                "name a device of the team with --at HOST:PORT");
  }
  const auto at = TRY(net::Endpoint::parse(request["at"].text()));
  begin_join(id, {to_bytes(secret.view()), at.text()}, request);
  TRY(save_joins());
  try_join(joins_.back());
  return std::optional<Value>();
}

void Node::begin_join(RequestId id, PendingJoin pending, const Value& request) {
  std::erase_if(joins_, [&](const Join& join) {
    return join.pending == pending && join.request == 0 && join.link == 0;
  });
  Join join;
  join.pending = std::move(pending);
  join.next_try = env_.clock.now();
  join.give_up = env_.clock.now() + timeout_of(request, kJoinTimeout);
  join.backoff = std::make_unique<net::Backoff>(
      net::BackoffLimits{.first = Millis{250}, .cap = Millis{5'000}}, env_.rng);
  join.request = id;
  joins_.push_back(std::move(join));
}

void Node::try_join(Join& join) {
  const auto secret = members::InviteSecret::from(join.pending.secret);
  const auto at = net::Endpoint::parse(join.pending.at);
  if (at && join.pending.secret.empty()) {
    const auto team = join.wanted.empty() ? std::nullopt : std::optional(join.wanted.front());
    join.link = links_.dial_recovery(team, *at);
    return;
  }
  if (!secret || !at) {
    join.next_try = Time::max();
    return;
  }
  join.link = links_.dial_join(*secret, *at);
}

void Node::on_join(net::LinkId link, const Result<TeamId>& outcome) {
  const auto found =
      std::find_if(joins_.begin(), joins_.end(), [&](const Join& it) { return it.link == link; });
  if (found == joins_.end()) return;
  auto& join = *found;
  if (!outcome) {
    join.link = 0;
    join.last = outcome.error();
    const auto code = outcome.error().code;
    const bool is_final = join.request != 0 && (code == Code::denied || code == Code::reject ||
                                                code == Code::unsupported);
    if (!is_final) {
      join.next_try = env_.clock.now() + join.backoff->next();
      return;
    }
    give_back_phrase(join);
    const auto request = join.request;
    auto error = outcome.error();
    if (!join.done.empty()) {
      error.safe = std::to_string(join.done.size()) + " of your teams came back and stay";
    }
    joins_.erase(found);
    (void)save_joins().has_value();
    return finish(request, fail(std::move(error)));
  }
  if (join.pending.secret.empty()) {
    join.done.push_back(*outcome);
    join.is_fetching = true;  // go_on_recovering() sees when it is all there
    return publish_recovery(*teams_.find(*outcome));
  }
  auto* replica = teams_.find(*outcome);
  const bool is_newcomer = replica->has_root();
  if (is_newcomer) {
    if (auto said = introduce(*replica); !said) env_.log.write(Level::warn, said.error().text());
  }
  const auto request = join.request;
  joins_.erase(found);
  (void)save_joins().has_value();
  auto answer = Value::object()
                    .set("team", outcome->text())
                    .set("name", replica->name())
                    .set("member", replica->self().text())
                    .set("role", members::role_name(replica->roster().role(replica->self())));
  if (!is_newcomer) {
    const auto* person = replica->roster().person(replica->self());
    answer.set("device_of", work::name_of(replica->state(), replica->self()));
    answer.set("words", members::safety_words(*outcome, person->root, identity_.device()));
  }
  const auto told = links_.find(link);
  if (told) note_clock(told->clock_gap, answer);
  finish(request, std::move(answer));
}

Status Node::save_joins() {
  std::vector<PendingJoin> pending;
  for (const auto& join : joins_) pending.push_back(join.pending);
  return env_.save_joins ? env_.save_joins(pending) : Status{};
}

// --- meeting

Result<std::optional<Value>> Node::sync(RequestId id, const Value& request) {
  Meeting meeting;
  meeting.request = id;
  meeting.give_up = env_.clock.now() + timeout_of(request, kSyncTimeout);
  std::vector<Replica*> replicas;
  if (request.has("team") || teams_.all().size() < 2) {
    replicas.push_back(TRY(teams_.resolve(request["team"].text())));
  } else {
    for (const auto& [team, replica] : teams_.all()) replicas.push_back(replica.get());
  }
  const auto with = request["with"].text();
  const auto direct = net::Endpoint::parse(with);
  for (auto* replica : replicas) {
    std::optional<MemberId> member;
    if (!with.empty() && !direct) {
      member = TRY(work::resolve_member(replica->state(), with));
    }
    std::set<net::Endpoint> wanted;
    if (direct) {
      wanted.insert(*direct);
    } else {
      for (const auto& [key, value] : TRY(replica->store().facts().all(kAddresses))) {
        const auto device = DeviceId::from(value);
        const auto* known = device ? replica->roster().device(*device) : nullptr;
        if (member && (known == nullptr || known->member != *member)) continue;
        if (auto at = net::Endpoint::parse(as_text(key))) wanted.insert(*at);
      }
    }
    for (const auto& link : links_.links()) {
      if (link.team != replica->team() || link.stage == LinkStage::connecting) continue;
      const auto* device = replica->roster().device(link.device);
      if (member && (device == nullptr || device->member != *member)) continue;
      if (direct && link.dialled != *direct) continue;
      meeting.legs.emplace_back();
      meeting.legs.back().team = link.team;
      meeting.legs.back().link = link.id;
      meeting.legs.back().to = link.dialled;
      wanted.erase(link.dialled);
    }
    for (const auto& at : wanted) {
      Meeting::Leg leg;
      leg.team = replica->team();
      leg.link = TRY(links_.dial(replica->team(), at));
      leg.to = at;
      leg.is_ours = !is_serving_;
      meeting.legs.push_back(std::move(leg));
    }
  }
  if (meeting.legs.empty()) {
    return fail(Code::not_found, "no teammate's address is known here",
                "everything is kept on this device",
                "name one with --with HOST:PORT, or: holm peers add HOST:PORT");
  }
  meetings_.push_back(std::move(meeting));
  check_meetings();
  return std::optional<Value>();
}

void Node::check_meetings() {
  const auto now = env_.clock.now();
  for (std::size_t i = 0; i < meetings_.size();) {
    auto& meeting = meetings_[i];
    for (auto& leg : meeting.legs) {
      if (leg.failed || leg.link == 0) continue;
      leg.last = links_.find(leg.link);
      leg.is_done = leg.last && leg.last->in_sync;
    }
    const bool is_late = meeting.give_up <= now;
    const bool is_over = std::all_of(meeting.legs.begin(), meeting.legs.end(),
                                     [](const auto& leg) { return leg.is_done; });
    if (!is_over && !is_late) {
      ++i;
      continue;
    }
    auto ended = std::move(meeting);
    meetings_.erase(meetings_.begin() + static_cast<std::ptrdiff_t>(i));
    finish_meeting(ended, is_late && !is_over);
  }
}

void Node::finish_meeting(Meeting& meeting, bool is_late) {
  Value peers = Value::array();
  bool in_sync = !is_late;
  bool met = false;
  std::optional<Error> failure;
  for (const auto& leg : meeting.legs) {
    Value peer = Value::object();
    auto* replica = teams_.find(leg.team);
    const auto* device = leg.last ? replica->roster().device(leg.last->device) : nullptr;
    peer.set("member",
             device != nullptr ? Value(work::name_of(replica->state(), device->member)) : Value());
    if (!leg.to.host.empty()) peer.set("at", leg.to.text());
    peer.set("sent_bytes", leg.last ? leg.last->sent_bytes : 0);
    peer.set("received_bytes", leg.last ? leg.last->received_bytes : 0);
    peer.set("round_trips", leg.last ? leg.last->round_trips : 0);
    if (leg.failed) {
      peer.set("error", leg.failed->text());
      failure = leg.failed;
    } else {
      met = met || leg.is_done;
    }
    peers.push(std::move(peer));
    if (leg.is_ours && !leg.failed) links_.hang_up(leg.link, "done for now");
  }
  if (is_late) {
    return finish(meeting.request, fail(Code::timeout, "the exchange did not finish in time",
                                        "what arrived is kept", "sync again to go on from there"));
  }
  if (!met && failure) {
    if (failure->safe.empty()) failure->safe = "everything is kept on this device";
    if (failure->todo.empty()) failure->todo = "try again when a teammate is reachable";
    return finish(meeting.request, fail(*failure));
  }
  in_sync = in_sync && !failure;
  finish(meeting.request, Value::object().set("peers", std::move(peers)).set("in_sync", in_sync));
}

// --- addresses

Result<Value> Node::peers(Replica& replica, const Value& request) {
  const auto what = request["do"].text();
  auto& facts = replica.store().facts();
  if (what != "peers") {
    const auto at = TRY(net::Endpoint::parse(request["at"].text()));
    const bool is_added = what == "peers.add";
    if (!is_added && !TRY(facts.get(kAddresses, as_bytes(at.text())))) {
      return fail(Code::not_found, "the address " + at.text() + " is not known here");
    }
    (void)TRY(in_turn(
        replica,
        [&]() -> Result<Value> {
          if (is_added) {
            TRY(facts.put(kAddresses, as_bytes(at.text()), {}));
          } else {
            TRY(facts.remove(kAddresses, as_bytes(at.text())));
          }
          return Value();
        },
        false));
    if (is_serving_) TRY(refresh_contacts());
  }
  Value out = Value::array();
  const auto links = links_.links();
  for (const auto& [key, value] : TRY(facts.all(kAddresses))) {
    const auto at = std::string(as_text(key));
    const auto device = DeviceId::from(value);
    const auto* known = device ? replica.roster().device(*device) : nullptr;
    const bool is_linked = std::any_of(links.begin(), links.end(), [&](const LinkInfo& link) {
      return link.team == replica.team() && link.stage == LinkStage::open &&
             (link.dialled.text() == at || (device && link.device == *device));
    });
    out.push(Value::object()
                 .set("at", at)
                 .set("member", known != nullptr
                                    ? Value(work::name_of(replica.state(), known->member))
                                    : Value())
                 .set("device", known != nullptr ? Value(known->id.text()) : Value())
                 .set("linked", is_linked));
  }
  return Value::object().set("peers", std::move(out));
}

Status Node::refresh_contacts() {
  std::set<std::pair<TeamId, net::Endpoint>> wanted;
  for (const auto& [team, replica] : teams_.all()) {
    for (const auto& [key, value] : TRY(replica->store().facts().all(kAddresses))) {
      if (auto at = net::Endpoint::parse(as_text(key))) wanted.insert({team, *at});
    }
  }
  std::erase_if(contacts_, [&](const Contact& it) { return !wanted.contains({it.team, it.at}); });
  for (const auto& address : wanted) {
    const bool is_there = std::any_of(contacts_.begin(), contacts_.end(), [&](const Contact& it) {
      return it.team == address.first && it.at == address.second;
    });
    if (is_there || (links_.listening() && *links_.listening() == address.second)) continue;
    Contact contact;
    contact.team = address.first;
    contact.at = address.second;
    contact.next_try = env_.clock.now();
    contact.backoff = std::make_unique<net::Backoff>(net::BackoffLimits{}, env_.rng);
    contacts_.push_back(std::move(contact));
  }
  return {};
}

// --- who has what

/// Writes down how far each linked device holds this device's logs, once its link is in step.
void Node::note_heard() {
  const auto now = env_.clock.wall();
  for (const auto& link : links_.links()) {
    if (!link.in_sync) continue;
    auto& replica = *teams_.find(link.team);
    Heard heard;
    heard.at = now;
    for (const auto& space : replica.spaces()) {
      auto logs = replica.store().logs().of_space(space);
      if (!logs) return;
      for (const auto& log : *logs) {
        if (log.device == identity_.device()) heard.holds[log.log] = log.sealed_seq;
      }
    }
    auto& last = heard_[{link.team, link.device}];
    if (!last.empty()) {
      const auto before = decode_heard(last);
      if (before && before->holds == heard.holds && now >= before->at &&
          now - before->at < kHeardAgain) {
        continue;
      }
    }
    last = encode_heard(heard);
    if (!replica.begin()) return;
    auto put = replica.store().facts().put(kHeard, link.device.view(), last);
    if (!put || !replica.commit()) replica.rollback();
  }
}

Result<Value> Node::status(Replica& replica) {
  auto& logs = replica.store().logs();
  Value spaces = Value::array();
  for (const auto& space : replica.spaces()) {
    spaces.push(Value::object()
                    .set("id", space.text())
                    .set("name", space_name(replica, space))
                    .set("changes", TRY(logs.change_count(space)))
                    .set("digest", TRY(replica.digest(space)).text()));
  }
  std::map<DeviceId, Heard> heard;
  for (const auto& [key, value] : TRY(replica.store().facts().all(kHeard))) {
    const auto device = DeviceId::from(key);
    auto known = decode_heard(value);
    if (device && known) heard[*device] = std::move(*known);
  }
  std::map<DeviceId, std::uint64_t> lacks;
  std::set<std::pair<SpaceId, ObjectId>> unsynced;
  for (const auto& space : replica.spaces()) {
    for (const auto& log : TRY(logs.of_space(space))) {
      if (log.device != identity_.device()) continue;
      std::uint64_t furthest = 0;
      std::uint64_t nearest = log.stored_seq;
      for (const auto& [id, device] : replica.roster().devices) {
        if (id == identity_.device() || device.dropped) continue;
        if (!replica.may_read(device.member, space)) continue;
        const auto& holds = heard[id].holds;
        const auto found = holds.find(log.log);
        const auto seq = found == holds.end() ? 0 : found->second;
        furthest = std::max(furthest, seq);
        nearest = std::min(nearest, seq);
      }
      for (auto from = nearest + 1; from <= log.stored_seq;) {
        const auto changes = TRY(logs.read(log.log, from, 1u << 20, 256));
        if (changes.empty()) break;
        for (const auto& item : changes) {
          from = item.change.last_seq() + 1;
          for (const auto& [id, device] : replica.roster().devices) {
            if (id == identity_.device() || device.dropped) continue;
            if (!replica.may_read(device.member, space)) continue;
            const auto& holds = heard[id].holds;
            const auto found = holds.find(log.log);
            if (found == holds.end() || found->second < item.change.last_seq()) ++lacks[id];
          }
          if (item.change.last_seq() <= furthest) continue;
          for (const auto& op : item.change.ops) unsynced.insert({space, op.object});
        }
      }
    }
  }
  Value devices = Value::array();
  for (const auto& [id, device] : replica.roster().devices) {
    if (device.dropped) continue;
    const bool is_self = id == identity_.device();
    const auto& known = heard[id];
    devices.push(Value::object()
                     .set("id", id.text())
                     .set("label", work::label_of(replica.state(), device))
                     .set("member", work::name_of(replica.state(), device.member))
                     .set("this_device", is_self)
                     .set("last_heard", is_self || known.at == WallTime{}
                                            ? Value()
                                            : Value(work::rfc3339(known.at)))
                     .set("lacks", is_self ? 0 : lacks[id]));
  }
  Value warnings = Value::array();
  for (const auto& copy : TRY(copies(replica, links_.forked(replica.team())))) {
    warnings.push(sentence(copy, replica));
  }
  for (const auto& mending : TRY(mendings(replica))) {
    std::string line = work::rfc3339(mending.at).substr(0, 10) + ":";
    for (const auto& sentence : mending.lines)
      line += (line.ends_with(':') ? " " : "; ") + sentence;
    warnings.push(std::move(line));
  }
  return Value::object()
      .set("team", replica.team().text())
      .set("name", replica.name())
      .set("spaces", std::move(spaces))
      .set("unsynced_objects", unsynced.size())
      .set("devices", std::move(devices))
      .set("warnings", std::move(warnings))
      .set("listening", links_.listening() ? Value(links_.listening()->text()) : Value())
      .set("bytes_on_disk", replica.store().bytes_on_disk());
}

}  // namespace holm::node
