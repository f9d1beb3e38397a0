// Cards: one piece of work each, with checklist, progress and all their fields.
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status card_add(Call& call) {
  const auto& args = call.args();
  work::CardAdd command;
  command.board = args.get("BOARD");
  command.title = args.get("TITLE");
  command.column = args.find("--column");
  command.assign = args.list("--assign");
  command.due = args.find("--due");
  command.not_before = args.find("--not-before");
  command.estimate = args.find("--estimate");
  command.priority = args.find("--priority");
  command.labels = args.list("--label");
  if (args.has("--text")) command.text = TRY(call.optional_text("--text"));
  auto answer = TRY(call.ask(command));
  // The short number is what people go on to use, and only the board can tell it.
  const auto card = TRY(call.ask(work::CardShow{std::string(answer["id"].text())}));
  answer.set("number", card["number"]);
  const auto number = card["number"].text();
  const auto column = card["column"]["title"].text();
  std::string sentence(number.empty() ? "The card" : number);
  sentence += " \"" + command.title + "\" is made";
  if (!column.empty()) sentence += ", in " + std::string(column);
  return call.made(answer, sentence);
}

Status card_show(Call& call) {
  return show_answer(call, work::CardShow{call.args().get("REF")}, render_card);
}

Status card_move(Call& call) {
  const auto& args = call.args();
  if (args.has("--top") + args.has("--bottom") + args.has("--before") > 1)
    return fail(Code::usage, "--before, --top and --bottom exclude each other",
                "nothing was changed", "give one of them");
  const auto ref = args.get("REF");
  const auto column = args.get("COLUMN");
  return do_command(call, work::CardMove{ref, column, args.find("--before"), args.has("--top")},
                    ref + " is in " + column + ".");
}

Status card_set(Call& call) {
  const auto ref = call.args().get("REF");
  const auto pairs = TRY(parse_pairs(call.args().all("KEY=VALUE")));
  return do_command(call, work::CardSet{ref, pairs}, ref + " is changed.");
}

Status card_check(Call& call) {
  const auto& args = call.args();
  const auto item = args.get("ITEM");
  const bool off = args.has("--off");
  return do_command(call, work::ItemCheck{args.get("REF"), item, off},
                    "\"" + item + (off ? "\" is open again." : "\" is ticked."));
}

Status item_add(Call& call) {
  const auto& args = call.args();
  const auto text = TRY(call.text("TEXT"));
  return make_thing(call,
                    work::ItemAdd{args.get("REF"), text, args.find("--checklist"),
                                  args.find("--assign"), args.find("--due")},
                    "The item is on the checklist.");
}

Status item_set(Call& call) {
  const auto& args = call.args();
  const auto pairs = TRY(parse_pairs(args.all("KEY=VALUE")));
  return do_command(call, work::ItemSet{args.get("REF"), args.get("ITEM"), pairs},
                    "The item is changed.");
}

Status item_move(Call& call) {
  const auto& args = call.args();
  return do_command(call, work::ItemMove{args.get("REF"), args.get("ITEM"), args.find("--before")},
                    "The item is moved.");
}

Status item_remove(Call& call) {
  const auto& args = call.args();
  return do_command(call, work::ItemRemove{args.get("REF"), args.get("ITEM")},
                    "The item is removed; it stays in history.");
}

Status card_update(Call& call) {
  const auto& args = call.args();
  const auto text = TRY(call.text("TEXT"));
  const auto ref = args.get("REF");
  return make_thing(call,
                    work::CardUpdate{ref, text, args.find("--percent"), args.find("--confidence")},
                    "Your update on " + ref + " stands.");
}

Status card_done(Call& call) {
  const auto ref = call.args().get("REF");
  return do_command(call, work::CardDone{ref, false}, ref + " is done.");
}

Status card_reopen(Call& call) {
  const auto ref = call.args().get("REF");
  return do_command(call, work::CardDone{ref, true}, ref + " is open again.");
}

