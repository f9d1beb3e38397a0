// Making a home, a team and its members: init, team, invite, join, device, profile.
#include <algorithm>
#include <filesystem>

#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/locks.h"
#include "tools/holm/page.h"
#include "tools/holm/qr.h"
#include "tools/holm/render.h"

namespace holm::cli {

Result<std::optional<std::string>> new_passphrase(Call& call) {
  const auto& args = call.args();
  std::optional<std::string> out;
  if (args.has("--no-passphrase")) {
    if (call.passphrase_file().empty()) return out;
    return fail(Code::usage, "--no-passphrase and --passphrase-file exclude each other",
                "nothing was made");
  }
  out = TRY(call.passphrase());
  if (out) return out;
  const auto& ask = call.host().ask_secret;
  auto typed = ask("Passphrase for this home (empty: none): ");
  if (!typed || typed->empty()) return out;
  if (ask("The same again: ") != typed)
    return fail(Code::usage, "the two passphrases differ", "nothing was made", "try again");
  return typed;
}

Status keep_code(Call& call, const Value& answer, const std::string& stands,
                 const std::string& todo) {
  const auto& args = call.args();
  const std::string code(answer["code"].text());
  Status kept;
  if (const auto file = args.find("--file")) {
    kept = write_file(*file, as_bytes(code + "\n"), Access::owner);
  }
  if (const auto file = args.find("--qr"); file && kept) {
    auto picture = qr_png(std::string(kCodeLink) + code);
    kept = picture ? write_file(*file, *picture, Access::owner)
                   : Status(fail(std::move(picture).error()));
  }
  if (!kept) return fail(kept.error().code, kept.error().what, stands, todo);
  return kept;
}

namespace {

Status init(Call& call) {
  const auto& args = call.args();
  Init init{call.home(), args.get("--name"), args.get("--zone"), args.get("--hours"), {}, {}};
  if (!args.has("--name"))
    return fail(Code::usage, "\"init\" needs --name, the name your team will see",
                "nothing was made", "for example: holm init --name Ana");
  init.in_keyring = args.has("--keyring");
  if (init.in_keyring && (args.has("--no-passphrase") || !call.passphrase_file().empty()))
    return fail(Code::usage,
                "--keyring excludes --no-passphrase and --passphrase-file: a home opens in one way",
                "nothing was made");
  if (!init.in_keyring) init.passphrase = TRY(new_passphrase(call));
  const auto answer = TRY(call.host().init(init));
  call.notice(init.in_keyring ? "The home is unlocked by the desktop's keyring."
              : init.passphrase
                  ? "The home is unlocked by the passphrase."
                  : "The home is unlocked by a key file that only this user can read.");
  for (const auto sentence : kProtection) call.notice(sentence);
  return call.show(answer, render_init);
}

Status team_create(Call& call) {
  const auto name = call.args().get("NAME");
  const auto answer =
      TRY(call.ask_any_team(Value::object().set("do", "team.create").set("name", name)));
  return call.done(answer, "The team \"" + name + "\" is made. Ask people in with: holm invite");
}

Status team_show(Call& call) { return show_answer(call, work::TeamShow{true}, render_team); }
Status team_members(Call& call) { return show_answer(call, work::TeamShow{true}, render_members); }
Status team_list(Call& call) {
  const auto answer = TRY(call.ask_any_team(Value::object().set("do", "team.list")));
  return call.show(answer, [](const Value& teams, Page& page) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& team : teams["teams"].items())
      rows.push_back(
          {std::string(team["name"].text()), Cell(Page::short_id(team["team"]), Style::faint)});
    if (rows.empty()) return page.line("No team yet. Make one with: holm team create NAME");
    page.table({}, rows);
  });
}

Status team_rename(Call& call) {
  const auto name = call.args().get("NAME");
  return do_command(call, work::TeamRename{name}, "The team is now called \"" + name + "\".");
}

Status invite(Call& call) {
  const auto& args = call.args();
  auto request = Value::object().set("do", "invite.create");
  if (const auto role = args.find("--role")) request.set("role", *role);
  if (const auto uses = args.find("--uses"))
    request.set("uses", TRY(parse_count(*uses, "--uses", 1, 1000)));
  if (const auto expires = args.find("--expires")) request.set("expires", *expires);
  if (args.has("--room")) {
    Value rooms = Value::array();
    for (const auto& room : args.all("--room")) rooms.push(room);
    request.set("rooms", std::move(rooms));
  }
  const auto answer = TRY(call.ask(std::move(request)));
  TRY(keep_code(call, answer, "the invite stands (" + Page::short_id(answer["id"]) + ")",
                "cancel it with holm invite cancel, or ask for another"));
  return call.show(answer, render_invite);
}

Status invite_list(Call& call) {
  return show_answer(call, work::InviteList{call.args().has("--all")}, render_invites);
}

Status invite_cancel(Call& call) {
  const auto answer =
      TRY(call.ask(Value::object().set("do", "invite.cancel").set("id", call.args().get("ID"))));
  return call.done(answer, "The invite is cancelled: nobody can enter with it any more.");
}

