// Who this person is, on which devices: recover, device add and rename, verify-member.
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Result<std::string> phrase(Call& call) {
  if (const auto file = call.args().find("--phrase-file")) {
    return *file == "-" ? call.host().read_stdin() : read_file(*file);
  }
  auto typed = call.host().ask_secret("Recovery phrase (nine words): ");
  if (!typed || typed->empty())
    return fail(Code::usage, "no recovery phrase was given", "nothing was changed",
                "type it at a terminal, or give --phrase-file");
  return std::move(*typed);
}

/// A home with the phrase, where there is none yet.
Status make_home(Call& call, const std::string& phrase) {
  const auto& args = call.args();
  Init init{call.home(),         args.get("--name"),        args.get("--zone"),
            args.get("--hours"), TRY(new_passphrase(call)), phrase};
  (void)TRY(call.host().init(init));
  if (!init.passphrase)
    call.notice("The home is unlocked by a key file that only this user can read.");
  return {};
}

Status recover(Call& call) {
  const auto& args = call.args();
  const auto at = args.find("--at");
  if (!at)
    return fail(Code::usage, "where to knock is missing", "nothing was changed",
                "name a device of a team that you were in with --at HOST:PORT");
  const auto span = TRY(parse_span(args.find("--timeout").value_or("60s")));
  const bool is_home = call.host().is_home(call.home());
  if (!is_home && !args.has("--name"))
    return fail(Code::usage, "there is no home here yet, so \"recover\" needs --name",
                "nothing was made", "for example: holm recover --name Ana --at HOST:PORT");
  const auto words = TRY(phrase(call));
  auto request = Value::object().set("do", "recover").set("phrase", words).set("at", *at);
  request.set("timeout_ms", span.count());
  if (!is_home) TRY(make_home(call, words));
  if (call.host().err.is_terminal) call.notice("Knocking ...");
  return call.show(TRY(call.ask_any_team(request)), render_recovered);
}

Status device_add(Call& call) {
  const auto answer = TRY(call.ask(Value::object().set("do", "device.add")));
  TRY(keep_code(call, answer, "the code stands", "it ends by itself after 15 minutes"));
  return call.show(answer, render_device_code);
}

Status device_rename(Call& call) {
  const auto& args = call.args();
  const auto answer = TRY(call.ask(Value::object()
                                       .set("do", "device.rename")
                                       .set("device", args.get("ID"))
                                       .set("label", args.get("LABEL"))));
  return call.done(answer,
                   "The device is now called \"" + std::string(answer["label"].text()) + "\".");
}

Status verify_member(Call& call) {
  const auto& args = call.args();
  if (args.has("--same") && args.has("--not-same"))
    return fail(Code::usage, "--same and --not-same exclude each other", "nothing was changed");
  auto request = Value::object().set("do", "member.verify").set("member", args.get("NAME"));
  if (args.has("--same")) request.set("outcome", "same");
  if (args.has("--not-same")) request.set("outcome", "different");
  const auto answer = TRY(call.ask(request));
  if (!request.has("outcome")) return call.show(answer, render_safety_words);
  const auto name = std::string(answer["name"].text());
  return call.done(answer, args.has("--same")
                               ? name + " is verified at this home."
                               : "Noted: the words differ. Somebody may stand between you and " +
                                     name + "; talk before you share more.");
}

}  // namespace

Table identity_commands() {
  using Use = Option::Use;
  const auto chapter = Chapter::start;
  return {
      {"recover",
       chapter,
       "bring your account back by the recovery phrase",
       {},
       {{"--phrase-file", "F", "a file that holds the phrase; - reads stdin", "file"},
        {"--at", "HOST:PORT", "where a teammate's device listens, or another one of yours"},
        {"--bundle", "F", "bundles come later; name a device with --at", "file", Use::later},
        {"--name", "NAME", "where there is no home yet: your name"},
        {"--zone", "AREA/CITY", "the same: your time zone; the machine's when not given"},
        {"--hours", "HOURS", "the same: your working hours"},
        {"--no-passphrase", "", "the same: unlock by a key file that only this user can read"},
        {"--timeout", "SPAN", "how long to wait: 60s when not given"}},
       "Makes this machine one of your devices again, in every team that the other device is in, "
       "and fetches everything. For further teams run it again with another --at. What was "
       "interrupted goes on with the same command.\n"
       "Afterwards drop the device that you lost: holm device list, holm device drop ID.",
       recover},
      {"device add",
       chapter,
       "make a code that makes another machine one of your devices",
       {},
       {{"--file", "F", "also write the code to a file that only you can read", "file"},
        {"--qr", "F", "also draw the code into a PNG file that only you can read", "file"}},
       "It holds for 15 minutes and once. Run \"holm serve\" here, and on the other machine: holm "
       "join CODE --at HOST:PORT. Both then show the same six words.\n"
       "The recovery phrase is not copied: the other machine acts for you, but only a home with "
       "the phrase lets in more devices.",
       device_add},
      {"device rename",
       chapter,
       "give one of your devices another label",
       {{"ID", "from \"holm device list\", or its label"}, {"LABEL", "what to call it"}},
       {},
       "",
       device_rename},
      {"verify-member",
       chapter,
       "compare safety words with a member",
       {{"NAME", "with whom"}},
       {{"--same", "", "the words were the same: remember that"},
        {"--not-same", "", "they were not: remember that"}},
       "Both see the same six words. Read them to each other over the phone, or face to face. "
       "What came of it is kept in this home alone.",
       verify_member},
  };
}

}  // namespace holm::cli
