// Rooms: where the work of a team happens.
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status room_new(Call& call) {
  const auto& args = call.args();
  work::RoomNew command;
  command.name = args.get("NAME");
  if (const auto kind = args.find("--kind")) command.kind = *kind;
  command.purpose = args.get("--purpose");
  return make_thing(call, command, "The room \"" + command.name + "\" is made.");
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
       {{"NAME", "what it is called"}},
       {{"--kind", "KIND", "project (when not given), topic, social or private",
         "project|topic|social|private"},
        {"--purpose", "TEXT", "what it is for, in a sentence"},
        {"--members", "A,B", "rooms for some members only come later; leave it out", "",
         Option::Use::later}},
       "",
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
