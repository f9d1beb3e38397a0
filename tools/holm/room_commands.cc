// Rooms: where the work of a team happens.
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status room_new(Call& call) {
  const auto& args = call.args();
  work::RoomNew command;
  command.name = args.get("NAME");
  if (const auto kind = args.find("--kind")) command.kind = *kind;
  command.purpose = args.get("--purpose");
  command.members = args.list("--members");
  if (command.kind == "one-to-one")
    return make_thing(call, command, "The room is made. It is called by who else is in it.");
  if (command.name.empty())
    return fail(Code::usage, "what the room is called is missing", "nothing was changed",
                "write: holm room new NAME");
  return make_thing(
      call, command,
      "The room \"" + command.name + "\" is made" +
          (command.kind == "private" ? ", and nobody else hears of what is in it." : "."));
}

/// Who is in a room, for people.
void render_room_members(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  const auto members = answer["members"];
  for (const auto* one : by_name(members, "name", "me"))
    rows.push_back({std::string((*one)["name"].text()), std::string((*one)["level"].text()),
                    Cell(std::string((*one)["role"].text()), Style::faint)});
  page.line(std::string(answer["room"].text()) +
                (answer["private"].flag() ? " (private)" : " (everybody in the team)"),
            Style::strong);
  page.table({"who", "may", "in the team"}, rows);
}

Status room_member(Call& call) {
  const auto& args = call.args();
  const auto action = args.get("ACTION");
  auto request = Value::object().set("do", "room.member").set("room", args.get("ROOM"));
  request.set("action", action);
  if (const auto name = args.find("NAME")) request.set("member", *name);
  if (const auto level = args.find("LEVEL")) request.set("level", *level);
  if (action != "list" && !args.has("NAME"))
    return fail(Code::usage, "whom is missing", "nothing was changed",
                "write: holm room member ROOM " + action + " NAME");
  const auto answer = TRY(call.ask(std::move(request)));
  if (action == "list") return call.show(answer, render_room_members);
  const auto name = std::string(answer["name"].text());
  const auto room = std::string(answer["room"].text());
  if (answer["level"].text() == "none")
    return call.done(
        answer, name + " is no longer in " + room + ". What their devices have already they keep.");
  return call.done(answer,
                   name + " is now a " + std::string(answer["level"].text()) + " in " + room + ".");
}

Status room_private(Call& call) {
  const auto& args = call.args();
  Value members = Value::array();
  for (const auto& name : args.list("--members")) members.push(name);
  const auto answer = TRY(call.ask(Value::object()
                                       .set("do", "room.private")
                                       .set("room", args.get("ROOM"))
                                       .set("members", std::move(members))));
  return call.done(answer, std::string(answer["room"].text()) +
                               " is private from now on. Others keep what they have of it, and "
                               "hear nothing new.");
}

Status room_list(Call& call) {
  return show_answer(call, work::RoomList{call.args().has("--archived")}, render_rooms);
}

Status room_show(Call& call) {
  return show_answer(call, work::RoomShow{call.args().get("ROOM")}, render_room);
}

Status room_set(Call& call) {
  const auto room = call.args().get("ROOM");
  const auto pairs = TRY(parse_pairs(call.args().all("KEY=VALUE")));
  return do_command(call, work::RoomSet{room, pairs}, "The room \"" + room + "\" is changed.");
}

Status room_archive(Call& call) {
  const auto room = call.args().get("ROOM");
  const bool off = call.args().has("--off");
  return do_command(call, work::RoomArchive{room, off},
                    "The room \"" + room + (off ? "\" is back." : "\" is archived."));
}

}  // namespace

Table room_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::rooms;
  const Argument room{"ROOM", "its name or id"};
  return {
      {"room new",
       chapter,
       "make a room",
       {{"NAME", "what it is called; of a one-to-one room nothing", Need::optional}},
       {{"--kind", "KIND", "project (when not given), topic, social, private or one-to-one",
         "project|topic|social|private|one-to-one"},
        {"--purpose", "TEXT", "what it is for, in a sentence"},
        {"--members", "A,B", "who else is in a private room; in a one-to-one room the other"}},
       "What is in a private room reaches the devices of its members alone, by direct links "
       "between them. A one-to-one room is called by who else is in it.",
       room_new},
      {"room list",
       chapter,
       "the rooms of the team",
       {},
       {{"--archived", "", "archived ones too"}},
       "",
       room_list},
      {"room show", chapter, "a room and what is in it", {room}, {}, "", room_show},
      {"room set",
       chapter,
       "change a room's title, purpose, kind or owner",
       {room, {"KEY=VALUE", "title=\"New name\", purpose=\"...\", owner=Ana", Need::some}},
       {},
       "",
       room_set},
      {"room member",
       chapter,
       "who is in a room, and what they may do there",
       {room,
        {"ACTION", "add, remove, role or list"},
        {"NAME", "whom; \"me\" to leave", Need::optional},
        {"LEVEL", "reader, writer (when not given) or manager", Need::optional}},
       {},
       "By who manages the room: who made it, and whom they made a manager; in rooms for everybody "
       "admins and owners too. Where nobody manages it any more, everyone who writes there.\n"
       "Whoever is taken out keeps what their devices have, to read. What they wrote before they "
       "heard of it lands in the tray of those who manage the room: holm tray.",
       room_member},
      {"room private",
       chapter,
       "leave a room to some of the team from now on",
       {room},
       {{"--members", "A,B", "who stays, beside you"}},
       "Others keep what their devices have of it, and hear nothing new. It cannot be taken back; "
       "everybody may be added again.",
       room_private},
      {"room archive",
       chapter,
       "put a room away; nothing in it is lost",
       {room},
       {{"--off", "", "bring it back"}},
       "",
       room_archive},
  };
}

}  // namespace holm::cli
