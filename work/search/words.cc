// A text is read in runs: plain ASCII words by themselves, since most are, and all else one cluster
// (a letter with its marks) after the other.
#include "work/search/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

namespace holm::work::search {
namespace {

using Point = utf8proc_int32_t;

struct Range {
  Point first;
  Point last;
};

template <std::size_t N>
bool in(const Range (&ranges)[N], Point point) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// Scripts without spaces between words (Unicode 15 blocks).
constexpr Range kCharacters[] = {
    {0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1100, 0x11FF}, {0x1780, 0x17FF},   {0x2E80, 0x2FDF},
    {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3031, 0x3035}, {0x3038, 0x303C},   {0x3041, 0x30FF},
    {0x3105, 0x318F}, {0x31A0, 0x31FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7FF}, {0xF900, 0xFAFF}, {0xFF66, 0xFFDC}, {0x1B000, 0x1B16F}, {0x20000, 0x3FFFF},
};
// Marks that a reader may leave out: accents, niqqud, harakat, tatweel.
constexpr Range kDropped[] = {{0x0300, 0x036F}, {0x0591, 0x05C7}, {0x0610, 0x061A},
                              {0x0640, 0x0640}, {0x064B, 0x065F}, {0x0670, 0x0670},
                              {0x06D6, 0x06ED}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}};
constexpr Range kCyrillic = {0x0400, 0x052F};
constexpr Range kSkinTones = {0x1F3FB, 0x1F3FF};
// Halfwidth voicing marks of Katakana: letters to Unicode, marks to a reader.
constexpr Range kHalfwidthMarks = {0xFF9E, 0xFF9F};
// First points of the decimal digits of common scripts.
constexpr Point kZeros[] = {0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0BE6,
                            0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x1040, 0x17E0};
// Letters that Unicode does not take apart, as people type them who lack the key.
constexpr std::pair<Point, const char*> kPlain[] = {
    {0x00E6, "ae"},
    {0x00F0, "d"},
    {0x00F8, "o"},
    {0x00FE, "th"},
    {0x0111, "d"},
    {0x0127, "h"},
    {0x0131, "i"},
    {0x0142, "l"},
    {0x0153, "oe"},
    {0x0167, "t"},
    {0x06A9, "\xD9\x83"} /* Persian kaf */,
    {0x06CC, "\xD9\x8A"} /* Persian yeh */,
    {0x0649, "\xD9\x8A"} /* alef maksura */,
    {0x0629, "\xD9\x87"} /* teh marbuta */,
};

bool within(const Range& range, Point point) { return point >= range.first && point <= range.last; }

bool is_mark(Point point) {
  const auto category = utf8proc_category(point);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
         category == UTF8PROC_CATEGORY_ME || within(kHalfwidthMarks, point);
}

bool is_word(Point point) {
  const auto category = utf8proc_category(point);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) || point == 0x0640;
}

bool is_emoji(Point point) {
  return utf8proc_category(point) == UTF8PROC_CATEGORY_SO && point >= 0x2190;
}

