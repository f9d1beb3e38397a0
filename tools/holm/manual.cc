// The man page, section 1, in the macros of man(7).
#include <algorithm>

#include "tools/holm/help.h"
#include "tools/holm/parse.h"

namespace holm::cli {
namespace {

/// Text for troff: backslashes and leading dots and quotes would be commands, bare dashes hyphens.
std::string troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '\n')
      out += "\n.br\n";
    else
      out += c;
  }
  if (!out.empty() && out[0] == '.') out.insert(0, "\\&");
  return out;
}

void entry(std::string& out, const std::string& name, const std::string& text) {
  out += ".TP\n.B " + troff(name) + "\n" + troff(text) + "\n";
}

void options(std::string& out, const std::vector<Option>& options) {
  for (const auto& option : options) {
    if (option.use == Option::Use::later) continue;
    std::string name(option.name);
    if (!option.value.empty()) name += " " + std::string(option.value);
    entry(out, name, std::string(option.help));
  }
}

}  // namespace

std::string manual_page(const Table& table) {
  std::string out =
      ".\\\" Made by \"holm manpage\" from the command table; a test compares.\n"
      ".TH HOLM 1 \"\" \"Holm\" \"User commands\"\n"
      ".SH NAME\nholm \\- a small team's work, without a server\n"
      ".SH SYNOPSIS\n"
      ".B holm\n[\\fB\\-\\-home\\fR \\fIDIR\\fR] [\\fB\\-\\-team\\fR \\fIT\\fR] "
      "[\\fB\\-\\-json\\fR] "
      "[\\fB\\-\\-quiet\\fR] \\fICOMMAND\\fR ...\n"
      ".SH DESCRIPTION\n"
      "Holm keeps the rooms, documents, boards and threads of a team on the devices of its "
      "members. "
      "Everybody can edit everything at any time, online or not; when devices meet they exchange "
      "what they lack, and all come out equal. There is no server.\n"
      ".PP\n"
      "A home is one device of one member. If another process owns the home (the desktop, or "
      "\\fBholm serve\\fR), a command works through it: same result, same exit code.\n"
      ".PP\n"
      "Output is for people. With \\fB\\-\\-json\\fR exactly one JSON document is printed "
      "(\\fBwatch\\fR: one per line), with times as RFC 3339 in UTC and ids in full. Notices and "
      "progress go to stderr.\n"
      ".SH OPTIONS OF EVERY COMMAND\n";
  options(out, global_options());
  std::optional<Chapter> chapter;
  for (const auto& command : table) {
    if (command.shown == Command::Shown::hidden) continue;
    if (chapter != command.chapter) {
      std::string title(chapter_title(command.chapter));
      std::transform(title.begin(), title.end(), title.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      out += ".SH " + troff(title) + "\n";
    }
    chapter = command.chapter;
    out += ".SS " + troff(usage_line(command)) + "\n";
    std::string summary(command.summary);
    if (summary[0] >= 'a' && summary[0] <= 'z') summary[0] = static_cast<char>(summary[0] - 32);
    out += troff(summary) + ".\n";
    if (!command.notes.empty()) out += ".PP\n" + troff(command.notes) + "\n";
    for (const auto& argument : command.arguments)
      entry(out, std::string(argument.name), std::string(argument.help));
    options(out, command.options);
  }
  out +=
      ".SH REFERENCES\n"
      "A thing is named by its id or a unique beginning of it, by its short number (R\\-42), or by "
      "its path: Room/Title, for documents Room/folder/Title. A member is named by name or id. If "
      "a "
      "name fits several, the error lists them.\n"
      ".SH DATES\n"
      "RFC 3339, 2026\\-12\\-01, \\(dqtomorrow 17:00\\(dq, +3d, fri. A day without a time means "
      "its "
      "end of work, 17:00. They are always shown back with their time zone.\n"
      ".SH ENVIRONMENT\n";
  entry(out, "HOLM_HOME", "the home to work in, where --home is not given");
  entry(out, "HOLM_PASSPHRASE", "unlocks the home, where --passphrase-file is not given");
  entry(out, "NO_COLOR", "when set, output has no colours");
  entry(out, "VISUAL, EDITOR", "the editor that \"holm doc edit\" opens");
  out +=
      ".SH EXIT STATUS\n"
      ".TP\n.B 0\ndone\n.TP\n.B 1\nfailed\n.TP\n.B 2\nwrong usage\n.TP\n.B 3\nnot found\n"
      ".TP\n.B 4\nnot permitted\n.TP\n.B 5\nhome busy or locked\n.TP\n.B 6\ndamaged data found\n"
      ".TP\n.B 7\ntimed out\n"
      ".PP\nAn error is one line on stderr: what happened; what is safe; what to do.\n";
  return out;
}

}  // namespace holm::cli
