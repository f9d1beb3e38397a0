#include "work/exchange/export_path.h"

#include <algorithm>
#include <array>

#include "base/wire.h"
#include "work/fold.h"

namespace holm::work {
namespace {

constexpr std::size_t kNameBytes = 120;

/// Device names that Windows reserves, with or without an ending.
bool is_reserved(std::string_view name) {
  const auto stem = fold(name.substr(0, name.find('.')));
  constexpr std::array kNames{"con", "prn", "aux", "nul"};
  if (std::find(kNames.begin(), kNames.end(), stem) != kNames.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
         stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace

std::string safe_name(std::string_view title) {
  constexpr std::string_view kForbidden = "/\\:*?\"<>|";
  std::string out;
  for (const char letter : title) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool bad = byte < 0x20 || byte == 0x7f || kForbidden.find(letter) != kForbidden.npos;
    out += bad ? '-' : letter;
  }
  if (!is_utf8(out)) out = "unreadable name";
  if (out.size() > kNameBytes) {
    std::size_t end = kNameBytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  while (out.starts_with(' ')) out.erase(0, 1);
  if (out.starts_with('.')) out[0] = '-';  // or it would be hidden
  if (out.empty()) return "Untitled";
  return is_reserved(out) ? "-" + out : out;
}

std::string ExportPaths::take(std::string_view folder, std::string_view title,
                              std::string_view ending) {
  std::string stem;
  while (!folder.empty()) {
    const auto cut = folder.find('/');
    const auto part = folder.substr(0, cut);
    if (!part.empty()) stem = folder_in(stem, safe_name(part)) + "/";
    folder = cut == std::string_view::npos ? std::string_view() : folder.substr(cut + 1);
  }
  stem += safe_name(title);
  auto path = stem + std::string(ending);
  for (int count = 2; taken_.contains(fold(path)) || folders_.contains(fold(path)); ++count) {
    path = stem + " (" + std::to_string(count) + ")" + std::string(ending);
  }
  taken_.insert(fold(path));
  return path;
}

std::string ExportPaths::folder_in(const std::string& parent, const std::string& name) {
  auto path = parent + name;
  for (int count = 2; taken_.contains(fold(path)); ++count) {
    path = parent + name + " (" + std::to_string(count) + ")";
  }
  folders_.insert(fold(path));
  return path;
}

}  // namespace holm::work
