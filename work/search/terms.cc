#include "work/search/terms.h"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "work/read.h"
#include "work/schema.h"

namespace holm::work::search {
namespace {

constexpr std::size_t kPrefixesFrom = 2;
constexpr std::size_t kPrefixesTo = 3;

/// Words that are sorted often and fast: the first eight letters as a number decide mostly.
struct Entry {
  std::uint64_t head = 0;
  std::string_view text;
  bool whole = true;  ///< a word that has beginnings

  friend bool operator<(const Entry& a, const Entry& b) {
    return a.head != b.head ? a.head < b.head : a.text < b.text;
  }
};

Entry entry_of(std::string_view text, bool whole) {
  Entry out{0, text, whole};
  for (std::size_t i = 0; i < 8; ++i) {
    out.head = out.head << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
  }
  return out;
}

/// Pairs of characters that stand side by side.
void add_pairs(const std::vector<Word>& words, std::string_view lead,
               std::vector<std::string>& out) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i + 1].joined) {
      out.push_back(std::string(lead).append(words[i].text).append(words[i + 1].text));
    }
  }
}

/// The words of all parts and their beginnings, sorted, each once. Beginnings of sorted words come
/// sorted by themselves; "~" stands between the letters of ASCII and all others.
std::vector<std::string> word_terms(const std::vector<std::vector<Word>>& parts) {
  std::vector<Entry> entries;
  std::size_t count = 0;
  for (const auto& words : parts) count += words.size();
  entries.reserve(count);
  std::vector<std::string> pairs;
  for (const auto& words : parts) add_pairs(words, "", pairs);
  for (const auto& words : parts) {
    for (const auto& word : words) entries.push_back(entry_of(word.text, !word.character));
  }
  for (const auto& pair : pairs) entries.push_back(entry_of(pair, false));
  std::sort(entries.begin(), entries.end());
  std::vector<std::string> plain;
  std::vector<std::string> beginnings;
  std::vector<std::string> others;
  std::string_view last;
  std::array<std::string_view, kPrefixesTo + 1> begun;
  for (const auto& entry : entries) {
    if (entry.text == last) continue;
    last = entry.text;
    auto& out = static_cast<unsigned char>(last.front()) < 0x80 ? plain : others;
    out.emplace_back(last);
    if (!entry.whole) continue;
    const auto length = length_of(last);
    for (auto letters = kPrefixesFrom; letters <= std::min(kPrefixesTo, length); ++letters) {
      const auto begins = first_of(last, letters);
      if (begins == begun[letters]) continue;
      begun[letters] = begins;
      beginnings.push_back(std::string("~").append(begins));
    }
  }
  plain.insert(plain.end(), std::make_move_iterator(beginnings.begin()),
               std::make_move_iterator(beginnings.end()));
  plain.insert(plain.end(), std::make_move_iterator(others.begin()),
               std::make_move_iterator(others.end()));
  return plain;
}

std::string ym(WallTime at, bool with_month) {
  // A clock may say anything.
  constexpr auto kFirst = WallTime(date::sys_days(date::year(0) / 1 / 1));
  constexpr auto kLast = WallTime(date::sys_days(date::year(9999) / 12 / 31));
  const date::year_month_day day{date::floor<date::days>(std::clamp(at, kFirst, kLast))};
  auto out = std::to_string(static_cast<int>(day.year()));
  if (!with_month) return out;
  const auto month = std::to_string(static_cast<unsigned>(day.month()));
  return out + (month.size() == 1 ? "0" : "") + month;
}

}  // namespace

namespace mark {
std::string room(const SpaceId& space) { return "_r" + space.text(); }
std::string kind(std::uint32_t type) { return "_k" + std::to_string(type); }
std::string author(const MemberId& member) { return "_a" + member.text(); }
std::string to(const MemberId& member) { return "_t" + member.text(); }
std::string tag(std::string_view tag) {
  std::string out = "_g";
  for (const auto& word : words_of_text(tag)) {
    if (out.size() > 2) out += '_';
    out += word.text;
  }
  return out.size() > 2 ? out : std::string();
}
std::string state(std::string_view state) {
  std::string out = "_s";
  for (const auto& word : words_of_text(state)) out += word.text;
  return out;
}
std::string month(WallTime at) { return "_m" + ym(at, true); }
std::string year(WallTime at) { return "_y" + ym(at, false); }
}  // namespace mark

bool is_searched(std::uint32_t type) {
  switch (type) {
    case kRoom:
    case kDocument:
    case kComment:
    case kBoard:
    case kCard:
    case kChecklist:
    case kItem:
    case kProgress:
    case kThread:
    case kMessage:
    case kFile: return true;
    default: return false;
  }
}

const std::vector<std::uint32_t>& text_fields(std::uint32_t type) {
  static const std::map<std::uint32_t, std::vector<std::uint32_t>> all = [] {
    std::map<std::uint32_t, std::vector<std::uint32_t>> out;
    for (const auto& one : schema()) {
      if (!is_searched(one.number)) continue;
      for (const auto& field : one.fields) {
        if (field.kind == crdt::Kind::text) out[one.number].push_back(field.number);
      }
    }
    return out;
  }();
  static const std::vector<std::uint32_t> none;
  const auto found = all.find(type);
  return found != all.end() ? found->second : none;
}

