// Boards and their columns.
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status board_new(Call& call) {
  const auto& args = call.args();
  work::BoardNew command;
  command.path = args.get("ROOM/TITLE");
  command.key = args.find("--key");
  if (const auto columns = args.find("--columns")) command.columns = *columns;
  return make_thing(call, command, "The board \"" + command.path + "\" is made.");
}

Status board_list(Call& call) {
  return show_answer(call, work::BoardList{call.args().find("ROOM")}, render_boards);
}

Status board_show(Call& call) {
  const auto& args = call.args();
  return show_answer(call, work::BoardShow{args.get("REF"), args.has("--archived")}, render_board);
}

Status column_add(Call& call) {
  const auto& args = call.args();
  work::ColumnAdd command;
  command.board = args.get("BOARD");
  command.title = args.get("TITLE");
  if (const auto kind = args.find("--kind")) command.kind = *kind;
  command.before = args.find("--before");
  command.limit = args.find("--limit");
  return make_thing(call, command, "The column \"" + command.title + "\" is made.");
}

Status column_move(Call& call) {
  const auto& args = call.args();
  const auto column = args.get("COLUMN");
  return do_command(call, work::ColumnMove{args.get("BOARD"), column, args.find("--before")},
                    "The column \"" + column + "\" is moved.");
}

Status column_rename(Call& call) {
  const auto& args = call.args();
  const auto title = args.get("TITLE");
  return do_command(call,
                    work::ColumnSet{args.get("BOARD"), args.get("COLUMN"), {{"title", title}}},
                    "The column is now called \"" + title + "\".");
}

Status column_set(Call& call) {
  const auto& args = call.args();
  const auto pairs = TRY(parse_pairs(args.all("KEY=VALUE")));
  return do_command(call, work::ColumnSet{args.get("BOARD"), args.get("COLUMN"), pairs},
                    "The column \"" + args.get("COLUMN") + "\" is changed.");
}

Status column_remove(Call& call) {
  const auto& args = call.args();
  const auto column = args.get("COLUMN");
  return do_command(
      call, work::ColumnRemove{args.get("BOARD"), column},
      "The column \"" + column + "\" is removed; its cards are in the first column that queues.");
}

}  // namespace

Table board_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::boards;
  const Argument board{"BOARD", "the board: Room/Title, or its id"};
  const Argument column{"COLUMN", "its title or id"};
  const Option before{"--before", "COLUMN", "in front of this column; last when not given"};
  return {
      {"board new",
       chapter,
       "make a board",
       {{"ROOM/TITLE", "where, and what it is called"}},
       {{"--key", "R", "letters of its cards' numbers: R gives R-1, R-2, ..."},
        {"--columns", "LIST",
         "names with kinds: \"Next:queue,Doing:doing,Waiting:waiting,Done:done\" when not given"}},
       "A column's kind says what its cards are: queue, doing, waiting or done.",
       board_new},
      {"board list",
       chapter,
       "the boards of the team or of a room",
       {{"ROOM", "only this room's", Need::optional}},
       {},
       "",
       board_list},
      {"board show",
       chapter,
       "a board with its cards",
       {{"REF", "the board: Room/Title, or its id"}},
       {{"--archived", "", "archived cards and removed columns too"}},
       "",
       board_show},
      {"board column add",
       chapter,
       "add a column",
       {board, {"TITLE", "what it is called"}},
       {{"--kind", "KIND", "queue (when not given), doing, waiting or done",
         "queue|doing|waiting|done"},
        before,
        {"--limit", "N", "how many cards should stand in it at most"}},
       "",
       column_add},
      {"board column move", chapter, "move a column", {board, column}, {before}, "", column_move},
      {"board column rename",
       chapter,
       "give a column another title",
       {board, column, {"TITLE", "its new title"}},
       {},
       "",
       column_rename},
      {"board column set",
       chapter,
       "change a column's title, kind or limit",
       {board, column, {"KEY=VALUE", "title=..., kind=doing, limit=3", Need::some}},
       {},
       "",
       column_set},
      {"board column remove",
       chapter,
       "remove a column; its cards go to the first that queues",
       {board, column},
       {},
       "",
       column_remove},
  };
}

}  // namespace holm::cli
