#include "tools/holm/help.h"

#include <algorithm>

#include "tools/holm/parse.h"

namespace holm::cli {
namespace {

bool listed(const Command& command) { return command.shown == Command::Shown::listed; }

void write_options(const std::vector<Option>& options, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& option : options) {
    std::string name = "  " + std::string(option.name);
    if (!option.value.empty()) name += " " + std::string(option.value);
    std::string help(option.help);
    if (option.use == Option::Use::later) help = "not in this version: " + help;
    rows.push_back({name, help});
  }
  page.table({}, rows);
}

void write_command(const Command& command, Page& page) {
  std::string summary(command.summary);
  summary[0] =
      static_cast<char>(summary[0] >= 'a' && summary[0] <= 'z' ? summary[0] - 32 : summary[0]);
  page.line(summary + ".");
  page.heading("Usage");
  page.paragraph(usage_line(command), 2);
  if (!command.arguments.empty()) {
    page.heading("Arguments");
    std::vector<std::vector<Cell>> rows;
    for (const auto& argument : command.arguments)
      rows.push_back({"  " + std::string(argument.name), std::string(argument.help)});
    page.table({}, rows);
  }
  if (!command.options.empty()) {
    page.heading("Options");
    write_options(command.options, page);
  }
  if (!command.notes.empty()) {
    page.line();
    page.paragraph(command.notes);
  }
  page.line();
  page.line("Every command also takes --home, --team, --json, --quiet and --passphrase-file.",
            Style::faint);
}

void write_lines(const std::vector<const Command*>& commands, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto* command : commands)
    rows.push_back({"  " + std::string(command->name), std::string(command->summary)});
  page.table({}, rows);
}

}  // namespace

void write_overview(const Table& table, Page& page) {
  page.paragraph(
      "Holm is a program for small teams: rooms, documents, boards and threads that everybody can "
      "edit at any time, online or not, and that come out equal when devices meet.");
  page.heading("Usage");
  page.line("  holm [--home DIR] [--team T] [--json] [--quiet] COMMAND ...");
  // One width for all chapters, so that the summaries stand in one column.
  std::size_t width = 0;
  for (const auto& command : table)
    if (listed(command)) width = std::max(width, command.name.size());
  std::optional<Chapter> chapter;
  for (const auto& command : table) {
    if (!listed(command)) continue;
    if (chapter != command.chapter) page.heading(chapter_title(command.chapter));
    chapter = command.chapter;
    page.line("  " + std::string(command.name) + std::string(width - command.name.size() + 2, ' ') +
              std::string(command.summary));
  }
  page.heading("Options of every command");
  write_options(global_options(), page);
  page.line();
  page.line("\"holm help COMMAND\" says more about each; \"man holm\" has it all.");
}

bool write_topic(const Table& table, std::string_view topic, Page& page) {
  const Command* exact = nullptr;
  std::vector<const Command*> members;
  for (const auto& command : table) {
    if (command.name == topic) exact = &command;
    if (listed(command) && command.name.starts_with(std::string(topic) + " "))
      members.push_back(&command);
  }
  if (exact) write_command(*exact, page);
  if (members.empty()) return exact != nullptr;
  if (exact)
    page.heading("See also");
  else
    page.heading("Commands");
  write_lines(members, page);
  return true;
}

}  // namespace holm::cli