WallTime written_at(const crdt::ObjectState& object) {
  const auto imported = moment_of(object, field::kCreated);
  return imported ? *imported : object.born.time;
}

std::vector<std::string> states_of(const crdt::ObjectState& object) {
  const auto is_set = [&](std::uint32_t field) { return !value_of(object, field).is_null(); };
  switch (object.type) {
    case kDocument: {
      const auto status = words_of(object, document::kStatus);
      return {status.empty() ? "draft" : status};
    }
    case kCard: {
      std::vector<std::string> out{is_set(card::kClosed) ? "done" : "open"};
      if (!words_of(object, card::kBlockedReason).empty()) out.emplace_back("blocked");
      return out;
    }
    case kItem: return {value_of(object, item::kDone).flag() ? "done" : "open"};
    case kThread: return {is_set(thread::kResolved) ? "resolved" : "open"};
    case kComment: return {is_set(comment::kResolved) ? "resolved" : "open"};
    default: return {};
  }
}

std::vector<MemberId> receivers_of(const crdt::ObjectState& object) {
  switch (object.type) {
    case kMessage: return members_of(object, message::kTo);
    case kCard: return members_of(object, card::kAssignees);
    case kDocument: return members_of(object, document::kReviewers);
    case kItem: {
      const auto member = member_of(object, item::kAssignee);
      return member ? std::vector<MemberId>{*member} : std::vector<MemberId>();
    }
    default: return {};
  }
}

bool is_waiting(const crdt::ObjectState& object) {
  if (object.type != kCard || !value_of(object, card::kClosed).is_null()) return false;
  return !value_of(object, card::kWaitingOn).is_null() ||
         !words_of(object, card::kBlockedReason).empty();
}

bool has_files(const crdt::ObjectState& object) {
  return (object.type == kMessage && !values_of(object, message::kAttachments).empty()) ||
         (object.type == kComment && !values_of(object, comment::kAttachments).empty());
}

std::vector<Part> parts_of(const crdt::ObjectState& object,
                           const std::map<std::uint32_t, std::string>& texts) {
  std::vector<Part> out;
  if (!is_searched(object.type)) return out;
  if (object.type == kMessage && !value_of(object, message::kRetracted).is_null()) return out;
  const auto add = [&](std::string text, bool is_title = false) {
    if (!text.empty()) out.push_back({std::move(text), is_title});
  };
  add(words_of(object, field::kTitle), true);
  for (const auto field : text_fields(object.type)) {
    if (const auto text = texts.find(field); text != texts.end()) add(text->second);
  }
  switch (object.type) {
    case kDocument: add(words_of(object, document::kFolder)); break;
    case kProgress: add(words_of(object, progress::kLine)); break;
    case kFile: add(words_of(object, file::kFolder)); break;
    case kCard:
      add(words_of(object, card::kBlockedReason));
      for (const auto& link : values_of(object, card::kLinks)) {
        if (!link.items().empty()) add(std::string(link.items()[0].text()));
      }
      break;
    default: break;
  }
  for (const auto& tag : values_of(object, field::kTags)) add(std::string(tag.text()));
  return out;
}

std::vector<std::string> terms_of(const SpaceId& space, const crdt::ObjectState& object,
                                  const std::map<std::uint32_t, std::string>& texts,
                                  const std::optional<MemberId>& author) {
  std::vector<std::string> out;
  const auto parts = parts_of(object, texts);
  if (parts.empty()) return out;
  std::vector<std::vector<Word>> words;
  for (const auto& part : parts) {
    words.push_back(words_of_text(part.text));
    if (!part.title) continue;
    for (const auto& word : words.back()) out.push_back("=" + word.text);
    add_pairs(words.back(), "=", out);
  }
  out.push_back(mark::room(space));
  out.push_back(mark::kind(object.type));
  const auto creator = member_of(object, field::kCreator);
  if (creator || author) out.push_back(mark::author(creator ? *creator : *author));
  for (const auto& member : receivers_of(object)) out.push_back(mark::to(member));
  for (const auto& tag : values_of(object, field::kTags)) {
    if (auto term = mark::tag(tag.text()); !term.empty()) out.push_back(std::move(term));
  }
  for (const auto& state : states_of(object)) out.push_back(mark::state(state));
  if (object.type == kCard && !values_of(object, card::kLinks).empty()) {
    out.emplace_back(mark::kLink);
  }
  if (has_files(object)) out.emplace_back(mark::kFile);
  const auto written = written_at(object);
  out.push_back(mark::month(written));
  out.push_back(mark::year(written));
  if (is_archived(object)) out.emplace_back(mark::kArchived);
  if (is_waiting(object)) out.emplace_back(mark::kWaiting);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  auto all = word_terms(words);
  const auto marks = static_cast<std::ptrdiff_t>(all.size());
  all.insert(all.end(), std::make_move_iterator(out.begin()), std::make_move_iterator(out.end()));
  std::inplace_merge(all.begin(), all.begin() + marks, all.end());
  return all;
}

std::vector<std::string> terms_of_phrase(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool joins_next = i + 1 < words.size() && words[i + 1].joined;
    if (joins_next) {
      out.push_back(words[i].text + words[i + 1].text);
    } else if (i == 0 || !words[i].joined) {
      out.push_back(words[i].text);
    }
  }
  return out;
}

}  // namespace holm::work::search