void put(std::string& out, Point point) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(point, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

/// One cluster folded: the points that stand for it, none when it says nothing.
void fold_cluster(const std::vector<Point>& cluster, std::vector<Point>& out) {
  out.clear();
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                           UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  std::array<Point, 64> parts{};
  int boundary = 0;
  const bool is_cyrillic = within(kCyrillic, cluster.front());
  for (const auto point : cluster) {
    const auto count =
        utf8proc_decompose_char(point, parts.data(), parts.size(), kOptions, &boundary);
    if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) continue;
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const auto part = parts[static_cast<std::size_t>(i)];
      // The short i and the two-dotted i of Cyrillic are letters of their own.
      const bool is_letter = is_cyrillic && !out.empty() &&
                             (part == 0x0306 || (part == 0x0308 && out.back() == 0x0456));
      if (!is_letter && in(kDropped, part)) continue;
      if (!is_word(part) && !is_mark(part)) continue;
      out.push_back(part);
    }
  }
  if (out.size() > 1) {
    const auto composed = utf8proc_normalize_utf32(
        out.data(), static_cast<utf8proc_ssize_t>(out.size()),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (composed > 0) out.resize(static_cast<std::size_t>(composed));
  }
  for (auto& point : out) {
    if (point < 0x0660) continue;
    for (const auto zero : kZeros) {
      if (point >= zero && point < zero + 10) point = '0' + (point - zero);
    }
  }
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { out_.reserve(text.size() / 6 + 1); }

  std::vector<Word> run() {
    while (at_ < text_.size()) {
      if (!ascii_word()) cluster();
    }
    close();
    return std::move(out_);
  }

 private:
  static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /// Reads letters and digits of ASCII, and what is plainly no word. False at anything else, and at
  /// a letter whose mark may follow.
  bool ascii_word() {
    const auto first = at_;
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    if (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x80 && at_ > first) --at_;
    if (at_ > first) {
      open(first);
      auto& word = out_.back().text;
      for (auto i = first; i < at_ && word.size() < kWordBytesMax; ++i) {
        const char c = text_[i];
        word.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      }
      out_.back().end = at_;
    }
    if (at_ == text_.size()) return true;
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c >= 0x80 || is_plain(text_[at_])) return false;
    close();
    ++at_;
    return true;
  }

  Point next(std::size_t at, std::size_t& size) const {
    Point point = -1;
    const auto read = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + at),
                                       static_cast<utf8proc_ssize_t>(text_.size() - at), &point);
    size = read > 0 ? static_cast<std::size_t>(read) : 1;
    return read > 0 ? point : -1;
  }

  void cluster() {
    const auto first = at_;
    std::size_t size = 0;
    const auto base = next(at_, size);
    at_ += size;
    if (base >= 0 && is_emoji(base)) return emoji(base, first);
    // A mark alone, a joiner or a variation selector does not end a word.
    if (base >= 0 && (is_mark(base) || utf8proc_category(base) == UTF8PROC_CATEGORY_CF)) return;
    if (base < 0 || !is_word(base)) return close();
    points_.assign(1, base);
    while (at_ < text_.size() && points_.size() < 16) {
      const auto mark = next(at_, size);
      if (mark < 0 || !is_mark(mark)) break;
      points_.push_back(mark);
      at_ += size;
    }
    fold_cluster(points_, folded_);
    if (folded_.empty()) return;
    if (in(kCharacters, base) && folded_.front() > 0x7F) {
      for (const auto point : folded_) {
        if (is_mark(point) && !out_.empty() && out_.back().end == at_) {
          put(out_.back().text, point);
        } else {
          character(point, first);
        }
      }
      return;
    }
    open(first);
    auto& word = out_.back();
    word.end = at_;
    for (const auto point : folded_) {
      if (word.text.size() + 4 > kWordBytesMax) continue;
      const auto* plain = std::find_if(std::begin(kPlain), std::end(kPlain),
                                       [&](const auto& item) { return item.first == point; });
      if (plain != std::end(kPlain)) {
        word.text += plain->second;
      } else {
        put(word.text, point);
      }
    }
  }

  void emoji(Point point, std::size_t first) {
    if (within(kSkinTones, point)) return;
    character(point, first);
  }

  void character(Point point, std::size_t first) {
    is_open_ = false;
    const bool joined = !out_.empty() && touches_ && out_.back().character;
    out_.push_back({{}, first, at_, true, joined});
    put(out_.back().text, point);
    touches_ = true;
  }

  void open(std::size_t first) {
    if (is_open_) return;
    out_.push_back({{}, first, first, false, false});
    is_open_ = true;
    touches_ = true;
  }

  void close() {
    is_open_ = false;
    touches_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Word> out_;
  std::vector<Point> points_;
  std::vector<Point> folded_;
  bool is_open_ = false;  ///< the last word goes on
  bool touches_ = false;  ///< nothing has come since the last word
};

}  // namespace

std::vector<Word> words_of_text(std::string_view text) { return Scanner(text).run(); }

std::size_t length_of(std::string_view folded) {
  return static_cast<std::size_t>(std::count_if(folded.begin(), folded.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string_view first_of(std::string_view folded, std::size_t count) {
  std::size_t at = 0;
  while (at < folded.size()) {
    if ((static_cast<unsigned char>(folded[at]) & 0xC0) != 0x80 && count-- == 0) break;
    ++at;
  }
  return folded.substr(0, at);
}

}  // namespace holm::work::search
