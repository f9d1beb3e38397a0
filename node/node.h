// The node: teams, links and the requests of people, joined. Deterministic given an Env; the real
// one is driven by runtime.cc, simulated ones by tests/sim. Threads: the loop's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/value.h"
#include "net/backoff.h"
#include "node/env.h"
#include "node/file_job.h"
#include "node/links.h"
#include "node/snapshot.h"
#include "node/teams.h"
#include "node/verify_store.h"

namespace holm::node {

/// What becomes of one request. Threads: the loop's.
struct Asked {
  std::function<void(Result<Value>)> on_done;       ///< once
  std::function<void(const Value&)> on_event = {};  ///< watch only
};
using RequestId = std::uint64_t;

class Node final : public LinkEvents {
 public:
  /// `identity` may be changed by requests; `env` and it outlive the node.
  Node(const Env& env, Identity& identity);
  ~Node() override;

  /// Opens the stores and takes up joins that were not answered. Errors: the stores'.
  Status start(const std::vector<TeamId>& teams, const std::vector<PendingJoin>& joins);
  /// Accepts links, and from now on keeps links to every known address.
  Result<net::Endpoint> serve(const net::Endpoint& at);
  /// Says goodbye on all links and fails what is waited for.
  void stop();
  /// When a request came last; the start when none has.
  Time asked_at() const { return asked_at_; }

  /// Carries out a request (node/client.h lists them); on_done may be called before this returns.
  RequestId ask(const Value& request, Asked asked);
  void cancel(RequestId id);

  /// All that happened in this turn of the loop becomes durable and is sent.
  void end_turn();
  void on_deadline(Time now);
  std::optional<Time> deadline() const;

  Snapshot snapshot() const;
  Teams& teams() { return teams_; }
  Links& links() { return links_; }

  // LinkEvents
  void on_link_open(const LinkInfo& link) override;
  void on_link_closed(const LinkInfo& link, const Error& why) override;
  void on_recoverable(net::LinkId link, const std::vector<TeamId>& teams) override;
  void on_join(net::LinkId link, const Result<TeamId>& outcome) override;
  void on_changed(Replica& replica, const std::vector<Changed>& changed) override;
  void on_damage() override { has_damage_ = true; }

 private:
  /// A join or recovery under way: asked for by a person, or taken up again.
  struct Join {
    PendingJoin pending;
    std::deque<TeamId> wanted;  ///< by a recovery: still to be brought back, the first one now
    std::vector<TeamId> done;   ///< by a recovery: those that are back
    bool is_partial = false;    ///< by a recovery: a link ended before all had come
    bool is_fetching = false;   ///< by a recovery: it belongs, and what the team has is coming
    /// By a recovery into a home that had another phrase: that one, for when it comes to nothing.
    std::optional<crypto::SecretKey32> before;
    net::LinkId link = 0;  ///< 0: between tries
    Time next_try{};
    std::optional<Time> give_up;
    std::unique_ptr<net::Backoff> backoff;
    RequestId request = 0;  ///< 0: nobody waits
    std::optional<Error> last;
  };
  /// A meeting that somebody waits for: done once every link is quiet and equal, or gone.
  struct Meeting {
    RequestId request = 0;
    Time give_up{};
    struct Leg {
      TeamId team;
      net::LinkId link = 0;
      net::Endpoint to;
      bool is_ours = false;  ///< dialled for this meeting: hung up afterwards
      unsigned tries = 1;    ///< dials; a crowded door hangs up on teammates as on strangers
      std::optional<Time> retry_at;
      std::optional<LinkInfo> last;
      std::optional<Error> failed;
      bool is_done = false;
    };
    std::vector<Leg> legs;
  };
  /// A known address that serve() keeps a link to.
  struct Contact {
    TeamId team;
    net::Endpoint at;
    net::LinkId link = 0;
    Time next_try{};
    std::unique_ptr<net::Backoff> backoff;
  };
  struct Watch {
    TeamId team;
    std::optional<SpaceId> room;
  };

  bool is_untidy() const;
  /// A step of housekeeping in each store, when it is due.
  void tidy(Time now);
  void plan_tending(Replica& replica, const std::vector<Changed>& changed);
  void plan_tending(Replica& replica);
  void tend_keys(Time now);
  Result<std::optional<Value>> carry_out(RequestId id, const Value& request);
  void finish(RequestId id, Result<Value> outcome);

