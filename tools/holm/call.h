// One call of one command: what was given, the node that answers, and where the answer goes.
// Command groups use nothing else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/value.h"
#include "node/client.h"
#include "tools/holm/host.h"
#include "tools/holm/parse.h"
#include "work/command.h"
#include "work/query.h"

namespace holm::cli {

class Page;

/// Turns an answer into lines for people. Reads leniently: what is absent is left out.
using Render = void (*)(const Value& answer, Page& page);

class Call {
 public:
  Call(const Host& host, const Parsed& parsed) : host_(host), parsed_(parsed) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const Arguments& args() const { return parsed_.arguments; }
  const Command& command() const { return *parsed_.command; }
  const Host& host() const { return host_; }
  bool json() const { return parsed_.globals.json; }
  bool quiet() const { return parsed_.globals.quiet; }
  std::string home() const;
  const std::string& passphrase_file() const { return parsed_.globals.passphrase_file; }
  /// From --passphrase-file or the environment. Errors: not_found, failed (unreadable), usage (more
  /// than one line).
  Result<std::optional<std::string>> passphrase() const;

  /// Answers of the home's node, opened at the first question. Notices in the answer go to stderr.
  /// Errors: the node's.
  Result<Value> ask(Value request);
  /// For requests that are about no team, or about one that is not here yet.
  Result<Value> ask_any_team(const Value& request);
  Result<Value> ask(const work::Command& command);
  Result<Value> ask(const work::Query& query);
  /// Events until `on_event` returns false or the node ends them.
  Status watch(Value request, const std::function<bool(const Value&)>& on_event);
  /// Lets go of the home, so that others may own it; the next question opens it again.
  void let_go() { client_.reset(); }

  /// Words of a person: the argument, what --file names, or stdin for "-"; line ends as they are.
  /// Empty when none of them was given. Errors: usage (both, or not UTF-8), not_found, failed.
  Result<std::string> text(std::string_view argument);
  Result<std::optional<std::string>> optional_text(std::string_view option);

  /// Prints the answer to a question: JSON, or as `render` has it.
  Status show(const Value& answer, Render render);
  /// Prints what an action came to: JSON; nothing with --quiet; else one sentence.
  Status done(const Value& answer, std::string_view sentence);
  /// As done(), with the start of the new thing's id behind the sentence.
  Status made(const Value& answer, std::string_view sentence);
  /// Bytes as they are, --json aside.
  Status print(std::string_view bytes);
  /// A sentence on stderr; nothing with --quiet.
  void notice(std::string_view sentence);

 private:
  Result<node::Client*> client();
  void say_notices(const Value& answer);
  /// The zone that this person's profile names, else the machine's.
  const std::string& zone();

  const Host& host_;
  const Parsed& parsed_;
  std::unique_ptr<node::Client> client_;
  std::optional<std::string> zone_;
};

/// Writes the bytes of a file object, or of one of its versions, piece by piece; replaces what
/// stands at `path`. How many they were. Errors: the node's, failed.
Result<std::uint64_t> fetch_file(Call& call, std::string_view id, const std::string& path);

/// Asks and shows, or does and says so, in one step.
Status show_answer(Call& call, const work::Query& query, Render render);
Status do_command(Call& call, const work::Command& command, std::string_view sentence);
Status make_thing(Call& call, const work::Command& command, std::string_view sentence);

}  // namespace holm::cli
