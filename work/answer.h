// Answers queries from a State. Pure; the shapes are the JSON contract of CLI.md.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"
#include "work/query.h"
#include "work/state.h"

namespace holm::work {

/// When and where the asker is: dates are shown back with this zone.
struct Asking {
  WallTime now{};
  std::string zone;
};

/// Errors: not_found, usage (an ambiguous reference lists the candidates).
Result<Value> answer(const State& state, const Asking& asking, const Query& query);

}  // namespace holm::work
