// The table of commands. Parsing, help, the man page and the completions of three shells are all
// made from it, so none of them can say something else than the program does. Plain data: each
// command group fills in its part (groups.h); nothing here knows how words are parsed.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace holm::cli {

class Call;

/// A word that is told apart by its place.
struct Argument {
  enum class Need {
    required,
    optional,
    text,  ///< required words of a person; `-` reads them from stdin, --file from a file
    some,  ///< one or more
    any,   ///< any number
  };
  std::string_view name;  ///< in capitals: "ROOM/TITLE"
  std::string_view help;
  Need need = Need::required;
};

struct Option {
  enum class Use {
    once,
    repeated,  ///< several values: given several times, or one after another
    later,     ///< promised by the contract, not in this version: refused by name
  };
  std::string_view name;   ///< "--role"
  std::string_view value;  ///< "ROLE"; empty: a flag
  std::string_view help;
  /// What may be completed: words separated by '|', or "file", or "folder". Not checked.
  std::string_view values = {};
  Use use = Use::once;
};

/// Under which heading help lists a command.
enum class Chapter {
  start,
  meet,
  rooms,
  documents,
  history,
  boards,
  threads,
  find,
  files,
  keep,
  help
};

struct Command {
  std::string_view name;  ///< one to three words: "card item add"
  Chapter chapter;
  std::string_view summary;  ///< one line, no full stop
  std::vector<Argument> arguments;
  std::vector<Option> options;
  std::string_view notes;  ///< paragraphs for help and man page; may be empty
  /// Does it. Errors become the line on stderr and the exit code.
  Status (*run)(Call&);
  enum class Shown { listed, hidden } shown = Shown::listed;
};

using Table = std::vector<Command>;

/// Every command of the program, in the order of the help. Built once.
const Table& command_table();

/// Options that every command takes.
const std::vector<Option>& global_options();

/// Heading of a chapter.
std::string_view chapter_title(Chapter chapter);

}  // namespace holm::cli
