// Lines for people: aligned columns, calm headings, wrapped words. Nothing that came from elsewhere
// reaches a terminal raw: control characters are shown, not obeyed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"

namespace holm::cli {

/// How words stand out where there is colour. Meaning never rests on it.
enum class Style { plain, strong, faint, good, warn };

struct Cell {
  std::string text;
  Style style = Style::plain;
  enum class Side { left, right } side = Side::left;

  // NOLINTNEXTLINE(google-explicit-constructor): a cell is its words
  Cell(std::string words, Style how = Style::plain, Side where = Side::left)
      : text(std::move(words)), style(how), side(where) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Cell(const char* words) : text(words) {}
};

struct PageFormat {
  bool colour = false;
  bool terminal = false;
  int columns = 80;                   ///< 0: no limit
  std::function<std::string()> zone;  ///< moments are shown in it; asked for when one is
};

class Page {
 public:
  explicit Page(PageFormat format) : format_(std::move(format)) {}

  void heading(std::string_view words);
  void line(std::string_view words = {}, Style style = Style::plain);
  /// "Label   words", labels of one run aligned by `width`.
  void field(std::string_view label, std::string_view words, std::size_t width = 12);
  /// Wraps at the terminal's width, every line indented.
  void paragraph(std::string_view words, std::size_t indent = 0, Style style = Style::plain);
  /// Rows in columns as wide as their widest cell; the last column is not padded. Headings are
  /// faint and left out when empty.
  void table(const std::vector<std::string>& headings, const std::vector<std::vector<Cell>>& rows);
  /// Words in a style, for lines made of several.
  std::string styled(std::string_view words, Style style) const;
  /// What was shown already: styled() words, indents.
  void raw_line(std::string_view line);

  /// An RFC 3339 moment as people read it: "Mon 9 Mar 2026, 17:00 (Europe/Lisbon)". Anything else
  /// as it stands.
  std::string when(const Value& moment) const;
  /// First 8 characters of an id: enough to be named by, short enough to read.
  static std::string short_id(const Value& id);

  const PageFormat& format() const { return format_; }
  std::string take() { return std::move(text_); }

 private:
  PageFormat format_;
  std::string text_;
};

/// Cells that a text takes on a terminal: wide scripts take two, marks none. O(length).
std::size_t display_width(std::string_view text);
/// Control characters replaced by visible ones: line ends and tabs too, unless `lines` keeps them.
enum class Lines { keep, replace };
std::string visible(std::string_view text, Lines lines);

}  // namespace holm::cli
