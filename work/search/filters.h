// What the filters of a question come to: terms that an object must or must not hold, and times.
// Pure reads of a State.
#pragma once

#include <optional>
#include <vector>

#include "base/match.h"
#include "base/result.h"
#include "work/answer.h"
#include "work/search/query.h"
#include "work/state.h"

namespace holm::work::search {

struct Narrowed {
  std::vector<Match> all;
  std::vector<Match> without;
  std::optional<WallTime> from;   ///< written then or later
  std::optional<WallTime> until;  ///< written before
  bool archived = false;          ///< what is archived too
};

/// Filters of one name add up to "one of these". Errors: usage and not_found, naming what was not
/// understood.
Result<Narrowed> narrow(const State& state, const Asking& asking,
                        const std::vector<Filter>& filters);

}  // namespace holm::work::search
