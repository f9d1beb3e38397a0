#include "tools/holm/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "tools/holm/later.h"

namespace holm::cli {
namespace {

constexpr std::size_t kNameWordsMax = 3;

/// One option or argument while CLI11 fills it in.
struct Slot {
  std::string name;
  std::vector<std::string> values;
  CLI::Option* option = nullptr;
};

/// Parses words against options and arguments; what fits nothing is left over. Holds what CLI11
/// points into, so it stays where it is.
class Grammar {
 public:
  Grammar() {
    app_.set_help_flag();
    app_.allow_extras();
    app_.add_flag("-h,--help", help_);
  }
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  void add(const Option& option) {
    auto& slot = *slots_.emplace_back(std::make_unique<Slot>());
    slot.name = option.name;
    const std::string name(option.name);
    if (option.value.empty()) {
      slot.option = app_.add_flag(name);
      return;
    }
    slot.option = app_.add_option(name, slot.values);
    if (option.use == Option::Use::repeated)
      slot.option->expected(1, kRepeatsMax)->allow_extra_args(false);
    else
      slot.option->expected(1)->allow_extra_args(false)->multi_option_policy(
          CLI::MultiOptionPolicy::TakeLast);
  }

  /// `needed`: CLI11 then keeps a word back for it from options that take several.
  void add(const Argument& argument, std::size_t index, bool needed) {
    auto& slot = *slots_.emplace_back(std::make_unique<Slot>());
    slot.name = argument.name;
    slot.option = app_.add_option("argument" + std::to_string(index), slot.values);
    if (argument.need == Argument::Need::some || argument.need == Argument::Need::any)
      slot.option->expected(1, kRepeatsMax);
    else
      slot.option->expected(1)->allow_extra_args(false);
    if (needed) slot.option->required();
    if (needed) required_.push_back(&slot);
  }

  void stop_at_first_word() { app_.prefix_command(); }

  Status parse(const std::vector<std::string>& words) {
    try {
      app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::RequiredError&) {
      if (help_) return {};
      for (const auto* slot : required_)
        if (slot->option->count() == 0) return fail(Code::usage, "needs " + slot->name);
      return fail(Code::usage, "needs more words");
    } catch (const CLI::ParseError& error) {
      const std::string what = error.what();
      return fail(Code::usage, "needs a value for " + what.substr(0, what.find(':')));
    }
    return {};
  }

  bool help() const { return help_; }
  std::vector<std::string> left_over() const { return app_.remaining(); }

  void collect(Arguments& out) const {
    for (const auto& slot : slots_) {
      if (slot->option->count() == 0) continue;
      if (slot->values.empty()) out.add(slot->name, {});  // a flag
      for (const auto& value : slot->values) out.add(slot->name, value);
    }
  }

 private:
  static constexpr int kRepeatsMax = 1000;

  CLI::App app_;
  bool help_ = false;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<const Slot*> required_;
};

void take_globals(const Arguments& given, Globals& out) {
  if (const auto home = given.find("--home")) out.home = *home;
  if (const auto team = given.find("--team")) out.team = *team;
  if (const auto file = given.find("--passphrase-file")) out.passphrase_file = *file;
  if (given.has("--json")) out.json = true;
  if (given.has("--quiet")) out.quiet = true;
}

std::string join(const std::vector<std::string>& words, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < std::min(count, words.size()); ++i) {
    if (i > 0) out += ' ';
    out += words[i];
  }
  return out;
}

const Command* find(const Table& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& one) { return one.name == name; });
  return found == table.end() ? nullptr : &*found;
}

/// Words that may follow `group`: "add, show, move".
std::string members_of(const Table& table, const std::string& group) {
  std::string out;
  std::string last;
  for (const auto& command : table) {
    if (!command.name.starts_with(group + " ")) continue;
    auto rest = command.name.substr(group.size() + 1);
    const std::string word(rest.substr(0, rest.find(' ')));
    if (word == last) continue;
    last = word;
    out += (out.empty() ? "" : ", ") + word;
  }
  return out;
}

/// Letters to change, add or drop between two names. Both are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto kept = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({kept, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

Error unknown_command(const Table& table, const std::vector<std::string>& words) {
  for (const auto later : later_commands())
    if (later == words[0] || later == join(words, 2))
      return {Code::usage, "\"" + std::string(later) + "\" is not in this version",
              "nothing was done", "\"holm help\" lists what is"};
  if (const auto members = members_of(table, join(words, 2)); !members.empty())
    return {Code::usage, "\"" + join(words, 2) + "\" needs one more word: " + members,
            "nothing was done", "see \"holm help " + words[0] + "\""};
  if (const auto members = members_of(table, words[0]); !members.empty()) {
    if (words.size() == 1)
      return {Code::usage, "\"" + words[0] + "\" needs one more word: " + members,
              "nothing was done", "see \"holm help " + words[0] + "\""};
    return {Code::usage,
            "\"" + words[0] + "\" knows no \"" + words[1].substr(0, 40) + "\", but " + members,
            "nothing was done", "see \"holm help " + words[0] + "\""};
  }
  std::string near;
  std::size_t nearest = 3;
  for (const auto& command : table) {
    const auto first = command.name.substr(0, command.name.find(' '));
    const auto off = words[0].size() > 40 ? nearest : distance(first, words[0]);
    if (command.shown == Command::Shown::hidden || off >= nearest) continue;
    nearest = off;
    near = first;
  }
  return {Code::usage, "there is no command \"" + words[0].substr(0, 40) + "\"", "nothing was done",
          near.empty() ? "\"holm help\" lists them" : "did you mean \"" + near + "\"?"};
}

