// Files and what of them this device keeps.
#include <cstdio>

#include "tools/holm/render.h"

namespace holm::cli {

std::string size_of(const Value& bytes) {
  if (!bytes.as_int()) return "?";
  const auto count = static_cast<double>(bytes.number());
  if (bytes.number() < 1000) return count_of(bytes.number(), "byte", "bytes");
  static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  double value = count / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  char out[32];
  (void)std::snprintf(out, sizeof out, value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
  return out;
}

void render_added(const Value& answer, Page& page) {
  for (const auto& file : answer["files"].items())
    page.line("Added " + std::string(file["name"].text()) + ", " + size_of(file["bytes"]) + ", " +
                  std::string(file["media"].text()) + " (" + Page::short_id(file["id"]) + ")",
              Style::good);
}

void render_files(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& file : answer["files"].items()) {
    std::string marks = file["here"].flag() ? "" : "not on this device";
    if (file["pinned"].flag()) marks += marks.empty() ? "pinned" : ", pinned";
    if (file["archived"].flag()) marks += marks.empty() ? "put away" : ", put away";
    rows.push_back({std::string(file["path"].text()),
                    {size_of(file["bytes"]), Style::plain, Cell::Side::right},
                    std::string(file["media"].text()),
                    Cell(marks, Style::warn),
                    Cell(Page::short_id(file["id"]), Style::faint)});
  }
  if (rows.empty()) return page.line("No files. Bring one in with: holm file add ROOM PATH");
  page.table({}, rows);
}

void render_file(const Value& answer, Page& page) {
  page.line(answer["path"].text(), Style::strong);
  page.field("size", size_of(answer["bytes"]));
  page.field("kind", answer["media"].text());
  page.field("added by", name_of(answer["created_by"]) + ", " + page.when(answer["created"]));
  page.field("BLAKE2b-256", answer["hash"].text());
  page.field("here", answer["here"].flag()
                         ? size_of(answer["held_bytes"]) + " in " +
                               count_of(answer["pieces"].number(), "piece", "pieces")
                         : "no, not on this device");
  if (!answer["damage"].text().empty()) page.line(answer["damage"].text(), Style::warn);
  page.field("pinned by", names_of(answer["pinned_by"]));
  page.field("id", answer["id"].text());
  render_chips(answer, page);
  const auto& versions = answer["versions"].items();
  if (versions.size() < 2) return;
  page.line();
  page.line("Versions, oldest first");
  for (const auto& version : versions)
    page.line("  " + std::string(version["hash"].text().substr(0, 16)) + "  " +
              size_of(version["bytes"]));
}

void render_freed(const Value& answer, Page& page) {
  const auto& freed = answer["freed"];
  page.line("Freed " + count_of(freed["pieces"].number(), "piece", "pieces") + " of " +
                size_of(freed["bytes"]) + "; the disk holds " + size_of(answer["disk_after"]) +
                ", before " + size_of(answer["disk_before"]) + ".",
            Style::good);
  page.line("Kept " + count_of(answer["kept"]["pieces"].number(), "piece", "pieces") + " of " +
            size_of(answer["kept"]["bytes"]) + ".");
}

void render_quota(const Value& answer, Page& page) {
  page.line("Files take " + size_of(answer["held"]["bytes"]) + " of the " +
            size_of(answer["quota_bytes"]) + " that they may take on this device.");
}

}  // namespace holm::cli
