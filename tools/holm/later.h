// Commands that the contract of the command line names and this version does not have yet, so that
// whoever tries one learns that it is not their typing.
#pragma once

#include <string_view>
#include <vector>

namespace holm::cli {

/// First words: "poll", "inbox"; or two: "room member".
const std::vector<std::string_view>& later_commands();

}  // namespace holm::cli
