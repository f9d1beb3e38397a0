#include "tools/holm/call.h"

#include "base/json.h"
#include "base/wire.h"
#include "tools/holm/files.h"
#include "tools/holm/page.h"
#include "work/command_codec.h"
#include "work/when.h"

namespace holm::cli {

std::string Call::home() const {
  return parsed_.globals.home.empty() ? host_.environment.home : parsed_.globals.home;
}

Result<std::optional<std::string>> Call::passphrase() const {
  if (parsed_.globals.passphrase_file.empty()) return host_.environment.passphrase;
  return std::optional<std::string>(TRY(read_passphrase(parsed_.globals.passphrase_file)));
}

Result<node::Client*> Call::client() {
  if (client_) return client_.get();
  const auto given = TRY(passphrase());
  auto opened = host_.open(home(), given);
  if (!opened && opened.error().code == Code::denied && !given) {
    if (const auto typed = host_.ask_secret("Passphrase: ")) {
      opened = host_.open(home(), typed);
    } else {
      opened.error().code = Code::busy;  // locked, rather than forbidden
    }
  }
  if (!opened) return fail(std::move(opened).error());
  client_ = std::move(*opened);
  return client_.get();
}

Result<Value> Call::ask(Value request) {
  if (!parsed_.globals.team.empty()) request.set("team", parsed_.globals.team);
  return ask_any_team(request);
}

Result<Value> Call::ask_any_team(const Value& request) {
  auto* node = TRY(client());
  auto answer = TRY(node->call(request));
  say_notices(answer);
  return answer;
}

Result<Value> Call::ask(const work::Command& command) { return ask(work::to_value(command)); }
Result<Value> Call::ask(const work::Query& query) { return ask(work::to_value(query)); }

Status Call::watch(Value request, const std::function<bool(const Value&)>& on_event) {
  if (!parsed_.globals.team.empty()) request.set("team", parsed_.globals.team);
  auto* node = TRY(client());
  static_cast<void>(zone());  // a client answers nothing else while it watches
  return node->watch(request, on_event);
}

Result<std::string> Call::text(std::string_view argument) {
  const auto given = args().find(argument);
  const auto file = args().find("--file");
  if (given && file)
    return fail(Code::usage, "words were given both on the command line and with --file",
                "nothing was changed", "give one of them");
  std::string out;
  if ((given && *given == "-") || (file && *file == "-"))
    out = TRY(host_.read_stdin());
  else if (file)
    out = TRY(read_file(*file));
  else if (given)
    out = *given;
  if (!is_utf8(out))
    return fail(Code::usage, "the text is not UTF-8", "nothing was changed",
                "save it as UTF-8 and try again");
  return out;
}

Result<std::optional<std::string>> Call::optional_text(std::string_view option) {
  const auto given = args().find(option);
  if (!given) return std::optional<std::string>();
  std::string out = *given == "-" ? TRY(host_.read_stdin()) : TRY(read_file(*given));
  if (!is_utf8(out))
    return fail(Code::usage, "the text is not UTF-8", "nothing was changed",
                "save it as UTF-8 and try again");
  return std::optional<std::string>(std::move(out));
}

const std::string& Call::zone() {
  if (zone_) return *zone_;
  zone_ = host_.environment.zone;
  if (!client_) return *zone_;
  auto request = work::to_value(work::ProfileShow{});
  if (!parsed_.globals.team.empty()) request.set("team", parsed_.globals.team);
  if (const auto profile = client_->call(request))
    if (const auto named = (*profile)["zone"].text(); work::is_zone(named)) zone_ = named;
  return *zone_;
}

Status Call::show(const Value& answer, Render render) {
  if (json()) return print(to_json(answer) + "\n");
  const auto& out = host_.out;
  Page page({out.colour, out.is_terminal, out.columns, [this] { return zone(); }});
  render(answer, page);
  return print(page.take());
}

Status Call::done(const Value& answer, std::string_view sentence) {
  if (json()) return print(to_json(answer) + "\n");
  if (quiet()) return {};
  return print(visible(sentence, Lines::replace) + "\n");
}

Status Call::made(const Value& answer, std::string_view sentence) {
  const auto id = Page::short_id(answer["id"]);
  return done(answer, std::string(sentence) + (id.empty() ? "" : " (" + id + ")"));
}

Status Call::print(std::string_view bytes) {
  if (bytes.empty()) return {};
  return host_.out.write(bytes);
}

void Call::notice(std::string_view sentence) {
  if (quiet()) return;
  // Nobody is left to tell when stderr is gone.
  static_cast<void>(host_.err.write(visible(sentence, Lines::replace) + "\n"));
}

void Call::say_notices(const Value& answer) {
  // Questions answer with notices of another shape, which belong to what is shown.
  for (const auto& sentence : answer["notices"].items())
    if (sentence.as_string()) notice(sentence.text());
}

Status show_answer(Call& call, const work::Query& query, Render render) {
  return call.show(TRY(call.ask(query)), render);
}

Status do_command(Call& call, const work::Command& command, std::string_view sentence) {
  return call.done(TRY(call.ask(command)), sentence);
}

Status make_thing(Call& call, const work::Command& command, std::string_view sentence) {
  return call.made(TRY(call.ask(command)), sentence);
}

}  // namespace holm::cli
