// A set of acts in words, for whoever looks into why a guarantee broke.
#pragma once

#include <string>

#include "work/members/rules.h"

namespace holm::work::members::test {

/// One act a line, then what everybody is. Devices are numbered as trust_search.h does: a person's
/// first by their number, each next one `people` further.
std::string print(const Rules& rules, PersonIndex people);

}  // namespace holm::work::members::test
