#include "work/views/line.h"

#include <algorithm>

namespace holm::work {
namespace {

constexpr std::size_t kNameBytes = 80;

bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' || byte == '\f' ||
         byte == '\v';
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string out;
  out.reserve(std::min(text.size(), bytes_max));
  bool gap = false;
  for (const char byte : text) {
    if (is_space(byte)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += byte;
    if (out.size() > bytes_max) break;
  }
  if (out.size() > bytes_max) {
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  return out;
}

std::string quoted(std::string_view name) {
  auto line = one_line(name, kNameBytes);
  if (line.size() + 4 > kNameBytes && line.size() < name.size()) line += "…";
  return "“" + line + "”";
}

}  // namespace holm::work
