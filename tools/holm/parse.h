// From words on the command line to one command of the table and its arguments. Wraps CLI11: the
// only file of the program that sees it is parse.cc.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "tools/holm/arguments.h"
#include "tools/holm/spec.h"

namespace holm::cli {

/// Options before or after the command's name.
struct Globals {
  std::string home;
  std::string team;
  std::string passphrase_file;
  bool json = false;
  bool quiet = false;
};

struct Parsed {
  Globals globals;
  const Command* command = nullptr;  ///< never null; "help" when help was asked for in any way
  Arguments arguments;
};

/// `words` without the program's name. Errors: usage, saying what did not fit and where help
/// stands.
Result<Parsed> parse(const Table& table, const std::vector<std::string>& words);

/// The usage line of a command: "holm card add BOARD TITLE [--column C] ...".
std::string usage_line(const Command& command);

}  // namespace holm::cli
