#include "tools/holm/page.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.h"
#include "work/when.h"

namespace holm::cli {
namespace {

constexpr std::size_t kIdShown = 8;
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
};

/// The first code point of a text that is not empty; a stray byte counts as one that is shown.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto rest = [&](std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i)
      if ((byte(i) & 0xc0) != 0x80) return false;
    return true;
  };
  const auto lead = byte(0);
  if (lead >= 0xc2 && lead <= 0xdf && rest(1)) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (lead >= 0xe0 && lead <= 0xef && rest(2))
    return {(lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  if (lead >= 0xf0 && lead <= 0xf4 && rest(3))
    return {(lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f),
            4};
  return {lead < 0x80 ? lead : 0xfffd, 1};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::uint32_t point) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), point,
                                      [](std::uint32_t p, const Range& r) { return p < r.first; });
  return after != ranges.begin() && point <= std::prev(after)->last;
}

/// Marks that stand on the character before them, joiners and selectors.
constexpr std::array kNoWidth = {
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489},   Range{0x0591, 0x05bd},  Range{0x05bf, 0x05bf},
    Range{0x05c1, 0x05c2}, Range{0x05c4, 0x05c5},   Range{0x0610, 0x061a},  Range{0x064b, 0x065f},
    Range{0x0670, 0x0670}, Range{0x06d6, 0x06dc},   Range{0x06df, 0x06e4},  Range{0x06e7, 0x06e8},
    Range{0x06ea, 0x06ed}, Range{0x0900, 0x0902},   Range{0x093a, 0x093a},  Range{0x093c, 0x093c},
    Range{0x0941, 0x0948}, Range{0x094d, 0x094d},   Range{0x0e31, 0x0e31},  Range{0x0e34, 0x0e3a},
    Range{0x0e47, 0x0e4e}, Range{0x1ab0, 0x1aff},   Range{0x1dc0, 0x1dff},  Range{0x200b, 0x200f},
    Range{0x2060, 0x2064}, Range{0x20d0, 0x20ff},   Range{0xfe00, 0xfe0f},  Range{0xfe20, 0xfe2f},
    Range{0xfeff, 0xfeff}, Range{0x1f3fb, 0x1f3ff}, Range{0xe0100, 0xe01ef}};

/// East Asian wide characters and pictures.
constexpr std::array kWide = {
    Range{0x1100, 0x115f},   Range{0x231a, 0x231b},   Range{0x23e9, 0x23ec},
    Range{0x2614, 0x2615},   Range{0x2648, 0x2653},   Range{0x26a1, 0x26a1},
    Range{0x26bd, 0x26be},   Range{0x26c4, 0x26c5},   Range{0x2705, 0x2705},
    Range{0x270a, 0x270b},   Range{0x2728, 0x2728},   Range{0x274c, 0x274c},
    Range{0x2753, 0x2755},   Range{0x2795, 0x2797},   Range{0x2b50, 0x2b50},
    Range{0x2e80, 0x303e},   Range{0x3041, 0x4dbf},   Range{0x4e00, 0xa4cf},
    Range{0xa960, 0xa97f},   Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},
    Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},
    Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1f9ff},
    Range{0x1fa70, 0x1faff}, Range{0x20000, 0x3fffd}};

/// Marks that turn the direction of what follows, and so could disguise it.
bool turns_direction(std::uint32_t point) {
  return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::strong: return "\033[1m";
    case Style::faint: return "\033[2m";
    case Style::good: return "\033[32m";
    case Style::warn: return "\033[33m";
  }
  return "";
}

std::string spaces(std::size_t count) { return std::string(count, ' '); }

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto point = decode(text);
    text.remove_prefix(point.bytes);
    if (within(kNoWidth, point.value)) continue;
    width += within(kWide, point.value) ? 2 : 1;
  }
  return width;
}

