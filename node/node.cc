#include "node/node.h"

#include <algorithm>

#include "node/file_keep.h"
#include "work/command_codec.h"
#include "work/reference.h"

namespace holm::node {
namespace {

constexpr Millis kContactIdle{1000};
constexpr Millis kDialAgain{400};
constexpr unsigned kDialsMax = 5;
constexpr Millis kTidyGap{20};  ///< between steps of housekeeping, room for all else
constexpr Millis kTendGap{1'000};
constexpr std::uint64_t kTendSpread = 9'000;  // ms
constexpr Millis kMendAgain{60'000};
constexpr Millis kInviteLook{60'000};  ///< after what may have changed them

void keep_earlier(std::optional<Time>& best, std::optional<Time> other) {
  if (other && (!best || *other < *best)) best = other;
}

}  // namespace

Node::Node(const Env& env, Identity& identity)
    : env_(env),
      identity_(identity),
      teams_(env, identity),
      links_(env, identity, teams_, *this),
      asked_at_(env.clock.now()) {}

Node::~Node() = default;

Status Node::start(const std::vector<TeamId>& teams, const std::vector<PendingJoin>& joins) {
  TRY(teams_.open(teams));
  for (const auto& [team, replica] : teams_.all()) plan_tending(*replica);
  invites_at_ = env_.clock.now() + kInviteLook;
  for (const auto& pending : joins) {
    Join join;
    join.pending = pending;
    join.next_try = env_.clock.now();
    join.backoff = std::make_unique<net::Backoff>(net::BackoffLimits{}, env_.rng);
    joins_.push_back(std::move(join));
  }
  return {};
}

Result<net::Endpoint> Node::serve(const net::Endpoint& at) {
  auto bound = TRY(links_.listen(at));
  is_serving_ = true;
  auto refreshed = refresh_contacts();
  if (!refreshed && store::is_damage(refreshed.error()) && mend_soon()) {
    refreshed = refresh_contacts();
  }
  TRY(refreshed);
  return bound;
}

void Node::stop() {
  links_.end_turn();
  is_serving_ = false;  // no link is kept any more
  links_.stop();
  const auto waiting = std::exchange(waiting_, {});
  joins_.clear();
  meetings_.clear();
  file_jobs_.clear();
  watches_.clear();
  for (const auto& [id, asked] : waiting) {
    asked.on_done(fail(Code::failed, "Holm is closing", "everything is kept", "ask again later"));
  }
}

RequestId Node::ask(const Value& request, Asked asked) {
  const auto id = next_request_++;
  asked_at_ = env_.clock.now();
  waiting_.emplace(id, std::move(asked));
  auto outcome = carry_out(id, request);
  if (!outcome && store::is_damage(outcome.error()) && waiting_.contains(id)) {
    // What the logs give back is mended, and the request carried out on what is there then.
    const auto mended = mend_soon();
    if (mended) outcome = carry_out(id, request);
  }
  if (!outcome) {
    finish(id, fail(std::move(outcome).error()));
  } else if (*outcome) {
    finish(id, std::move(**outcome));
  }
  return id;
}

void Node::cancel(RequestId id) {
  waiting_.erase(id);
  watches_.erase(id);
  for (auto& join : joins_) {
    if (join.request == id) join.request = 0;
  }
  std::erase_if(archives_, [&](const Archive& archive) { return archive.request == id; });
  std::erase_if(meetings_, [&](const Meeting& meeting) { return meeting.request == id; });
  for (std::size_t i = 0; i < file_jobs_.size(); ++i) {
    if (file_jobs_[i]->request != id) continue;
    if (i == 0) file_jobs_[i]->replica->store().pieces().forget();
    file_jobs_.erase(file_jobs_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
}

void Node::finish(RequestId id, Result<Value> outcome) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  auto asked = std::move(found->second);
  waiting_.erase(found);
  watches_.erase(id);
  asked.on_done(std::move(outcome));
}

Result<std::optional<Value>> Node::carry_out(RequestId id, const Value& request) {
  const auto what = request["do"].text();
  if (what == "team.create") return std::optional(TRY(team_create(request)));
  if (what == "team.list") return std::optional(TRY(team_list()));
  if (what == "join") return join(id, request);
  if (what == "recover") return recover(id, request);
  if (what == "sync") return sync(id, request);
  if (what == "home.lock") {
    if (!env_.lock) return fail(Code::unsupported, "this node cannot be locked");
    env_.lock();
    return std::optional(Value::object());
  }
  if (what == "backup") return backup(id, request);
  if (what == "verify") return std::optional(TRY(verify(request)));
  auto& replica = *TRY(teams_.resolve(request["team"].text()));
  if (what == "invite.create") return std::optional(TRY(invite_create(replica, request)));
  if (what == "invite.cancel") return std::optional(TRY(invite_cancel(replica, request)));
  if (what == "member.role") return std::optional(TRY(member_role(replica, request)));
  if (what == "device.drop") return std::optional(TRY(device_drop(replica, request)));
  if (what == "device.add") return std::optional(TRY(device_add(replica, request)));
  if (what == "device.rename") return std::optional(TRY(device_rename(replica, request)));
  if (what == "member.verify") return std::optional(TRY(member_verify(replica, request)));
  if (what == "room.member") return std::optional(TRY(room_member(replica, request)));
  if (what == "room.private") return std::optional(TRY(room_private(replica, request)));
  if (what == "team.rekey") return std::optional(TRY(team_rekey(replica)));
  if (what == "team.log") return std::optional(TRY(team_log(replica)));
  if (what.starts_with("tray.")) return std::optional(TRY(tray(replica, request)));
  if (what == "peers" || what == "peers.add" || what == "peers.remove") {
    return std::optional(TRY(peers(replica, request)));
  }
  if (what == "audit") return std::optional(TRY(audit(replica)));
  if (what == "status") return std::optional(TRY(status(replica)));
  if (what == "doc.look") return std::optional(TRY(look(replica, request)));
  if (what == "undo" || what == "redo") return std::optional(TRY(undo(replica, request)));
  if (what == "import") return import(id, replica, request);
  if (what == "import.undo") return std::optional(TRY(import_undo(replica, request)));
  if (what == "export") return std::optional(TRY(export_files(replica, request)));
  if (what == "file.add") return file_add(id, replica, request);
  if (request.has("attach")) return with_attachments(id, replica, request);
  if (what == "file.read") return std::optional(TRY(file_read(replica, request)));
  if (what == "file.list" || what == "file.show") {
    return std::optional(TRY(file_answers(replica, request)));
  }
  if (what == "file.gc") return std::optional(TRY(file_gc(replica)));
  if (what == "file.evict") return std::optional(TRY(file_evict(replica, request)));
  if (what == "file.quota") return std::optional(TRY(file_quota(replica, request)));
  if (what == "watch") {
    Watch watch{.team = replica.team(), .room = std::nullopt};
    if (request.has("room")) {
      watch.room = TRY(work::resolve_room(replica.state(), request["room"].text())).space;
    }
    watches_[id] = watch;
    return std::optional<Value>();
  }
  if (what == "team.show" || what == "profile.show") {
    return std::optional(TRY(with_verified(replica, TRY(run_query(replica, request)))));
  }
  if (what == "device.list") {
    return std::optional(TRY(with_words(replica, TRY(run_query(replica, request)))));
  }
  if (work::is_query(what)) return std::optional(TRY(run_query(replica, request)));
  return std::optional(TRY(run_command(replica, request)));
}

Result<std::optional<Value>> Node::backup(RequestId id, const Value& request) {
  if (!env_.home_parts) return fail(Code::unsupported, "this node has no home to back up");
  const std::string path(request["path"].text());
  if (path.empty())
    return fail(Code::usage, "a backup needs a file to go to", "nothing was written");
  std::optional<std::string> passphrase;
  if (request.has("passphrase")) passphrase = request["passphrase"].text();
  auto parts = TRY(env_.home_parts(passphrase));
  links_.end_turn();
  free_erased_files();  // an order whose carrying out was cut short
  std::vector<std::pair<TeamId, store::Store*>> stores;
  for (const auto& [team, replica] : teams_.all()) stores.emplace_back(team, &replica->store());
  archives_.push_back(
      {id, TRY(Backup::begin(path, std::move(parts), stores, env_.clock.wall(), env_.rng))});
  return std::optional<Value>();
}

void Node::continue_backups() {
  if (archives_.empty()) return;
  links_.end_turn();  // steps go between turns
  for (std::size_t i = 0; i < archives_.size();) {
    auto& archive = archives_[i];
    auto done = archive.backup->step();
    if (done && !*done) {
      ++i;
      continue;
    }
    const auto ended = std::move(archive);
    archives_.erase(archives_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!done) {
      finish(ended.request, fail(std::move(done).error()));
      continue;
    }
    finish(ended.request, Value::object()
                              .set("teams", ended.backup->teams())
                              .set("bytes", ended.backup->bytes())
                              .set("passphrase", ended.backup->has_passphrase()));
  }
}

Result<Value> Node::in_turn(Replica& replica, const std::function<Result<Value>()>& body,
                            bool is_typing) {
  links_.end_turn();  // what others sent stands on its own
  TRY(replica.begin());
  auto answer = body();
  if (!answer) {
    replica.rollback();
    return answer;
  }
  TRY(replica.commit());
  links_.on_written(replica, is_typing);
  return answer;
}

bool Node::mend_soon() {
  // Damage that mending does not end is told as it is, and not sought again at once.
  const auto now = env_.clock.now();
  if (mended_at_ && now - *mended_at_ < kMendAgain) return false;
  mended_at_ = now;
  auto mended = mend_damaged();
  if (!mended) env_.log.write(Level::error, mended.error().text());
  return mended && *mended;
}

void Node::end_turn() {
  links_.end_turn(Links::Ending::may_wait);
  if (std::exchange(has_damage_, false)) (void)mend_soon();
  settle_leaving();
  note_heard();
  check_meetings();
  go_on_recovering();
  free_erased_files();
  if (!tidy_at_ && is_untidy()) tidy_at_ = env_.clock.now() + kTidyGap;
}

bool Node::is_untidy() const {
  const auto& all = teams_.all();
  return std::any_of(all.begin(), all.end(), [](const auto& item) {
    return !item.second->store().in_turn() && item.second->store().is_untidy();
  });
}

void Node::tidy(Time now) {
  if (!tidy_at_ || *tidy_at_ > now) return;
  tidy_at_.reset();
  for (const auto& [team, replica] : teams_.all()) {
    auto& store = replica->store();
    if (store.in_turn() || !store.is_untidy()) continue;
    if (auto done = store.tidy(); !done) {
      has_damage_ = has_damage_ || store::is_damage(done.error());
      env_.log.write(Level::warn, done.error().text());
    }
  }
}

/// Pieces that only erased files reached go as soon as nothing else is done with pieces.
void Node::free_erased_files() {
  if (!archives_.empty() || !file_jobs_.empty()) return;
  for (const auto& [team, owned] : teams_.all()) {
    auto& replica = *owned;
    if (!replica.erasures().has_pieces() || replica.store().in_turn()) continue;
    links_.end_turn();
    const auto turns = turns_of(replica);
    auto done = collect_erased(replica, turns, env_.rng);
    if (done) done = turns([&] { return replica.erasures().forget_pieces(); });
    if (done) continue;
    replica.erasures().put_off_pieces();
    env_.log.write(Level::warn, "pieces of an erased file stay: " + done.error().text());
  }
}

/// What somebody else did may leave keys in the wrong hands, or somebody without. Who did it sees
/// to that in the same turn; if that did not come along, whoever notices does, each after a while
/// of their own, so that one of them is enough.
void Node::plan_tending(Replica& replica, const std::vector<Changed>& changed) {
  const bool is_any = std::any_of(changed.begin(), changed.end(), [&](const Changed& item) {
    return item.space == replica.trust();
  });
  if (is_any) plan_tending(replica);
}

void Node::plan_tending(Replica& replica) {
  const auto now = env_.clock.wall();
  const auto due = replica.tend_keys_at(now);
  if (!due) return;
  const auto at = env_.clock.now() + std::max(*due - now, Millis{0}) + kTendGap +
                  Millis{static_cast<Millis::rep>(env_.rng.below(kTendSpread))};
  const auto [planned, is_new] = tend_at_.try_emplace(replica.team(), at);
  // What is planned for soon stays: more may come meanwhile, and one time is enough.
  if (!is_new && at < planned->second) planned->second = at;
}

void Node::tend_keys(Time now) {
  std::vector<Replica*> later;
  for (auto at = tend_at_.begin(); at != tend_at_.end();) {
    auto* replica = at->second <= now ? teams_.find(at->first) : nullptr;
    if (at->second > now) {
      ++at;
      continue;
    }
    at = tend_at_.erase(at);
    if (replica == nullptr) continue;
    const auto wall = env_.clock.wall();
    auto done = in_turn(
        *replica,
        [&]() -> Result<Value> {
          TRY(replica->tend_keys(wall));
          return Value();
        },
        false);
    if (!done) env_.log.write(Level::warn, done.error().text());
    later.push_back(replica);  // when it did not work, for another try
  }
  for (auto* replica : later) plan_tending(*replica);
}

void Node::on_deadline(Time now) {
  step_files();
  links_.on_deadline(now);
  tend_keys(now);
  continue_backups();
  tidy(now);
  close_spent_invites(now);
  for (std::size_t i = 0; i < joins_.size();) {
    auto& join = joins_[i];
    if (join.give_up && *join.give_up <= now) {
      const auto request = join.request;
      const auto at = join.pending.at;
      if (join.is_fetching) {  // it belongs, and what is missing comes as it does for any device
        join.is_partial = true;
        finish_recovery(join);
        continue;
      }
      if (join.link != 0) links_.hang_up(join.link, "no answer in time");
      join.give_up.reset();
      join.request = 0;
      const auto why = join.last ? "; last: " + join.last->what : std::string();
      finish(request, join.pending.secret.empty()
                          ? fail(Code::timeout, "nothing came back yet from " + at + why,
                                 "what arrived is kept, and so is the phrase in this home",
                                 "it goes on with: holm serve, or holm recover again")
                          : fail(Code::timeout, "nobody let this device in yet at " + at + why,
                                 "the code is kept", "it goes on with: holm serve, or join again"));
      continue;
    }
    if (join.link == 0 && join.next_try <= now) try_join(join);
    ++i;
  }
  for (auto& contact : contacts_) {
    if (!is_serving_ || contact.link != 0 || contact.next_try > now) continue;
    auto link = links_.dial(contact.team, contact.at);
    if (link) {
      contact.link = *link;
    } else {
      contact.next_try = now + contact.backoff->next();
    }
  }
  for (auto& meeting : meetings_) {
    for (auto& leg : meeting.legs) {
      if (!leg.retry_at || *leg.retry_at > now) continue;
      leg.retry_at.reset();
      auto link = links_.dial(leg.team, leg.to);
      if (link) leg.link = *link;
    }
  }
  check_meetings();
}

std::optional<Time> Node::deadline() const {
  auto out = links_.deadline();
  keep_earlier(out, tidy_at_);
  for (const auto& [team, at] : tend_at_) keep_earlier(out, at);
  keep_earlier(out, invites_at_);
  if (!archives_.empty()) keep_earlier(out, env_.clock.now());
  if (!file_jobs_.empty()) keep_earlier(out, env_.clock.now());
  for (const auto& join : joins_) {
    keep_earlier(out, join.give_up);
    if (join.link == 0) keep_earlier(out, join.next_try);
  }
  for (const auto& meeting : meetings_) {
    keep_earlier(out, meeting.give_up);
    for (const auto& leg : meeting.legs) keep_earlier(out, leg.retry_at);
  }
  if (is_serving_) {
    for (const auto& contact : contacts_) {
      if (contact.link == 0) keep_earlier(out, contact.next_try);
    }
  }
  return out;
}

// --- what links tell

void Node::on_link_open(const LinkInfo& link) {
  if (link.dialled.host.empty()) return;
  for (auto& contact : contacts_) {
    if (contact.link == link.id) contact.backoff->reset();
    if (contact.team == link.team && contact.at == link.dialled) return;
  }
  if (!is_serving_) return;
  // An address that a join or a meeting brought is known from now on, so its link is kept.
  Contact contact;
  contact.team = link.team;
  contact.at = link.dialled;
  contact.link = link.id;
  contact.backoff = std::make_unique<net::Backoff>(net::BackoffLimits{}, env_.rng);
  contacts_.push_back(std::move(contact));
}

void Node::on_link_closed(const LinkInfo& link, const Error& why) {
  for (auto& contact : contacts_) {
    if (contact.link != link.id) continue;
    contact.link = 0;
    contact.next_try = env_.clock.now() + std::max(kContactIdle, contact.backoff->next());
  }
  for (auto& meeting : meetings_) {
    for (auto& leg : meeting.legs) {
      if (leg.link != link.id) continue;
      if (leg.is_done) {  // it did its part
        leg.link = 0;
        continue;
      }
      if (why.code == Code::denied && link.stage == LinkStage::connecting && !leg.to.host.empty() &&
          leg.tries < kDialsMax) {
        ++leg.tries;
        leg.link = 0;
        leg.retry_at = env_.clock.now() + kDialAgain;
        continue;
      }
      leg.failed = why;
      leg.last = link;
      leg.is_done = true;
    }
  }
  if (why.code != Code::failed) env_.log.write(Level::info, "a link ended: " + why.text());
}

void Node::on_changed(Replica& replica, const std::vector<Changed>& changed) {
  plan_tending(replica, changed);
  if (std::any_of(changed.begin(), changed.end(),
                  [&](const Changed& item) { return item.space == replica.trust(); })) {
    keep_earlier(invites_at_, env_.clock.now() + kInviteLook);
  }
  if (watches_.empty()) return;
  const auto watches = watches_;
  for (const auto& item : changed) {
    if (item.space == replica.trust()) continue;
    std::optional<Value> event;
    for (const auto& [id, watch] : watches) {
      if (watch.team != replica.team() || (watch.room && *watch.room != item.space)) continue;
      const auto found = waiting_.find(id);
      if (found == waiting_.end() || !found->second.on_event) continue;
      if (!event) {
        auto described = describe(replica, item);
        if (!described) break;
        event = std::move(*described);
      }
      found->second.on_event(*event);
    }
  }
}

Snapshot Node::snapshot() const {
  Snapshot out;
  out.at = env_.clock.wall();
  if (links_.listening()) out.listening = links_.listening()->text();
  for (const auto& [id, replica] : teams_.all()) {
    if (!is_entered(*replica)) continue;
    Snapshot::Team team{.id = id, .name = replica->name()};
    team.members = static_cast<std::uint64_t>(
        std::count_if(replica->roster().people.begin(), replica->roster().people.end(),
                      [](const auto& it) { return it.second.role != work::members::Role::none; }));
    for (const auto& space : replica->spaces()) {
      team.changes += replica->store().logs().change_count(space).value_or(0);
    }
    out.teams.push_back(std::move(team));
  }
  for (const auto& link : links_.links()) {
    if (link.stage != LinkStage::open) continue;
    const auto& replica = *teams_.all().at(link.team);
    const auto* device = replica.roster().device(link.device);
    out.peers.push_back({link.device,
                         device != nullptr ? work::name_of(replica.state(), device->member) : "",
                         link.in_sync});
  }
  return out;
}

}  // namespace holm::node