Status join(Call& call) {
  const auto& args = call.args();
  auto code = args.get("CODE|FILE");
  std::error_code ignored;
  if (std::filesystem::is_regular_file(code, ignored)) {
    auto held = TRY(read_file(code));
    held.resize(std::min(held.find('\n'), held.size()));
    code = std::move(held);
  }
  if (code.starts_with(kCodeLink)) code = code.substr(kCodeLink.size());
  auto request = Value::object().set("do", "join").set("code", code);
  if (const auto at = args.find("--at")) request.set("at", *at);
  const auto span = TRY(parse_span(args.find("--timeout").value_or("60s")));
  request.set("timeout_ms", span.count());
  if (call.host().err.is_terminal) call.notice("Waiting to be let in ...");
  return call.show(TRY(call.ask_any_team(request)), render_join);
}

Status device_list(Call& call) {
  return show_answer(call, work::DeviceList{call.args().find("MEMBER")}, render_devices);
}

Status profile_show(Call& call) {
  return show_answer(call, work::ProfileShow{call.args().find("MEMBER")}, render_profile);
}

Status profile_set(Call& call) {
  const auto pairs = TRY(parse_pairs(call.args().all("KEY=VALUE")));
  return do_command(call, work::ProfileSet{pairs}, "Your profile is changed.");
}

}  // namespace

Table start_commands() {
  using Need = Argument::Need;
  using Use = Option::Use;
  const auto chapter = Chapter::start;
  return {
      {"init",
       chapter,
       "make a home: this device's keys and its stores",
       {},
       {{"--name", "NAME", "your name as the team will see it"},
        {"--zone", "AREA/CITY", "your time zone; the machine's when not given"},
        {"--hours", "HOURS", "your working hours: \"Mon-Fri 09:00-17:00\""},
        {"--no-passphrase", "", "unlock by a key file that only this user can read"},
        {"--keyring", "", "unlock by the desktop's keyring, which opens when you log in"}},
       "Prints the recovery phrase once. Write it on paper: whoever has it can bring your account "
       "back, and nobody can without it.\n"
       "With --passphrase-file or $HOLM_PASSPHRASE the home is locked by a passphrase.",
       init},
      {"team create",
       chapter,
       "make a team with you as its owner",
       {{"NAME", "what it is called"}},
       {},
       "",
       team_create},
      {"team show", chapter, "the team, its members and their devices", {}, {}, "", team_show},
      {"team members", chapter, "who is in the team, with roles", {}, {}, "", team_members},
      {"team list", chapter, "the teams of this home", {}, {}, "", team_list},
      {"team rename",
       chapter,
       "give the team another name",
       {{"NAME", "its new name"}},
       {},
       "",
       team_rename},
      {"invite",
       chapter,
       "make a code that lets someone join",
       {},
       {{"--role", "ROLE", "what they may do: member (when not given), admin or guest",
         "member|admin|guest"},
        {"--uses", "N", "how many people may enter with it: 1 when not given"},
        {"--expires", "SPAN", "how long it holds: 7d when not given"},
        {"--room", "R", "a room that a guest is asked into; several may be given", "",
         Use::repeated},
        {"--file", "F", "also write the code to a file that only you can read", "file"},
        {"--qr", "F", "also draw the code into a PNG file that only you can read", "file"}},
       "Any member's device can let the newcomer in; yours need not be online. Give the code to "
       "one "
       "person, over a way you trust: whoever has it can enter.",
       invite},
      {"invite list",
       chapter,
       "invites that still hold",
       {},
       {{"--all", "", "used, expired and cancelled ones too"}},
       "",
       invite_list},
      {"invite cancel",
       chapter,
       "take an invite back",
       {{"ID", "from \"holm invite list\""}},
       {},
       "",
       invite_cancel},
      {"join",
       chapter,
       "enter a team with an invite, or as one more device of yours",
       {{"CODE|FILE", "the code you were given, its link, or a file that holds it"}},
       {{"--at", "HOST:PORT", "where a member's device listens"},
        {"--timeout", "SPAN", "how long to wait: 60s when not given"}},
       "If nobody can be reached in time, this home goes on trying whenever it runs; the same "
       "command again continues.",
       join},
      {"device list",
       chapter,
       "the devices of the team or of one member",
       {{"MEMBER", "whose", Need::optional}},
       {},
       "",
       device_list},
      {"profile show",
       chapter,
       "time zone and working hours of a member",
       {{"MEMBER", "who; you when not given", Need::optional}},
       {},
       "",
       profile_show},
      {"profile set",
       chapter,
       "change your name, zone or hours",
       {{"KEY=VALUE", "name=\"Ana B.\", zone=Europe/Lisbon, hours=\"Mon-Fri 09:00-17:00\"",
         Need::some}},
       {},
       "",
       profile_set},
  };
}

}  // namespace holm::cli
