// What an object is found by: its words, and marks for what questions filter by. The index in store
// holds these terms and nothing else of the text. Pure.
//
// Spelling: a word stands as it is folded. "~fe" and "~fer" are the first two and three letters of
// a word, so that a word half typed is one term. "=ferry": the word stands in the title. "_...":
// marks, see mark. Characters of scripts without spaces stand alone and with the one after them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "crdt/object.h"
#include "work/search/words.h"

namespace holm::work::search {

/// Raised when terms_of says something else than before: stores then make their index anew.
inline constexpr std::uint32_t kTermsVersion = 2;

namespace mark {
std::string room(const SpaceId& space);
std::string kind(std::uint32_t type);
std::string author(const MemberId& member);
std::string to(const MemberId& member);  ///< addressed or assigned to
std::string tag(std::string_view tag);   ///< empty when it has no word
std::string state(std::string_view state);
std::string month(WallTime at);  ///< in UTC
std::string year(WallTime at);
inline constexpr std::string_view kArchived = "_x";
inline constexpr std::string_view kWaiting = "_w";
inline constexpr std::string_view kLink = "_l";
inline constexpr std::string_view kFile = "_f";
}  // namespace mark

/// Types that a question finds, by number.
bool is_searched(std::uint32_t type);
/// When it was written: an import's true time, else that of its first op.
WallTime written_at(const crdt::ObjectState& object);
/// Words that stand for the state of a thing: "open", "done", "resolved", "agreed", ...
std::vector<std::string> states_of(const crdt::ObjectState& object);
/// Whom a thing is addressed or assigned to.
std::vector<MemberId> receivers_of(const crdt::ObjectState& object);
/// A card that is not done and says what it waits for, or why it is blocked.
bool is_waiting(const crdt::ObjectState& object);

/// A message or comment with files attached.
bool has_files(const crdt::ObjectState& object);

/// What of an object is read word by word: title first, then the live texts, then short values.
/// Empty when nothing finds it: retracted, or of a type without words.
struct Part {
  std::string text;
  bool title = false;
};
std::vector<Part> parts_of(const crdt::ObjectState& object,
                           const std::map<std::uint32_t, std::string>& texts);

/// All terms, sorted, each once; empty when nothing finds it. `author`: whose log its first op
/// stands in. O(bytes log bytes).
std::vector<std::string> terms_of(const SpaceId& space, const crdt::ObjectState& object,
                                  const std::map<std::uint32_t, std::string>& texts,
                                  const std::optional<MemberId>& author);

/// The fields of kind text that are searched, of a type.
const std::vector<std::uint32_t>& text_fields(std::uint32_t type);

/// The terms of words that stand side by side: what an object must hold to have them so.
std::vector<std::string> terms_of_phrase(const std::vector<Word>& words);

}  // namespace holm::work::search
