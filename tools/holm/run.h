// One invocation of `holm`, from words to exit code.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "tools/holm/host.h"

namespace holm::cli {

/// Runs one command. Returns the exit code of CLI.md: 0 done, 1 failed, 2 wrong usage, 3 not found,
/// 4 not permitted, 5 busy or locked, 6 damaged data, 7 timed out.
int run(const std::vector<std::string>& words, const Host& host);

int exit_code(Code code);

/// "holm: WHAT HAPPENED; what is safe; what to do\n": one line whatever the error holds.
std::string error_line(const Error& error);

}  // namespace holm::cli
