// A roster as text, for comparing.
#pragma once

#include <string>

#include "work/members/roster.h"

namespace holm::work::members::test {

/// Everything a roster says, as text that is equal exactly when they are.
std::string print(const Roster& roster);

}  // namespace holm::work::members::test