Error see_help(Error error, const Command& command) {
  error.what = "\"" + std::string(command.name) + "\" " + error.what;
  error.safe = "nothing was done";
  error.todo = "see \"holm help " + std::string(command.name) + "\"";
  return error;
}

/// What fitted neither option nor argument.
Error left_over(const Command& command, const std::string& word) {
  const bool option = word.size() > 1 && word[0] == '-';
  Error out{Code::usage, "", "", ""};
  out.what = (option ? "has no option \"" : "does not expect \"") + word.substr(0, 60) + "\"";
  out = see_help(std::move(out), command);
  if (option && !command.arguments.empty())
    out.todo += "; words that begin with a dash go behind \" -- \"";
  return out;
}

Result<Parsed> help_about(const Table& table, Globals globals, const std::string& topic) {
  Parsed out;
  out.globals = std::move(globals);
  out.command = find(table, "help");
  if (!topic.empty()) out.arguments.add("COMMAND", topic);
  return out;
}

bool is_file_option(const std::string& word) {
  return word == "--file" || word.starts_with("--file=");
}

}  // namespace

Result<Parsed> parse(const Table& table, const std::vector<std::string>& words) {
  Parsed out;
  Grammar front;
  front.stop_at_first_word();
  for (const auto& option : global_options()) front.add(option);
  const Option version{"--version", "", ""};
  front.add(version);
  if (auto status = front.parse(words); !status)
    return fail(Code::usage, "holm " + status.error().what, "nothing was done",
                "see \"holm help\"");
  Arguments given;
  front.collect(given);
  take_globals(given, out.globals);

  auto rest = front.left_over();
  if (given.has("--version")) rest = {"version"};
  if (rest.empty()) return help_about(table, std::move(out.globals), {});
  if (front.help()) return help_about(table, std::move(out.globals), join(rest, kNameWordsMax));
  if (rest[0].size() > 1 && rest[0][0] == '-')
    return fail(Code::usage,
                "there is no option \"" + rest[0].substr(0, 60) + "\" before a command",
                "nothing was done", "see \"holm help\"");

  std::size_t name_words = std::min(kNameWordsMax, rest.size());
  for (; name_words > 0 && !out.command; --name_words)
    if ((out.command = find(table, join(rest, name_words)))) break;
  if (!out.command) {
    // `holm card --help` asks about the whole group.
    for (std::size_t i = 1; i < rest.size() && i <= kNameWordsMax; ++i)
      if ((rest[i] == "--help" || rest[i] == "-h") && !members_of(table, join(rest, i)).empty())
        return help_about(table, std::move(out.globals), join(rest, i));
    return fail(unknown_command(table, rest));
  }
  const auto& command = *out.command;
  rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(name_words));

  const bool from_file = std::any_of(rest.begin(), rest.end(), is_file_option);
  Grammar grammar;
  for (const auto& option : command.options) grammar.add(option);
  for (const auto& option : global_options()) grammar.add(option);
  std::size_t index = 0;
  for (const auto& argument : command.arguments) {
    using Need = Argument::Need;
    const bool needed = argument.need == Need::required || argument.need == Need::some ||
                        (argument.need == Need::text && !from_file);
    grammar.add(argument, index++, needed);
  }
  auto status = grammar.parse(rest);
  if (grammar.help()) return help_about(table, std::move(out.globals), std::string(command.name));
  if (!status) return fail(see_help(std::move(status).error(), command));
  auto extra = grammar.left_over();
  std::erase(extra, "--");  // it marks where options end, and CLI11 counts it as left over
  if (!extra.empty()) return fail(left_over(command, extra.front()));

  grammar.collect(out.arguments);
  take_globals(out.arguments, out.globals);
  for (const auto& option : command.options)
    if (option.use == Option::Use::later && out.arguments.has(option.name))
      return fail(Code::usage,
                  "\"" + std::string(option.name) + "\" of \"" + std::string(command.name) +
                      "\" is not in this version",
                  "nothing was done", std::string(option.help));
  return out;
}

std::string usage_line(const Command& command) {
  std::string out = "holm " + std::string(command.name);
  for (const auto& argument : command.arguments) {
    const std::string name(argument.name);
    switch (argument.need) {
      case Argument::Need::required: out += " " + name; break;
      case Argument::Need::text: out += " " + name; break;
      case Argument::Need::optional: out += " [" + name + "]"; break;
      case Argument::Need::some: out += " " + name + " ..."; break;
      case Argument::Need::any: out += " [" + name + " ...]"; break;
    }
  }
  for (const auto& option : command.options) {
    if (option.use == Option::Use::later) continue;
    out += " [" + std::string(option.name);
    if (!option.value.empty()) out += " " + std::string(option.value);
    if (option.use == Option::Use::repeated) out += " ...";
    out += "]";
  }
  return out;
}

}  // namespace holm::cli
