// Conversations with other devices: dials and accepts, lets in who belongs, and keeps replicas in
// step. Decides whom to talk to; sync decides what to say, net carries it. Owned by a Node.
// Threads: the loop's.
//
// Everything a link causes in a store is staged in the team's turn and acknowledged after
// Links::end_turn(), which commits.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/backoff.h"
#include "net/gate.h"
#include "net/replay_guard.h"
#include "net/session.h"
#include "node/env.h"
#include "node/teams.h"
#include "sync/peer.h"
#include "work/members/invite_code.h"

namespace holm::node {

/// How far a link has come.
enum class LinkStage : std::uint8_t {
  connecting,
  joining,
  membership_only,  ///< who the other side is, is not known here yet
  late,             ///< one side was removed: its own logs are heard out, nothing else is told
  open,
};

/// What is known of one link, for status and tests.
struct LinkInfo {
  net::LinkId id = 0;
  TeamId team;
  DeviceId device;
  net::Endpoint dialled;  ///< empty host: the other side dialled
  LinkStage stage = LinkStage::connecting;
  bool in_sync = false;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t round_trips = 0;
  Millis clock_gap{0};  ///< how far ahead the clock is of who let this device in
};

/// What Links tells its owner, always outside a call into Links' own entry points' middle: after
/// the state it tells of stands.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  /// The link authenticated as a device of the team.
  virtual void on_link_open(const LinkInfo& link) = 0;
  virtual void on_link_closed(const LinkInfo& link, const Error& why) = 0;
  /// A knock by this home's phrase was answered: by these teams it can be brought back into.
  virtual void on_recoverable(net::LinkId link, const std::vector<TeamId>& teams) = 0;
  /// A join or recovery that this device asked for: it belongs now, or was refused.
  virtual void on_join(net::LinkId link, const Result<TeamId>& outcome) = 0;
  /// Something became durable in a team: received or written.
  virtual void on_changed(Replica& replica, const std::vector<Changed>& changed) = 0;
  /// A store does not give back what was written into it.
  virtual void on_damage() = 0;
};

class Links final : public net::TransportEvents {
 public:
  Links(const Env& env, const Identity& identity, Teams& teams, LinkEvents& events);
  ~Links() override;

  Result<net::Endpoint> listen(const net::Endpoint& at);
  const std::optional<net::Endpoint>& listening() const { return listening_; }
  /// Starts a link to a teammate's device. Errors: not_found before the team has a key.
  Result<net::LinkId> dial(const TeamId& team, const net::Endpoint& to);
  /// Starts a link to someone who can let this device in.
  net::LinkId dial_join(const work::members::InviteSecret& secret, const net::Endpoint& to);
  /// Starts a link to a device of any team of this home's phrase: asks which teams there are, or
  /// makes this device one of the person's in `team`.
  net::LinkId dial_recovery(const std::optional<TeamId>& team, const net::Endpoint& to);
  void hang_up(net::LinkId link, std::string why);
  /// Says goodbye on all links and takes no new ones.
  void stop();

  /// Commits what was staged, acknowledges, and sends what peers lack. Errors: the store's; the
  /// links whose work was lost are closed and start again. With may_wait, a team that has more to
  /// deliver keeps its turn open for a while, so that many slices share a commit.
  enum class Ending : bool { now, may_wait };
  void end_turn(Ending ending = Ending::now);
  /// Local writes of a team were committed: push them to those who lack them, now or, for typing,
  /// at the next flush.
  void on_written(Replica& replica, bool is_typing);

  /// Logs of which a linked peer was seen to hold another history than this device did then.
  std::set<LogId> forked(const TeamId& team) const;
  std::vector<LinkInfo> links() const;
  std::optional<LinkInfo> find(net::LinkId link) const;

  void on_deadline(Time now);
  std::optional<Time> deadline() const;

  // net::TransportEvents
  void on_accepted(net::LinkId link, const net::Endpoint& from) override;
  void on_dialled(net::LinkId link) override;
  void on_bytes(net::LinkId link, ByteView bytes) override;
  void on_drained(net::LinkId link) override;
  void on_closed(net::LinkId link, const Error& why) override;

 private:
  struct Link;
  struct Staged {
    net::LinkId link;
    TeamId team;
    sync::Delta delta;  // ranges emptied: only what the acknowledgement needs
    std::vector<sync::Ack::Have> have;
  };

  Link* get(net::LinkId id);
  static Error silence(const Link& link);
  LinkInfo info(const Link& link) const;
  void pump(Link& link);
  void pump_all();
  void stored(const Replica& replica, const SpaceId& space);
  void on_established(Link& link, net::Established established);
  void on_message(Link& link, ByteView bytes);
  void on_admitting_message(Link& link, const sync::Message& message);
  void ask_to_join(Link& link, const Hello& hello);
  void answer_request(Link& link, const Result<TeamId>& team);
  Result<TeamId> admit(Link& link, const sync::JoinRequest& request);
  Result<TeamId> certify(Link& link, const sync::DeviceRequest& request);
  void on_recover_request(Link& link, const sync::RecoverRequest& request);
  void on_recoverable(Link& link, const sync::Recoverable& recoverable);
  bool may_sign_in(const Link& link) const;
  void sign_in(Link& link);
  void on_admitted(Link& link, const sync::Admitted& admitted);
  void on_refused(Link& link, const sync::Refused& refused);
  void on_delta(Link& link, sync::Delta delta);
  /// The store failed: what this turn took in is gone, and asked for again.
  void lose_turn(Replica& replica, const Error& why);
  void note_profiles(const Replica& replica, const std::vector<Changed>& changed);
  void on_membership_changed(Replica& replica);
  void hear_out(Link& link, const DeviceId& device, bool is_new);
  void on_taken_back(Link& link);
  void on_removed(Link& link, const sync::Refused& refused);
  void leave(Link& link, sync::Delta delta);
  void promote(Link& link);
  /// Tells whoever asked to join that this device is in, once the link is open.
  void answer_join(Link& link);
  void send(Link& link, const sync::Message& message);
  void close(Link& link, net::GoodbyeReason reason, std::string why);
  void remember(const Link& link);

  const Env& env_;
  const Identity& identity_;
  Teams& teams_;
  LinkEvents& events_;
  net::Gate gate_;
  net::ReplayGuard replays_;
  std::map<net::LinkId, std::unique_ptr<Link>> links_;
  std::optional<net::Endpoint> listening_;
  bool is_stopping_ = false;
  std::vector<Staged> staged_;
  std::map<TeamId, Time> turn_since_;  // of turns that wait for what is behind
  std::map<TeamId, Time> deliver_at_;  // of teams that are behind: when to go on
  std::set<net::LinkId> promoted_at_turn_end_;
  std::optional<Time> flush_at_;  ///< when typing is pushed
  std::set<std::pair<TeamId, SpaceId>> typed_;
  std::map<std::pair<TeamId, net::Endpoint>, std::size_t> unanswered_;  ///< knocks
  std::map<TeamId, Time> reoffer_at_;  ///< ranges that were not taken then will be
};

}  // namespace holm::node
