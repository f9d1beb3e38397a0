// Who can open the home on this machine: lock, passphrase.
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"

namespace holm::cli {
namespace {

constexpr std::string_view kNextFile = "--new-passphrase-file";

Status lock(Call& call) {
  const auto answer = TRY(call.host().lock(call.home()));
  if (!answer["passphrase"].flag()) {
    call.notice(
        "This home has no passphrase: whoever uses this account can open it again. Give it one "
        "with: holm passphrase set");
  }
  return call.done(answer, answer["was_open"].flag()
                               ? "Locked: no process holds this home open any more."
                               : "No process held this home open.");
}

/// The passphrase that opens the home now; nothing when none was given.
Result<std::optional<std::string>> current(Call& call) {
  auto given = TRY(call.passphrase());
  if (!given) given = call.host().ask_secret("Passphrase now: ");
  return given;
}

Result<std::string> next(Call& call) {
  if (const auto file = call.args().find(kNextFile)) {
    auto given = TRY(read_passphrase(*file));
    return given;
  }
  const auto& ask = call.host().ask_secret;
  const auto typed = ask("New passphrase: ");
  if (!typed)
    return fail(Code::usage, "no new passphrase was given", "nothing was changed",
                "type it at a terminal, or give " + std::string(kNextFile));
  if (typed->empty())
    return fail(Code::usage, "an empty passphrase protects nothing", "nothing was changed",
                "to do without one: holm passphrase remove");
  if (ask("The same again: ") != typed)
    return fail(Code::usage, "the two passphrases differ", "nothing was changed", "try again");
  return *typed;
}

Status set(Call& call) {
  Relock relock{call.home(), std::nullopt, TRY(next(call))};
  return call.done(TRY(call.host().relock(relock)), "This home opens with the passphrase now.");
}

Status change(Call& call) {
  Relock relock{call.home(), TRY(current(call)), {}};
  if (!relock.current)
    return fail(Code::usage, "no passphrase was given", "nothing was changed",
                "give --passphrase-file or $HOLM_PASSPHRASE");
  relock.next = TRY(next(call));
  return call.done(TRY(call.host().relock(relock)), "This home opens with the new passphrase now.");
}

Status remove(Call& call) {
  Relock relock{call.home(), TRY(current(call)), std::nullopt};
  const auto answer = TRY(call.host().relock(relock));
  call.notice("The home is unlocked by a key file that only this user can read.");
  return call.done(answer, "This home opens without a passphrase now.");
}

}  // namespace

Table lock_commands() {
  const auto chapter = Chapter::start;
  return {
      {"lock",
       chapter,
       "close this home in whatever process holds it open, and forget its keys",
       {},
       {},
       "Stores are encrypted on the disk at all times; locking ends what can read them. With a "
       "passphrase it takes that to open the home again.",
       lock},
      {"passphrase set",
       chapter,
       "lock a home by a passphrase that had none",
       {},
       {{"--new-passphrase-file", "F", "read the new passphrase from a file", "file"}},
       "Takes a moment by design. Stores are not rewritten. Write the passphrase down: nobody can "
       "bring it back, though your recovery phrase can make you a new home.",
       set},
      {"passphrase change",
       chapter,
       "give the home another passphrase",
       {},
       {{"--new-passphrase-file", "F", "read the new passphrase from a file", "file"}},
       "The passphrase so far comes from --passphrase-file, $HOLM_PASSPHRASE or the terminal.",
       change},
      {"passphrase remove",
       chapter,
       "go back to a key file that only this user can read",
       {},
       {},
       "",
       remove},
  };
}

}  // namespace holm::cli