Status card_archive(Call& call) {
  const auto ref = call.args().get("REF");
  const bool off = call.args().has("--off");
  return do_command(call, work::CardArchive{ref, off}, ref + (off ? " is back." : " is archived."));
}

}  // namespace

Table card_commands() {
  using Need = Argument::Need;
  using Use = Option::Use;
  const auto chapter = Chapter::boards;
  const Argument ref{"REF", "the card: its short number (R-42), Room/Title, or its id"};
  const Argument item{"ITEM", "its position on the card from 1, its text, or its id"};
  const Option due{"--due", "D", "2026-12-01, \"tomorrow 17:00\", +3d, fri, or RFC 3339"};
  const Option file{"--file", "F", kFileHelp, "file"};
  const std::string_view priorities = "urgent|high|normal|low";
  return {
      {"card add",
       chapter,
       "add a card to a board",
       {{"BOARD", "the board: Room/Title, or its id"}, {"TITLE", "what is to be done"}},
       {{"--column", "C", "where it begins; the first column when not given"},
        {"--assign", "M", "who does it; may be given several times", "", Use::repeated},
        due,
        {"--not-before", "D", "when it may begin"},
        {"--estimate", "TIME", "how long it takes: 90m, 4h, 2d"},
        {"--priority", "P", "urgent, high, normal or low", priorities},
        {"--text", "F", "its description, from a file; - reads stdin", "file"},
        {"--label", "L", "a label; may be given several times", "", Use::repeated},
        {"--after", "CARD", "cards that depend on others come later; leave it out", "",
         Use::later}},
       "",
       card_add},
      {"card show", chapter, "a card with all there is to it", {ref}, {}, "", card_show},
      {"card move",
       chapter,
       "move a card to a column",
       {ref, {"COLUMN", "its title or id"}},
       {{"--before", "REF", "in front of this card"},
        {"--top", "", "first in the column"},
        {"--bottom", "", "last in the column, as when nothing is given"}},
       "",
       card_move},
      {"card set",
       chapter,
       "change fields of a card",
       {ref, {"KEY=VALUE", "which fields, see below", Need::some}},
       {},
       "Keys: title, text, priority, due, not_before, estimate, percent, blocked_reason, "
       "waiting_on, repeats, card_type. An empty value clears the field.\n"
       "assignees, labels, followers and tags take +x to add, -x to take away, or a whole list "
       "x,y.",
       card_set},
      {"card check",
       chapter,
       "tick an item of the checklist",
       {ref, item},
       {{"--off", "", "open it again"}},
       "",
       card_check},
      {"card item add",
       chapter,
       "add an item to the checklist",
       {ref, {"TEXT", "what is to be done; - reads stdin", Need::text}},
       {{"--checklist", "T", "which checklist; the first when not given"},
        {"--assign", "M", "who does it"},
        due,
        file},
       "",
       item_add},
      {"card item set",
       chapter,
       "change text, assignee or due date of an item",
       {ref, item, {"KEY=VALUE", "text=..., assignee=Ana, due=fri", Need::some}},
       {},
       "",
       item_set},
      {"card item move",
       chapter,
       "move an item",
       {ref, item},
       {{"--before", "ITEM", "in front of this item; last when not given"}},
       "",
       item_move},
      {"card item remove",
       chapter,
       "take an item off the checklist",
       {ref, item},
       {},
       "",
       item_remove},
      {"card update",
       chapter,
       "say in a line how it goes",
       {ref, {"TEXT", "one line; - reads stdin", Need::text}},
       {{"--percent", "N", "how far it is, 0 to 100"},
        {"--confidence", "C", "on-track, at-risk or off-track", "on-track|at-risk|off-track"},
        file},
       "",
       card_update},
      {"card done", chapter, "say that a card is done", {ref}, {}, "", card_done},
      {"card reopen", chapter, "open a card that was done", {ref}, {}, "", card_reopen},
      {"card archive",
       chapter,
       "put a card away; nothing of it is lost",
       {ref},
       {{"--off", "", "bring it back"}},
       "",
       card_archive},
  };
}

}  // namespace holm::cli
