// Who belongs: member, device, tray, team log.
#include "base/json.h"
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

/// Asks, where somebody is there to answer.
Status agree(Call& call, const std::string& question) {
  const auto answer = call.host().ask(question + " Type yes: ");
  if (answer && *answer != "yes") {
    return fail(Code::failed, "not confirmed", "nothing was changed", "type yes, in full");
  }
  return {};
}

/// Tells what `request` will come to and asks, where somebody is there to answer.
Status confirm(Call& call, Value request, std::string_view question) {
  if (call.args().has("--yes")) return {};
  const auto told = TRY(call.ask(request.set("check", true)));
  const auto warning = std::string(told["forewarning"].text());
  return agree(call, (warning.empty() ? "" : warning + "\n") + std::string(question));
}

std::string how_it_stands(const Value& answer) {
  if (answer["waits"].flag()) return " It takes effect when there is another owner.";
  return answer["final"].flag() ? " It is final." : " It holds, but can be contested.";
}

Status member_role(Call& call) {
  const auto name = call.args().get("NAME");
  const auto role = call.args().get("ROLE");
  const auto request =
      Value::object().set("do", "member.role").set("member", name).set("role", role);
  if (role == "owner" && !call.args().has("--yes")) {
    const auto told = TRY(call.ask(Value(request).set("check", true)));
    const auto warning = std::string(told["forewarning"].text());
    if (!warning.empty()) TRY(agree(call, warning + "\nMake " + name + " an owner?"));
  }
  const auto answer = TRY(call.ask(request));
  const auto is_now =
      std::string(answer["name"].text()) + " is now " + std::string(answer["role"].text()) + ".";
  return call.done(answer, answer["stays"].flag()  ? "You stay."
                           : answer["left"].flag() ? is_now + " You have left the team."
                                                   : is_now);
}

Status member_remove(Call& call) {
  const auto name = call.args().get("NAME");
  const auto request =
      Value::object().set("do", "member.role").set("member", name).set("role", "none");
  TRY(confirm(call, request, "Remove " + name + " from the team?"));
  const auto answer = TRY(call.ask(request));
  if (answer["waits"].flag()) {
    return call.done(answer, std::string(answer["name"].text()) +
                                 " leaves as soon as there is another owner. To name one: holm "
                                 "member role NAME owner. To stay: holm member role me owner.");
  }
  if (answer["confirmed"].flag()) {
    return call.done(
        answer, "That " + std::string(answer["name"].text()) + " is not in the team is final now.");
  }
  return call.done(answer, std::string(answer["name"].text()) + " is no longer in the team." +
                               how_it_stands(answer));
}

Status device_drop(Call& call) {
  const auto request =
      Value::object().set("do", "device.drop").set("device", call.args().get("ID"));
  TRY(confirm(call, request, "Drop this device from the team?"));
  const auto answer = TRY(call.ask(request));
  return call.done(answer, "The device \"" + std::string(answer["label"].text()) +
                               "\" is dropped." + how_it_stands(answer));
}

Status tray_show(Call& call) {
  const auto answer =
      TRY(call.ask(Value::object().set("do", "tray.show").set("all", call.args().has("--all"))));
  return call.show(answer, render_tray);
}

Status tray_accept(Call& call) {
  const auto answer =
      TRY(call.ask(Value::object().set("do", "tray.accept").set("ref", call.args().get("REF"))));
  return call.done(answer, "Accepted: it shows on every device as soon as this reaches it.");
}

Status tray_drop(Call& call) {
  const auto answer =
      TRY(call.ask(Value::object().set("do", "tray.drop").set("ref", call.args().get("REF"))));
  return call.done(answer, "Put away. It is kept, and holm tray show --all still lists it.");
}

Status team_log(Call& call) {
  const auto answer = TRY(call.ask(Value::object().set("do", "team.log")));
  if (!call.json()) return call.show(answer, render_team_log);
  std::string lines;
  for (const auto& entry : answer["entries"].items()) lines += to_json(entry) + "\n";
  for (const auto& copy : answer["copies"].items()) lines += to_json(copy) + "\n";
  return call.print(lines);
}

Status team_rekey(Call& call) {
  const auto answer = TRY(call.ask(Value::object().set("do", "team.rekey")));
  return call.done(answer,
                   "New keys from now on. Everybody who belongs gets them with the next meeting.");
}

}  // namespace

Table member_commands() {
  const auto chapter = Chapter::start;
  const Option yes{"--yes", "", "don't ask"};
  return {
      {"team log",
       chapter,
       "the team's history of trust: who let whom in, raised, removed",
       {},
       {},
       "Says of each removal whether it is final or can be contested, and last of all which "
       "devices "
       "were restored or copied while they wrote. With --json one entry a line.",
       team_log},
      {"team rekey",
       chapter,
       "change the team's keys now",
       {},
       {},
       "Keys change by themselves when somebody is removed, a device is dropped, or somebody may "
       "read less than before. This is for when a key may have got out in another way.",
       team_rekey},
      {"member role",
       chapter,
       "raise or lower what a member may do",
       {{"NAME", "whom"}, {"ROLE", "guest, member, admin or owner"}},
       {yes},
       "Admins raise up to their own role, and lower anyone who is not above them. Whoever was "
       "removed comes back the same way. An only owner who means to leave does so with the next "
       "owner; to stay after all: holm member role me owner.",
       member_role},
      {"member remove",
       chapter,
       "take somebody out of the team, or leave it",
       {{"NAME", "whom; \"me\" to leave"}},
       {yes},
       "It is final when you outrank them: a higher role, or the same one for longer. Otherwise it "
       "holds from now on, but not against a removal of you that they made before hearing of it. "
       "Of "
       "somebody who was removed like that, whoever outranks them makes it final by removing them "
       "once more.\n"
       "What they wrote until now stays. What their devices bring later lands in the tray: holm "
       "tray.\n"
       "A team always has an owner: the only one leaves as soon as there is another, and until "
       "then "
       "everybody sees that they mean to.",
       member_remove},
      {"device drop",
       chapter,
       "take a lost or retired device out of the team",
       {{"ID", "from \"holm device list\", or the label of one of yours"}},
       {yes},
       "What it wrote until now stays; what it brings later lands in the tray.",
       device_drop},
      {"tray",
       chapter,
       "late work of removed people and dropped devices, held back",
       {},
       {{"--all", "", "what was put away, too"}},
       "For admins and owners.",
       tray_show},
      {"tray show",
       chapter,
       "the same",
       {},
       {{"--all", "", "what was put away, too"}},
       "",
       tray_show},
      {"tray accept",
       chapter,
       "show late work after all, on every device",
       {{"REF", "an id from \"holm tray show\", or a member's name"}},
       {},
       "",
       tray_accept},
      {"tray drop",
       chapter,
       "put late work away without showing it",
       {{"REF", "an id from \"holm tray show\", or a member's name"}},
       {},
       "Nothing is deleted.",
       tray_drop},
  };
}

}  // namespace holm::cli
