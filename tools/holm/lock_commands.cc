// Who can open the home on this machine: lock, passphrase, the desktop's keyring.
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/locks.h"
#include "tools/holm/page.h"

namespace holm::cli {
namespace {

constexpr std::string_view kNextFile = "--new-passphrase-file";

Status lock(Call& call) {
  const auto answer = TRY(call.host().lock(call.home()));
  if (answer["lock"].text() == "keyring") {
    call.notice(
        "The desktop's keyring opens this home: while it is unlocked, whoever uses this account "
        "can "
        "open it again.");
  } else if (!answer["passphrase"].flag()) {
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

/// Locks the home in another way, and says what that way is good for.
Status relock(Call& call, const Relock& wish, std::string_view done) {
  const auto answer = TRY(call.host().relock(wish));
  for (const auto sentence : kProtection) call.notice(sentence);
  if (answer["left_in_keyring"].flag()) {
    call.notice(
        "The desktop's keyring could not be had to forget the key it held; it opens old copies of "
        "this home, so remove the entry \"Holm home\" there.");
  }
  return call.done(answer, done);
}

Status set(Call& call) {
  const Relock wish{call.home(), std::nullopt, TRY(next(call))};
  return relock(call, wish, "This home opens with the passphrase now.");
}

Status change(Call& call) {
  Relock wish{call.home(), TRY(current(call)), {}};
  if (!wish.current)
    return fail(Code::usage, "no passphrase was given", "nothing was changed",
                "give --passphrase-file or $HOLM_PASSPHRASE");
  wish.next = TRY(next(call));
  return relock(call, wish, "This home opens with the new passphrase now.");
}

/// A home that opens without a passphrase needs none; who has one is asked for it when it is
/// missed.
Status relock_from_any(Call& call, Relock wish, std::string_view done) {
  wish.current = TRY(call.passphrase());
  auto tried = relock(call, wish, done);
  if (tried || tried.error().code != Code::denied || wish.current) return tried;
  wish.current = call.host().ask_secret("Passphrase now: ");
  if (!wish.current) return tried;
  return relock(call, wish, done);
}

Status remove(Call& call) {
  return relock_from_any(call, {call.home(), {}, {}}, "This home opens without a passphrase now.");
}

Status into_keyring(Call& call) {
  return relock_from_any(call, {call.home(), {}, {}, true},
                         "This home opens with the desktop's keyring now.");
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
       "From a passphrase or from the desktop's keyring.",
       remove},
      {"passphrase keyring",
       chapter,
       "have the desktop's keyring open the home",
       {},
       {},
       "From a key file or from a passphrase. The key stays in the home, sealed; the keyring holds "
       "what opens it, so a copy of the home opens nowhere else, and a backup takes a passphrase "
       "of "
       "its own. Where there is no keyring, or it stays locked, nothing is changed.",
       into_keyring},
  };
}

}  // namespace holm::cli
