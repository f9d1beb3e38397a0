// Copies of a home for bad days: backup, backup restore.
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"

namespace holm::cli {
namespace {

Status backup(Call& call) {
  const auto path = absolute_path(call.args().get("FILE"));
  auto request = Value::object().set("do", "backup").set("path", path);
  // Used for homes that a keyring opens, which does not travel with the file.
  if (const auto passphrase = TRY(call.passphrase())) request.set("passphrase", *passphrase);
  const auto answer = TRY(call.ask_any_team(request));
  return call.done(answer, "The backup is in " + path + ". It opens with " +
                               (answer["passphrase"].flag() ? "the passphrase given."
                                                            : "what opens this home now."));
}

Status restore(Call& call) {
  Restore restore{absolute_path(call.args().get("FILE")), call.home(), TRY(call.passphrase())};
  auto answer = call.host().restore(restore);
  if (!answer && answer.error().code == Code::denied && !restore.passphrase) {
    if (const auto typed = call.host().ask_secret("Passphrase of the backup: ")) {
      restore.passphrase = typed;
      answer = call.host().restore(restore);
    } else {
      answer.error().code = Code::busy;  // locked, rather than forbidden
    }
  }
  const auto made = TRY(std::move(answer));
  return call.done(made, "The home is back in " + restore.home +
                             ". What teammates have received since comes back at the next sync.");
}

}  // namespace

Table backup_commands() {
  const auto chapter = Chapter::keep;
  return {
      {"backup",
       chapter,
       "write this home, with all its teams, into one file",
       {{"FILE", "where to write it; a new file"}},
       {},
       "Work goes on meanwhile. The file is encrypted as the home is and opens with the same "
       "passphrase; where the home has none, whoever has the file can read it. Where the desktop's "
       "keyring opens the home, give a passphrase for the file, since the keyring stays behind.",
       backup},
      {"backup restore",
       chapter,
       "make a home in a new folder from a backup",
       {{
           "FILE",
           "the backup",
       }},
       {},
       "Name the new folder with --home. The restored home writes under new logs, so it may be "
       "older than what teammates hold, and the home it came from may still be in use.",
       restore},
  };
}

}  // namespace holm::cli
