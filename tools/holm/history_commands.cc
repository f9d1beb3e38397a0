// What was: history, differences, restoring, undo; and values that were set by two people at once.
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status history(Call& call) {
  work::History query{call.args().get("REF")};
  if (const auto limit = call.args().find("--limit"))
    query.limit = TRY(parse_count(*limit, "--limit", 1, 1'000'000));
  return show_answer(call, query, render_history);
}

Status diff(Call& call) {
  const auto& args = call.args();
  return show_answer(call, work::Diff{args.get("REF"), args.find("FROM"), args.find("TO")},
                     render_difference);
}

Status restore(Call& call) {
  const auto& args = call.args();
  const auto ref = args.get("REF");
  const auto version = args.get("VERSION");
  return do_command(call, work::Restore{ref, version, args.find("--part")},
                    ref + " is as it was at " + version + "; what it was before stays in history.");
}

Status erase(Call& call) {
  const auto ref = call.args().get("REF");
  if (!call.args().has("--yes")) {
    const auto answer = call.host().ask("Erase \"" + ref +
                                        "\" on every device? Nobody can bring it back, and nobody "
                                        "can say who copied it before. Type yes: ");
    if (!answer)
      return fail(Code::usage, "erasing can't be taken back, and there is nobody to ask",
                  "nothing was erased", "say so with --yes");
    if (*answer != "yes")
      return fail(Code::failed, "not confirmed", "nothing was erased", "type yes, in full");
  }
  return do_command(call, work::Erase{ref},
                    "Erased here, and on every device as soon as this reaches it.");
}

/// "Yard/Tasks" and 4 more: a board stands before its columns.
std::string what_was(const Value& objects) {
  const auto& items = objects.items();
  if (items.empty()) return "nothing";
  auto out = "\"" + std::string(items.front()["path"].text()) + "\"";
  if (items.size() > 1) out += " and " + std::to_string(items.size() - 1) + " more";
  return out;
}

Result<Value> take_back(Call& call, std::string_view what) {
  auto request = Value::object().set("do", what);
  if (const auto ref = call.args().find("REF")) request.set("object", *ref);
  return call.ask(std::move(request));
}

Status undo(Call& call) {
  const auto answer = TRY(take_back(call, "undo"));
  return call.done(answer, "Your last change to " + what_was(answer["undone"]) +
                               " is taken back; work of others stays.");
}

Status redo(Call& call) {
  const auto answer = TRY(take_back(call, "redo"));
  return call.done(answer,
                   "What you took back of " + what_was(answer["redone"]) + " stands again.");
}

Status blame(Call& call) {
  return show_answer(call, work::Blame{call.args().get("REF")}, render_blame);
}

Status conflicts(Call& call) {
  return show_answer(call, work::Conflicts{call.args().find("REF")}, render_conflicts);
}

Status take(Call& call) {
  const auto& args = call.args();
  const auto field = args.get("FIELD");
  return do_command(call, work::TakeValue{args.get("REF"), field, args.get("VALUE")},
                    "\"" + field + "\" is now " + args.get("VALUE") + ".");
}

Status keep(Call& call) {
  const auto& args = call.args();
  return do_command(call, work::KeepValue{args.get("REF"), args.get("FIELD")},
                    "\"" + args.get("FIELD") + "\" stays as it is shown.");
}

}  // namespace

Table history_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::history;
  const Argument ref{"REF", "a document, card, board, thread or room"};
  const Argument perhaps{"REF", "only this thing", Need::optional};
  const Argument field{"FIELD", "as \"holm conflicts\" names it: title, due, ..."};
  const Argument value{"VALUE", "one of those shown"};
  const std::string_view version = "a version from \"holm history\", a time, or -N changes ago";
  return {
      {"history",
       chapter,
       "every change of a thing, newest first",
       {ref},
       {{"--limit", "N", "how many: 50 when not given"}},
       "",
       history},
      {"diff",
       chapter,
       "what changed between two versions, and by whom",
       {ref, {"FROM", version, Need::optional}, {"TO", "now when not given", Need::optional}},
       {},
       "Without versions: the last change.",
       diff},
      {"restore",
       chapter,
       "bring an old version back, as a new change",
       {ref, {"VERSION", version}},
       {{"--part", "LINES", "only these lines of that version, from 1: 10-20"}},
       "",
       restore},
      {"erase",
       chapter,
       "wipe a thing's words and files from every device, for good",
       {ref},
       {{"--yes", "", "don't ask"}},
       "A message, comment, card, item, document, thread or file, with its parts. You can erase "
       "what "
       "you wrote; an owner can erase anything. A line \"erased by NAME on DATE\" stays. Backups "
       "and "
       "copies made before keep what they hold.",
       erase},
      {"undo",
       chapter,
       "take back your own last change; others' work stays",
       {perhaps},
       {},
       "",
       undo},
      {"redo", chapter, "make what you took back stand again", {perhaps}, {}, "", redo},
      {"blame", chapter, "who wrote which lines, and when", {{"REF", "a document"}}, {}, "", blame},
      {"conflicts",
       chapter,
       "fields that two people set at the same time",
       {perhaps},
       {},
       "The later value is shown everywhere and the other kept beside it, until someone chooses.",
       conflicts},
      {"conflicts take",
       chapter,
       "choose one of the values of a field",
       {ref, field, value},
       {},
       "",
       take},
      {"conflicts keep", chapter, "let the shown value stand", {ref, field}, {}, "", keep},
      {"take",
       chapter,
       "the same as \"conflicts take\"",
       {ref, field, value},
       {},
       "",
       take,
       Command::Shown::hidden},
      {"keep",
       chapter,
       "the same as \"conflicts keep\"",
       {ref, field},
       {},
       "",
       keep,
       Command::Shown::hidden},
  };
}

}  // namespace holm::cli
