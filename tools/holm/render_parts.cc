// Parts of lines that several answers share.
#include <algorithm>

#include "tools/holm/render.h"

namespace holm::cli {

std::string name_of(const Value& person) {
  const auto name = person.as_string() ? person.text() : person["name"].text();
  return name.empty() ? "someone" : std::string(name);
}

std::string names_of(const Value& people) {
  std::string out;
  const auto& items = people.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += name_of(items[i]);
  }
  return out;
}

std::string count_of(std::int64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::vector<const Value*> by_name(const Value& items, std::string_view key, std::string_view flag) {
  std::vector<const Value*> out;
  for (const auto& item : items.items()) out.push_back(&item);
  std::stable_sort(out.begin(), out.end(), [&](const Value* a, const Value* b) {
    const bool a_first = (*a)[flag].flag();
    const bool b_first = (*b)[flag].flag();
    if (a_first != b_first) return a_first;
    return name_of((*a)[key]) < name_of((*b)[key]);
  });
  return out;
}

void render_erased(const Value& answer, std::string_view what, Page& page) {
  for (const auto& erased : answer["erased"].items())
    page.line("(" + std::string(what) + " " + std::string(erased["text"].text()) + ")",
              Style::faint);
}

void render_chips(const Value& answer, Page& page) {
  for (const auto& chip : answer["also"].items()) {
    std::string others;
    for (const auto& other : chip["others"].items()) {
      if (!others.empty()) others += ", ";
      others += "\"" + std::string(other["shown"].text()) + "\"";
      if (!other["by"].is_null()) others += " by " + name_of(other["by"]);
    }
    page.line("! " + std::string(chip["label"].text()) + " was also set to " + others, Style::warn);
  }
  for (const auto& notice : answer["notices"].items())
    page.line("! " + std::string(notice["text"].text()), Style::warn);
}

}  // namespace holm::cli
