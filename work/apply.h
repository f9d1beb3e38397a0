// Commands in, writes out: `(State, Author, Command, Time) -> Result<Outcome>`. Pure. Rules that
// every receiver enforces stand in judge.h; here stands what an author's own device allows.
#pragma once

#include <map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/value.h"
#include "crdt/author.h"
#include "work/command.h"
#include "work/state.h"

namespace holm::work {

/// Who acts, when, and with what randomness (ids).
struct Acting {
  MemberId member;
  DeviceId device;
  WallTime now{};
  std::string zone;  ///< of the member, for dates without one: "Europe/Lisbon"
  Rng& rng;
};

/// A room to be opened by a membership op, under an id that derives from the nonce and its author.
struct OpenRoom {
  SpaceId space;
  Bytes nonce;
  bool is_private = false;
  std::vector<members::RoomMember> members{};  ///< beside the author; sorted
};

/// What a command amounts to. Each space gets one change (or a run of them), each valid alone.
struct Outcome {
  std::map<SpaceId, std::vector<crdt::Write>> writes;
  std::optional<OpenRoom> open_room;  ///< RoomNew; its writes are already in `writes`
  Value answer;                       ///< what the command line prints as JSON: {"id", ...}
  std::vector<std::string> notices;  ///< sentences for the person: "also set to ...", "taken twice"
};

/// Whether a member may write in a space as the team stands. Errors: denied, in words.
Status check_may_write(const State& state, const MemberId& member, const SpaceId& space);

/// Errors: usage, not_found, denied; ambiguity lists the candidates. Nothing happens on error.
Result<Outcome> apply(const State& state, const Acting& acting, const Command& command);

}  // namespace holm::work