  // requests_work.cc
  Result<Value> run_command(Replica& replica, const Value& request);
  Result<Value> run_query(Replica& replica, const Value& request);
  Result<Value> search(Replica& replica, const work::Query& query);
  Result<Value> look(Replica& replica, const Value& request);
  Result<Value> describe(Replica& replica, const Changed& changed);
  Result<Value> undo(Replica& replica, const Value& request);
  Result<std::optional<Value>> import(RequestId id, Replica& replica, const Value& request);
  struct ImportRoom {
    std::string name;
    SpaceId space;
  };
  enum class Turn { of_its_own, under_way };
  Result<Value> import_files(Replica& replica, const Value& request, const ImportRoom& room,
                             const std::vector<work::SourceFile>& files, Turn turn);
  Result<Value> import_undo(Replica& replica, const Value& request);
  Result<Value> export_files(Replica& replica, const Value& request);
  Result<Value> verify(const Value& request);
  void let_go_of(Replica& replica);
  Result<std::vector<std::string>> mend_here(Replica& replica, const Verified& found);
  /// Looks for damage in every store and mends it. Whether there was any.
  Result<bool> mend_damaged();
  /// The same, unless it was done a moment ago.
  bool mend_soon();
  Result<std::optional<Value>> backup(RequestId id, const Value& request);
  void continue_backups();
  /// Errors: busy while a backup is being made.
  Status check_pieces_may_go() const;
  Result<Value> audit(Replica& replica);
  // requests_files.cc
  InTurn turns_of(Replica& replica);
  Status begin_file_job(FileJob job);
  /// Takes the first job on by a few milliseconds; true when it is done and gone.
  Result<bool> step_job(FileJob& job);
  Result<std::unique_ptr<ByteSource>> open_source(const FileJob& job,
                                                  const FileJob::Source& source);
  void step_files();
  Result<std::optional<Value>> file_add(RequestId id, Replica& replica, const Value& request);
  Result<std::optional<Value>> with_attachments(RequestId id, Replica& replica,
                                                const Value& request);
  Result<Value> file_read(Replica& replica, const Value& request);
  Result<Value> file_answers(Replica& replica, const Value& request);
  Result<Value> file_gc(Replica& replica);
  void free_erased_files();
  Result<Value> file_evict(Replica& replica, const Value& request);
  Result<Value> file_quota(Replica& replica, const Value& request);
  // requests_team.cc
  Result<Value> team_create(const Value& request);
  Result<Value> team_list();
  Result<Value> invite_create(Replica& replica, const Value& request);
  Result<Value> invite_cancel(Replica& replica, const Value& request);
  Status introduce(Replica& replica);
  /// Closes invites that it is for this device to close by now (work/members/closing.h).
  void close_spent_invites(Time now);
  // requests_members.cc
  /// What is held back of one log.
  struct LateWork {
    SpaceId space;
    store::LogInfo log;
    std::vector<work::members::LogSpan> spans;
    std::uint64_t changes = 0;
    WallTime from{};
    WallTime to{};
    std::vector<std::string> words;
  };
  Result<Value> write_membership(Replica& replica, work::members::Op op, Value answer);
  Result<Value> member_role(Replica& replica, const Value& request);
  /// The only owner means to leave, or to stay after all: a word in their profile.
  Status mean_to_leave(Replica& replica, bool leaves);
  /// An owner who means to leave does, now that there is another one. Whether they did.
  Result<bool> leave_if_followed(Replica& replica);
  /// The same wherever membership has changed.
  void settle_leaving();
  Result<Value> confirm_removal(Replica& replica, const MemberId& who, const std::string& name,
                                bool only_checks);
  Result<Value> device_drop(Replica& replica, const Value& request);
  Result<Value> team_log(Replica& replica);
  Result<Value> team_rekey(Replica& replica);
  Result<std::vector<LateWork>> late_work(Replica& replica, bool with_dismissed) const;
  Result<Value> tray(Replica& replica, const Value& request);
  // requests_devices.cc
  Result<std::optional<Value>> recover(RequestId id, const Value& request);
  Status take_phrase(const crypto::SecretKey32& key, Join& join);
  void give_back_phrase(Join& join);
  void go_on_recovering();
  void finish_recovery(Join& join);
  Value recovered(const Join& join) const;
  void publish_recovery(Replica& replica);
  Result<Value> device_add(Replica& replica, const Value& request);
  Result<Value> device_rename(Replica& replica, const Value& request);
  Result<work::members::Device> own_device(Replica& replica, const Value& request) const;
  Result<Value> member_verify(Replica& replica, const Value& request);
  Result<Value> with_verified(Replica& replica, Value answer) const;
  Result<Value> with_words(Replica& replica, Value answer) const;
  // requests_rooms.cc
  Result<Value> room_member(Replica& replica, const Value& request);
  Result<Value> room_private(Replica& replica, const Value& request);
  // requests_links.cc
  void begin_join(RequestId id, PendingJoin pending, const Value& request);
  Result<std::optional<Value>> join(RequestId id, const Value& request);
  Result<std::optional<Value>> sync(RequestId id, const Value& request);
  Result<Value> peers(Replica& replica, const Value& request);
  Result<Value> status(Replica& replica);
  void try_join(Join& join);
  void check_meetings();
  void finish_meeting(Meeting& meeting, bool is_late);
  void note_heard();
  Status refresh_contacts();
  Status save_joins();

  /// Runs `body` in a turn of its own: commits when it succeeds, undoes it otherwise, then sends.
  Result<Value> in_turn(Replica& replica, const std::function<Result<Value>()>& body,
                        bool is_typing);

  const Env& env_;
  Identity& identity_;
  Teams teams_;
  Links links_;
  RequestId next_request_ = 1;
  Time asked_at_;
  std::optional<Time> tidy_at_;
  std::map<TeamId, Time> tend_at_;  ///< when keys are seen to
  std::optional<Time> invites_at_;  ///< when to look for invites to close
  struct Archive {
    RequestId request = 0;
    std::unique_ptr<Backup> backup;
  };
  std::vector<Archive> archives_;  // being written
  std::map<RequestId, Asked> waiting_;
  std::vector<Join> joins_;
  std::vector<Meeting> meetings_;
  std::vector<Contact> contacts_;
  std::map<RequestId, Watch> watches_;
  std::map<std::pair<TeamId, DeviceId>, Bytes> heard_;  ///< as last written
  std::deque<std::unique_ptr<FileJob>> file_jobs_;
  std::map<TeamId, std::vector<ShortHash>> settled_;  ///< frontiers, by settle_leaving()
  bool is_serving_ = false;
  bool has_damage_ = false;        ///< a link met some; mended when the turn ends
  std::optional<Time> mended_at_;  ///< when damage was looked for last
};

}  // namespace holm::node
