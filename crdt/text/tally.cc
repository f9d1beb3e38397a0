// Long stretches are counted in lanes: each of sixteen bytes of a register adds what it found over
// up to 255 rounds, and the lanes are summed afterwards. Short ones go by words, almost without
// branches, which edits at random would get wrong every other time. Vectors are the compilers' own.
#include "crdt/text/tally.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace holm::crdt::text {
namespace {

using Lanes = signed char __attribute__((vector_size(16)));
constexpr std::size_t kLanes = sizeof(Lanes);
constexpr std::size_t kRounds = 255;
constexpr std::size_t kBlock = 64;  // what a search skips at once

Lanes load(const char* at) {
  Lanes out;
  std::memcpy(&out, at, sizeof out);
  return out;
}

// Each gives -1 in the lanes that count. As signed bytes continuations are -128 to -65, and the
// leads of four-byte sequences are -16 to -12.
Lanes starts(Lanes bytes) { return bytes > -65; }
Lanes leads_of_four(Lanes bytes) { return (bytes > -17) & (bytes < 0); }
Lanes breaks(Lanes bytes) { return bytes == '\n'; }

// Words hold eight bytes, the first in the lowest place; marks are the lowest bit of each byte.
static_assert(std::endian::native == std::endian::little);
constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kMarks = 0x0101010101010101;
constexpr std::uint64_t kTops = kMarks << 7;

template <class Number>
std::uint64_t load_as(const char* at) {
  Number out = 0;
  std::memcpy(&out, at, sizeof out);
  return out;
}

std::uint64_t load_word(const char* at) { return load_as<std::uint64_t>(at); }

/// The same from fewer than eight bytes; the others are continuations, which count for nothing.
std::uint64_t load_part(const char* at, std::size_t bytes) {
  if (bytes == 0) return kTops;
  std::uint64_t word = kTops << 8 * bytes;
  // Two halves that may overlap: no loop, whose end would be hard to foresee.
  if (bytes >= 4) {
    word |= load_as<std::uint32_t>(at);
    return word | load_as<std::uint32_t>(at + bytes - 4) << 8 * (bytes - 4);
  }
  word |= load_as<std::uint8_t>(at);
  if (bytes == 1) return word;
  return word | load_as<std::uint16_t>(at + bytes - 2) << 8 * (bytes - 2);
}

std::uint64_t load_up_to_word(const char* at, std::size_t bytes) {
  return bytes >= kWord ? load_word(at) : load_part(at, bytes);
}

std::uint64_t mark_starts(std::uint64_t word) { return (~word >> 7 | word >> 6) & kMarks; }
std::uint64_t mark_leads_of_four(std::uint64_t word) {
  return word >> 7 & word >> 6 & word >> 5 & word >> 4 & kMarks;
}
std::uint64_t mark_breaks(std::uint64_t word) {
  const auto other = word ^ kMarks * '\n';
  return ~(((other & ~kTops) + ~kTops) | other) >> 7 & kMarks;
}

std::uint64_t sum_of_marks(std::uint64_t marks) { return marks * kMarks >> 56; }

/// Place of the byte that has mark number `index`; eight when there are not so many.
std::size_t find_mark(std::uint64_t marks, std::uint64_t index) {
  // Each byte of the product counts the marks up to there; those with no more than `index` lie
  // before the one looked for.
  const auto up_to = marks * kMarks;
  return sum_of_marks((kMarks * index + kTops - up_to) >> 7 & kMarks);
}

bool is_start(char byte) { return static_cast<signed char>(byte) > -65; }
bool is_lead_of_four(char byte) { return static_cast<unsigned char>(byte) >= 0xF0; }

/// Lanes as unsigned numbers, added up.
std::uint64_t sum(Lanes lanes) {
  std::uint64_t words[2];
  std::memcpy(words, &lanes, sizeof words);
  constexpr std::uint64_t kEven = 0x00FF00FF00FF00FF;
  const auto pairs =
      (words[0] & kEven) + (words[0] >> 8 & kEven) + (words[1] & kEven) + (words[1] >> 8 & kEven);
  return pairs * 0x0001000100010001 >> 48;
}

/// Blocks from the front whose counts add up to no more than `count`, which goes down by them.
template <class Count>
std::size_t skip_blocks(std::string_view text, std::size_t at, std::uint64_t& count, Count of) {
  for (; at + kBlock <= text.size(); at += kBlock) {
    Lanes found = {};
    for (std::size_t i = 0; i < kBlock; i += kLanes) found -= of(load(text.data() + at + i));
    const auto here = sum(found);
    if (here > count) break;
    count -= here;
  }
  return at;
}

/// Offset of mark number `index` of those from `at` on; text.size() when there are not so many.
template <class Mark>
std::size_t find_in_words(std::string_view text, std::size_t at, std::uint64_t index, Mark mark) {
  while (at < text.size()) {
    const auto marks = mark(load_up_to_word(text.data() + at, text.size() - at));
    const auto here = sum_of_marks(marks);
    if (here > index) return at + find_mark(marks, index);
    index -= here;
    at += kWord;
  }
  return text.size();
}

}  // namespace

