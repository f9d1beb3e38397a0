// The parts of the command table, one function per file of commands.
#pragma once

#include <optional>
#include <string>

#include "base/value.h"
#include "tools/holm/spec.h"

namespace holm::cli {

Table start_commands();     ///< init, team, invite, join, device, profile
Table member_commands();    ///< member, device drop, tray, team log
Table identity_commands();  ///< recover, device add and rename, verify-member
Table lock_commands();      ///< lock, passphrase
Table meet_commands();      ///< serve, sync, peers, status, watch
Table room_commands();      ///< room
Table document_commands();  ///< doc
Table comment_commands();   ///< comment
Table history_commands();   ///< history, diff, restore, undo, redo, blame, conflicts
Table board_commands();     ///< board
Table card_commands();      ///< card
Table thread_commands();    ///< thread, say, reply, react, retract
Table search_commands();    ///< search
Table file_commands();      ///< file
Table exchange_commands();  ///< import, export, verify, demo
Table backup_commands();    ///< backup
Table help_commands();      ///< help, completions, manpage, version

/// Option of every command that takes words of a person.
inline constexpr std::string_view kFileHelp = "take the words from file F; - reads stdin";

/// The passphrase for a home about to be made: given, typed twice, or none. Errors: usage.
Result<std::optional<std::string>> new_passphrase(Call& call);
/// Writes an answer's code where --file and --qr say. Errors: failed, with what stands and what
/// to do.
Status keep_code(Call& call, const Value& answer, const std::string& stands,
                 const std::string& todo);

}  // namespace holm::cli
