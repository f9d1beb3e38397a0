// What each way of locking a home is good for: said where one is chosen.
#pragma once

#include <array>
#include <string_view>

namespace holm::cli {

inline constexpr std::array<std::string_view, 3> kProtection = {
    "A key file keeps out other users of this machine, but not whoever gets its disk.",
    "The desktop's keyring keeps out whoever gets the disk, if your login password is strong, but "
    "no program that runs while you are logged in.",
    "A passphrase keeps out all of them while the home is locked, but nobody can bring a forgotten "
    "one back."};

}  // namespace holm::cli
