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

/// What a command amounts to. Each space gets one change (or a run of them), each valid alone.
struct Outcome {
  std::map<SpaceId, std::vector<crdt::Write>> writes;
  /// RoomNew: the space to be opened by a membership op; its writes are already in `writes`.
  std::optional<SpaceId> open_room;
  Value answer;                      ///< what the command line prints as JSON: {"id", ...}
  std::vector<std::string> notices;  ///< sentences for the person: "also set to ...", "taken twice"
};

/// Errors: usage, not_found, denied; ambiguity lists the candidates. Nothing happens on error.
Result<Outcome> apply(const State& state, const Acting& acting, const Command& command);

}  // namespace holm::work