std::string visible(std::string_view text, Lines lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto point = decode(text);
    const auto c = point.value;
    if (c == '\n' || c == '\t') {
      out += lines == Lines::keep ? static_cast<char>(c) : ' ';
    } else if (c == '\r' && lines == Lines::keep && text.starts_with("\r\n")) {
      out += '\r';
    } else if (c < 0x20) {  // U+2400 and on picture the control characters
      out += "\xe2\x90";
      out += static_cast<char>(0x80 + c);
    } else if (c == 0x7f) {
      out += "\xe2\x90\xa1";
    } else if ((c >= 0x80 && c < 0xa0) || turns_direction(c) || (c == 0xfffd && point.bytes == 1)) {
      out += kReplacement;
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string Page::styled(std::string_view words, Style style) const {
  auto shown = visible(words, Lines::replace);
  if (!format_.colour || style == Style::plain || shown.empty()) return shown;
  return std::string(code_of(style)) + shown + "\033[0m";
}

void Page::raw_line(std::string_view line) {
  text_ += line;
  text_ += '\n';
}

void Page::line(std::string_view words, Style style) { raw_line(styled(words, style)); }

void Page::heading(std::string_view words) {
  if (!text_.empty()) raw_line("");
  line(words, Style::strong);
}

void Page::field(std::string_view label, std::string_view words, std::size_t width) {
  if (words.empty()) return;
  const auto used = display_width(label);
  raw_line(styled(label, Style::faint) + spaces(used < width ? width - used : 1) +
           visible(words, Lines::replace));
}

void Page::paragraph(std::string_view words, std::size_t indent, Style style) {
  if (words.empty()) return;
  const auto wide = static_cast<std::size_t>(std::max(format_.columns, 0));
  const auto room = wide > indent + 20 ? wide - indent : 0;  // 0: as long as it is
  while (true) {
    const auto end = words.find('\n');
    std::string_view line = words.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    std::string row;
    std::size_t row_width = 0;
    const auto put = [&] {
      raw_line(row.empty() ? std::string() : spaces(indent) + styled(row, style));
      row.clear();
      row_width = 0;
    };
    if (room == 0) {
      row = line;
    } else {
      bool first = true;
      while (!line.empty() || first) {
        const auto space = line.find(' ', line.find_first_not_of(' '));
        const auto word = line.substr(0, space);
        line.remove_prefix(word.size());
        const auto width = display_width(word);
        if (!row.empty() && row_width + width > room) put();
        // A word after a break begins the line; the first keeps its own indent.
        const auto start = row.empty() && !first ? word.find_first_not_of(' ') : 0;
        if (start != std::string_view::npos) {
          row += word.substr(start);
          row_width += width - start;
        }
        first = false;
      }
    }
    put();
    if (end == std::string_view::npos || end + 1 == words.size()) return;
    words.remove_prefix(end + 1);
  }
}

void Page::table(const std::vector<std::string>& headings,
                 const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::vector<Cell>> all;
  if (!headings.empty()) {
    auto& head = all.emplace_back();
    for (const auto& words : headings) head.emplace_back(words, Style::faint);
  }
  for (const auto& row : rows) {
    auto& shown = all.emplace_back();
    for (const auto& cell : row)
      shown.emplace_back(visible(cell.text, Lines::replace), cell.style, cell.side);
  }
  std::vector<std::size_t> widths;
  for (const auto& row : all)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], display_width(row[i].text));
    }
  for (const auto& row : all) {
    std::string out;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto& cell = row[i];
      const auto pad = spaces(widths[i] - display_width(cell.text));
      const bool right = cell.side == Cell::Side::right;
      if (right) out += pad;
      out += styled(cell.text, cell.style);
      if (i + 1 == row.size()) break;
      if (!right) out += pad;
      out += "  ";
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    raw_line(out);
  }
}

std::string Page::when(const Value& moment) const {
  const auto text = std::string(moment.text());
  if (text.empty()) return text;
  const auto parsed = work::parse_when(text, WallTime{}, "UTC");
  return parsed ? work::show_when(parsed->at, format_.zone ? format_.zone() : "UTC") : text;
}

std::string Page::short_id(const Value& id) { return std::string(id.text().substr(0, kIdShown)); }

}  // namespace holm::cli