Tally tally(std::string_view text) {
  std::uint64_t points = 0;
  std::uint64_t astral = 0;
  std::uint64_t newlines = 0;
  const char* at = text.data();
  auto left = text.size();
  while (left >= kLanes) {
    const auto rounds = std::min(left / kLanes, kRounds);
    Lanes points_found = {};
    Lanes astral_found = {};
    Lanes newlines_found = {};
    for (std::size_t i = 0; i < rounds; ++i, at += kLanes) {
      const Lanes bytes = load(at);
      points_found -= starts(bytes);
      astral_found -= leads_of_four(bytes);
      newlines_found -= breaks(bytes);
    }
    points += sum(points_found);
    astral += sum(astral_found);
    newlines += sum(newlines_found);
    left -= rounds * kLanes;
  }
  while (left > 0) {
    const auto word = load_up_to_word(at, left);
    points += sum_of_marks(mark_starts(word));
    astral += sum_of_marks(mark_leads_of_four(word));
    newlines += sum_of_marks(mark_breaks(word));
    const auto bytes = std::min(left, kWord);
    at += bytes;
    left -= bytes;
  }
  return {.points = points, .extra = text.size() - points, .astral = astral, .breaks = newlines};
}

std::uint64_t count_breaks(std::string_view text) {
  std::uint64_t found = 0;
  const char* at = text.data();
  auto left = text.size();
  while (left >= kLanes) {
    const auto rounds = std::min(left / kLanes, kRounds);
    Lanes lanes = {};
    for (std::size_t i = 0; i < rounds; ++i, at += kLanes) lanes -= breaks(load(at));
    found += sum(lanes);
    left -= rounds * kLanes;
  }
  while (left > 0) {
    found += sum_of_marks(mark_breaks(load_up_to_word(at, left)));
    const auto bytes = std::min(left, kWord);
    at += bytes;
    left -= bytes;
  }
  return found;
}

std::size_t offset_after(std::string_view text, std::size_t at, std::uint64_t count) {
  if (count >= kWord) at = skip_blocks(text, at, count, starts);
  return find_in_words(text, at, count, mark_starts);
}

std::size_t offset_before(std::string_view text, std::size_t at, std::uint64_t count) {
  for (; count >= kWord && at >= kBlock; at -= kBlock) {
    Lanes found = {};
    for (std::size_t i = 0; i < kBlock; i += kLanes) {
      found -= starts(load(text.data() + at - kBlock + i));
    }
    const auto here = sum(found);
    // The code point looked for may begin behind the edge of its block, so that one is not skipped.
    if (here >= count) break;
    count -= here;
  }
  for (; at >= kWord; at -= kWord) {
    const auto marks = mark_starts(load_word(text.data() + at - kWord));
    const auto here = sum_of_marks(marks);
    if (here >= count) return count == 0 ? at : at - kWord + find_mark(marks, here - count);
    count -= here;
  }
  while (count > 0) {
    if (is_start(text[--at])) --count;
  }
  return at;
}

std::uint64_t point_of_unit(std::string_view text, std::uint64_t unit) {
  auto left = unit;
  auto at =
      skip_blocks(text, 0, left, [](Lanes bytes) { return starts(bytes) + leads_of_four(bytes); });
  auto point = tally(text.substr(0, at)).points;
  for (; at < text.size(); ++at) {
    if (!is_start(text[at])) continue;
    const std::uint64_t units = is_lead_of_four(text[at]) ? 2 : 1;
    if (units > left) break;
    left -= units;
    ++point;
  }
  return point;
}

std::size_t offset_after_break(std::string_view text, std::uint64_t index) {
  const auto at = skip_blocks(text, 0, index, breaks);
  return find_in_words(text, at, index, mark_breaks) + 1;
}

}  // namespace holm::crdt::text
