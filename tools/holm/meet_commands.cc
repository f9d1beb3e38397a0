// Meeting other devices: serve, sync, peers, status, watch.
#include "base/json.h"
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status serve(Call& call) {
  const auto& args = call.args();
  const auto& host = call.host();
  std::optional<int> ready;
  if (const auto number = args.find("--ready-fd"))
    ready = static_cast<int>(TRY(parse_count(*number, "--ready-fd", 1, 65535)));
  Serve serve{call.home(), args.get("--listen"), TRY(call.passphrase()), {}, {}};
  if (const auto span = args.find("--lock-after")) serve.lock_after = TRY(parse_span(*span));
  Status told;
  serve.on_ready = [&](const Value& value) {
    const auto line = to_json(value) + "\n";
    // A peer without a screen serves on when nobody reads what it says.
    if (ready != 1) static_cast<void>(host.out.write(line));
    if (ready) told = host.signal_ready(*ready, line);
    if (!told) call.notice("holm: " + told.error().text());
  };
  auto status = host.serve(serve);
  if (!status && status.error().code == Code::denied && !serve.passphrase) {
    if (const auto typed = host.ask_secret("Passphrase: ")) {
      serve.passphrase = typed;
      status = host.serve(serve);
    } else {
      status.error().code = Code::busy;  // locked, rather than forbidden
    }
  }
  return status;
}

Status sync(Call& call) {
  auto request = Value::object().set("do", "sync");
  if (const auto with = call.args().find("--with")) request.set("with", *with);
  const auto span = TRY(parse_span(call.args().find("--timeout").value_or("30s")));
  request.set("timeout_ms", span.count());
  return call.show(TRY(call.ask(std::move(request))), render_sync);
}

Status peers(Call& call) {
  return call.show(TRY(call.ask(Value::object().set("do", "peers"))), render_peers);
}

Status peers_add(Call& call) {
  const auto at = call.args().get("HOST:PORT");
  const auto answer = TRY(call.ask(Value::object().set("do", "peers.add").set("at", at)));
  return call.done(answer, "From now on this device looks for a teammate at " + at + ".");
}

Status peers_remove(Call& call) {
  const auto at = call.args().get("HOST:PORT");
  const auto answer = TRY(call.ask(Value::object().set("do", "peers.remove").set("at", at)));
  return call.done(answer, at + " is forgotten.");
}

Status status(Call& call) {
  return call.show(TRY(call.ask(Value::object().set("do", "status"))), render_status);
}

Status watch(Call& call) {
  auto request = Value::object().set("do", "watch");
  if (const auto room = call.args().find("--room")) request.set("room", *room);
  call.notice("Watching; Ctrl+C ends it.");
  Status shown;
  const auto ended = call.watch(std::move(request), [&](const Value& event) {
    shown = call.show(event, render_event);
    return shown.has_value();
  });
  return shown ? ended : shown;
}

}  // namespace

Table meet_commands() {
  const auto chapter = Chapter::meet;
  using Use = Option::Use;
  const std::string_view unneeded = "start holm serve without it";
  return {
      {"serve",
       chapter,
       "run this home as a peer without a screen, until Ctrl+C",
       {},
       {{"--listen", "ADDR:PORT", "where to listen: 127.0.0.1 and any free port when not given"},
        {"--no-lan", "", "stay silent on the local network (this version does not look there yet)"},
        {"--lock-after", "SPAN", "close the home when no command has used it for so long"},
        {"--ready-fd", "N", "also write the ready line to this open file descriptor"},
        {"--socks5", "HOST:PORT", unneeded, "", Use::later},
        {"--dht", "", unneeded, "", Use::later},
        {"--dht-bootstrap", "HOST:PORT", unneeded, "", Use::later},
        {"--relay", "", unneeded, "", Use::later},
        {"--mailbox", "", unneeded, "", Use::later}},
       "Prints one line {\"listening\":\"127.0.0.1:40123\"} as soon as others can reach it. Other "
       "commands on the same home work through it meanwhile.",
       serve},
      {"sync",
       chapter,
       "meet whom it can, exchange until all is quiet",
       {},
       {{"--with", "HOST:PORT|MEMBER", "only with this teammate or address"},
        {"--timeout", "SPAN", "give up after this long: 30s when not given"}},
       "Nothing has to be synced to be safe: every command is complete on this device at once.",
       sync},
      {"peers", chapter, "addresses where this device looks for teammates", {}, {}, "", peers},
      {"peers add",
       chapter,
       "look for a teammate at an address",
       {{"HOST:PORT", "where their device listens"}},
       {},
       "",
       peers_add},
      {"peers remove",
       chapter,
       "forget an address",
       {{"HOST:PORT", "as \"holm peers\" shows it"}},
       {},
       "",
       peers_remove},
      {"status",
       chapter,
       "what is here, what teammates still lack, when each was last heard",
       {},
       {},
       "",
       status},
      {"watch",
       chapter,
       "a line per change as it arrives, until Ctrl+C",
       {},
       {{"--room", "R", "only what happens in this room"}},
       "",
       watch},
  };
}

}  // namespace holm::cli
