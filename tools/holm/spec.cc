#include "tools/holm/spec.h"

#include "tools/holm/groups.h"

namespace holm::cli {

const Table& command_table() {
  static const Table table = [] {
    Table out;
    for (auto part : {start_commands(), member_commands(), identity_commands(), lock_commands(),
                      meet_commands(), room_commands(), document_commands(), comment_commands(),
                      history_commands(), board_commands(), card_commands(), thread_commands(),
                      search_commands(), file_commands(), exchange_commands(), backup_commands(),
                      help_commands()})
      out.insert(out.end(), part.begin(), part.end());
    return out;
  }();
  return table;
}

const std::vector<Option>& global_options() {
  static const std::vector<Option> options = {
      {"--home", "DIR", "the home to work in; else $HOLM_HOME, else the data folder of this user",
       "folder"},
      {"--team", "T", "the team meant, where a home has several and the reference does not tell"},
      {"--json", "", "print one JSON document instead of text for people"},
      {"--quiet", "", "no notices, and nothing but answers to questions"},
      {"--passphrase-file", "F", "read the passphrase from a file; else $HOLM_PASSPHRASE", "file"},
  };
  return options;
}

std::string_view chapter_title(Chapter chapter) {
  switch (chapter) {
    case Chapter::start: return "Start, team, devices";
    case Chapter::meet: return "Meet and sync";
    case Chapter::rooms: return "Rooms";
    case Chapter::documents: return "Documents and comments";
    case Chapter::history: return "History and undo";
    case Chapter::boards: return "Boards and cards";
    case Chapter::threads: return "Threads and messages";
    case Chapter::find: return "For me";
    case Chapter::files: return "Files";
    case Chapter::keep: return "Keep and move";
    case Chapter::help: return "Help";
  }
  return "";
}

}  // namespace holm::cli
