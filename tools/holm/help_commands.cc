// What the program says about itself.
#include "base/json.h"
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/help.h"
#include "tools/holm/later.h"
#include "tools/holm/page.h"

namespace holm::cli {
namespace {

/// A text that is no answer of a node; with --json the one string of one document.
Status print_text(Call& call, const std::string& text) {
  if (call.json()) return call.print(to_json(Value::object().set("text", text)) + "\n");
  return call.print(text);
}

Status help(Call& call) {
  std::string topic;
  for (const auto& word : call.args().all("COMMAND")) topic += (topic.empty() ? "" : " ") + word;
  const auto& out = call.host().out;
  Page page({out.colour, out.is_terminal, out.columns, {}});
  if (topic.empty()) {
    write_overview(command_table(), page);
  } else if (!write_topic(command_table(), topic, page)) {
    for (const auto later : later_commands())
      if (later == topic)
        return fail(Code::usage, "\"" + topic + "\" is not in this version", {},
                    "\"holm help\" lists what is");
    return fail(Code::not_found, "there is no command \"" + topic + "\"", {},
                "\"holm help\" lists them");
  }
  return print_text(call, page.take());
}

Status completions(Call& call) {
  const auto script = completion_script(command_table(), call.args().get("SHELL"));
  if (!script)
    return fail(
        Code::usage, "completions are there for bash, zsh and fish", {},
        "for example: holm completions bash > ~/.local/share/bash-completion/completions/holm");
  return print_text(call, *script);
}

Status manpage(Call& call) { return print_text(call, manual_page(command_table())); }

Status version(Call& call) {
  Value answer;
  answer.set("name", "holm").set("version", HOLM_VERSION);
  return call.show(answer, [](const Value& value, Page& page) {
    page.line("holm " + std::string(value["version"].text()));
  });
}

}  // namespace

Table help_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::help;
  return {
      {"help",
       chapter,
       "what a command does and takes",
       {{"COMMAND", "its name; all commands when not given", Need::any}},
       {},
       "",
       help},
      {"completions",
       chapter,
       "a script that completes holm's words in a shell",
       {{"SHELL", "bash, zsh or fish"}},
       {},
       "bash: holm completions bash > ~/.local/share/bash-completion/completions/holm\n"
       "zsh: holm completions zsh > a folder of $fpath, as _holm\n"
       "fish: holm completions fish > ~/.config/fish/completions/holm.fish",
       completions},
      {"version", chapter, "which version this is", {}, {}, "", version},
      {"manpage", chapter, "the man page as source", {}, {}, "", manpage, Command::Shown::hidden},
  };
}

}  // namespace holm::cli
