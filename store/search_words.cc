#include "store/search_words.h"

#include <algorithm>
#include <bit>

#include "base/edit_distance.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

constexpr std::size_t kLettersMin = 3;
constexpr std::size_t kLettersMax = 32;
constexpr std::size_t kAddedMax = 1u << 16;

/// Code points; the index holds valid UTF-8 only.
std::u32string letters_of(std::string_view word) {
  std::u32string out;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) {
      if (!out.empty()) out.back() = (out.back() << 6) | (byte & 0x3Fu);
    } else if (byte < 0x80) {
      out.push_back(byte);
    } else {
      out.push_back(byte < 0xE0 ? byte & 0x1Fu : byte < 0xF0 ? byte & 0x0Fu : byte & 0x07u);
    }
  }
  return out;
}

std::string text_of(std::u32string_view letters) {
  std::string out;
  const auto put = [&](unsigned number) { out.push_back(static_cast<char>(number)); };
  for (const auto c : letters) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | (c >> 6));
      put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      put(0xE0 | (c >> 12));
      put(0x80 | ((c >> 6) & 0x3F));
      put(0x80 | (c & 0x3F));
    } else {
      put(0xF0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3F));
      put(0x80 | ((c >> 6) & 0x3F));
      put(0x80 | (c & 0x3F));
    }
  }
  return out;
}

std::uint64_t mask_of(std::u32string_view letters) {
  std::uint64_t out = 0;
  for (const auto c : letters) out |= std::uint64_t{1} << (c % 64);
  return out;
}

}  // namespace

bool SearchWords::is_word(std::string_view term) {
  if (term.size() < kLettersMin || term.size() > kLettersMax * 4) return false;
  std::size_t letters = 0;
  for (const char c : term) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (c < 'a' || c > 'z')) return false;
    letters += (byte & 0xC0) != 0x80 ? 1 : 0;
  }
  return letters >= kLettersMin && letters <= kLettersMax;
}

Status SearchWords::add(const std::string& word) {
  if (added_.size() >= kAddedMax) added_.clear();
  if (!added_.insert(word).second) return {};
  auto insert = TRY(db_.prepare("INSERT OR IGNORE INTO search_word (word) VALUES (?)"));
  TRY(insert.bind(std::string_view(word)).run());
  if (is_loaded_ && db_.changed() > 0) keep(word);
  return {};
}

Status SearchWords::remove(const std::string& word) {
  added_.erase(word);
  auto remove = TRY(db_.prepare("DELETE FROM search_word WHERE word = ?"));
  return remove.bind(std::string_view(word)).run();
}

Status SearchWords::clear() {
  forget();
  return db_.run_script("DELETE FROM search_word");
}

void SearchWords::keep(std::string_view word) {
  Known known{letters_of(word), 0};
  known.mask = mask_of(known.letters);
  all_.push_back(std::move(known));
}

Result<std::vector<std::string>> SearchWords::like(std::string_view word, std::size_t limit) {
  std::vector<std::string> out;
  if (!is_word(word)) return out;
  const auto letters = letters_of(word);
  const std::size_t apart = letters.size() >= 8 ? 2 : letters.size() >= 4 ? 1 : 0;
  if (apart == 0) return out;
  if (!is_loaded_) {
    auto rows = TRY(db_.prepare("SELECT word FROM search_word"));
    while (TRY(rows.step())) keep(rows.text(0));
    is_loaded_ = true;
  }
  const auto mask = mask_of(letters);
  std::vector<std::pair<std::size_t, const Known*>> found;
  for (const auto& known : all_) {
    const auto longer = std::max(known.letters.size(), letters.size());
    if (longer - std::min(known.letters.size(), letters.size()) > apart) continue;
    // Each step away takes at most one letter out and brings one in.
    if (std::popcount(known.mask & ~mask) > static_cast<int>(apart) ||
        std::popcount(mask & ~known.mask) > static_cast<int>(apart)) {
      continue;
    }
    const auto distance = edit_distance(known.letters, letters, apart);
    if (distance > 0 && distance <= apart) found.emplace_back(distance, &known);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->letters < b.second->letters;
  });
  for (const auto& item : found) {
    auto text = text_of(item.second->letters);
    if (out.size() == limit) break;
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
  }
  return out;
}

void SearchWords::forget() {
  added_.clear();
  all_.clear();
  is_loaded_ = false;
}

}  // namespace holm::store
