// Search: the index gives candidates, the last to come first; each is read, held against what the
// index cannot say (phrases, days, archived surroundings), and ranked. What stands in titles is
// asked for by itself, so that it is not lost behind a thousand newer messages. A question that
// finds next to nothing is asked again with the words in use that are nearest to those mistyped.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "work/read.h"
#include "work/reference.h"
#include "work/rules/life.h"
#include "work/search/filters.h"
#include "work/search/query.h"
#include "work/search/rank.h"
#include "work/search/snippet.h"
#include "work/search/terms.h"
#include "work/views/shape.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

using search::Clause;
using search::Phrase;

constexpr std::size_t kHitsMax = 200;
constexpr std::size_t kPage = 64;
constexpr std::size_t kPhrasePage = 256;
// Ranked beyond what is shown, of those that came last and of those with it in their title.
constexpr std::size_t kSpare = 20;
// What may be read of those that the index gives, a message as 1: bounds a phrase of common words
// that hardly ever stand together.
constexpr std::size_t kReadMax = 1500;
constexpr std::size_t kLongRead = 4;
// Fewer hits than this, and a word may have been mistyped.
constexpr std::size_t kFew = 3;
constexpr std::size_t kCorrections = 3;
constexpr int kNesting = 6;

enum class Where : bool { anywhere, title };

/// The terms of a phrase. What stands side by side is held against the text later.
Match match_of(const Phrase& phrase, Where where) {
  const std::string lead = where == Where::title ? "=" : "";
  std::vector<Match> parts;
  auto terms = search::terms_of_phrase(phrase.words);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto length = search::length_of(terms[i]);
    if (i + 1 < terms.size() || !phrase.prefix) {
      parts.push_back(Match::of_term(lead + terms[i]));
    } else if (where == Where::anywhere && length <= 3) {
      parts.push_back(Match::of_term("~" + terms[i]));
    } else {
      parts.push_back(Match::of_prefix(lead + terms[i]));
    }
  }
  return Match::of_all(std::move(parts));
}

Match match_of(const Clause& clause, Where where) {
  std::vector<Match> parts;
  for (const auto& phrase : clause.any) parts.push_back(match_of(phrase, where));
  return Match::of_any(std::move(parts));
}

struct Hit {
  Ref ref;
  crdt::ObjectState object;
  double score = 0;
  std::string snippet;
};

class Finder {
 public:
  Finder(const State& state, const Asking& asking, const search::Narrowed& narrowed)
      : state_(state), asking_(asking), narrowed_(narrowed) {}

  /// Adds hits for these clauses; `penalty` sets them behind those found before.
  Status find(const std::vector<Clause>& clauses, std::size_t wanted, double penalty) {
    std::size_t read = 0;
    const bool has_words = std::any_of(clauses.begin(), clauses.end(),
                                       [](const Clause& clause) { return !clause.excluded; });
    if (has_words) TRY(collect(clauses, Where::title, kSpare, penalty, read));
    return collect(clauses, Where::anywhere, wanted, penalty, read);
  }

  /// Whether at least `count` objects hold one of a clause.
  Result<bool> has(const Clause& clause, std::size_t count) {
    Match match = base();
    match.parts.push_back(match_of(clause, Where::anywhere));
    return TRY(state_.matching(match, UINT64_MAX, count)).size() >= count;
  }

  std::vector<Hit>& hits() { return hits_; }
  bool is_partial() const { return is_partial_; }

 private:
  Match base() const {
    auto out = Match::of_all(narrowed_.all);
    out.without = narrowed_.without;
    if (!narrowed_.archived)
      out.without.push_back(Match::of_term(std::string(search::mark::kArchived)));
    return out;
  }

  Match match(const std::vector<Clause>& clauses, Where where) const {
    auto out = base();
    for (const auto& clause : clauses) {
      if (!clause.excluded) {
        out.parts.push_back(match_of(clause, where));
        continue;
      }
      for (const auto& phrase : clause.any) {
        // Of several words one alone is no reason to leave it out.
        if (phrase.words.size() == 1) out.without.push_back(match_of(phrase, Where::anywhere));
      }
    }
    return out;
  }

  Status collect(const std::vector<Clause>& clauses, Where where, std::size_t wanted,
                 double penalty, std::size_t& read) {
    const auto question = match(clauses, where);
    const auto phrases = phrases_of(clauses);
    const auto page_size = phrases.empty() ? kPage : kPhrasePage;
    auto before = UINT64_MAX;
    std::size_t got = 0;
    while (got < wanted) {
      const auto page = TRY(state_.matching(question, before, page_size));
      for (const auto& matched : page) {
        before = matched.row;
        if (seen_.contains(matched.ref)) continue;
        read += matched.type == kMessage ? 1 : kLongRead;
        if (read > kReadMax) {
          is_partial_ = true;
          return {};
        }
        if (matched.type == kMessage && !TRY(may_hold(matched.ref, phrases))) continue;
        if (TRY(consider(matched.ref, clauses, penalty))) ++got;
        if (got == wanted) break;
      }
      if (page.size() < page_size) break;
    }
    return {};
  }

  /// Phrases of several words that have to stand: of clauses that leave no choice.
  static std::vector<const Phrase*> phrases_of(const std::vector<Clause>& clauses) {
    std::vector<const Phrase*> out;
    for (const auto& clause : clauses) {
      if (clause.excluded || clause.any.size() != 1) continue;
      if (clause.any.front().words.size() > 1) out.push_back(&clause.any.front());
    }
    return out;
  }

  /// Whether a message may say these phrases: its body is all that it says.
  Result<bool> may_hold(const Ref& ref, const std::vector<const Phrase*>& phrases) const {
    if (phrases.empty()) return true;
    const auto text = TRY(state_.text(ref, message::kBody));
    return std::all_of(phrases.begin(), phrases.end(),
                       [&](const auto* phrase) { return search::may_stand(text, *phrase); });
  }

  Result<bool> consider(const Ref& ref, const std::vector<Clause>& clauses, double penalty) {
    auto object = TRY(state_.object(ref));
    if (!object) return false;
    const auto written = search::written_at(*object);
    if (narrowed_.from && written < *narrowed_.from) return false;
    if (narrowed_.until && written >= *narrowed_.until) return false;
    std::map<std::uint32_t, std::string> texts;
    for (const auto field : search::text_fields(object->type)) {
      texts[field] = TRY(state_.text(ref, field));
    }
    const auto parts = search::parts_of(*object, texts);
    for (const auto* phrase : phrases_of(clauses)) {
      const auto may = [&](const search::Part& part) {
        return search::may_stand(part.text, *phrase);
      };
      if (std::none_of(parts.begin(), parts.end(), may)) return false;
    }
    std::vector<std::vector<search::Word>> words;
    for (const auto& part : parts) words.push_back(search::words_of_text(part.text));
    for (const auto& clause : clauses) {
      // The index has told of single words already.
      const bool is_sure = std::all_of(clause.any.begin(), clause.any.end(),
                                       [](const auto& phrase) { return phrase.words.size() == 1; });
      if (is_sure) continue;
      const bool holds = std::any_of(clause.any.begin(), clause.any.end(),
                                     [&](const auto& phrase) { return stands(words, phrase); });
      if (holds == clause.excluded) return false;
    }
    if (!narrowed_.archived && TRY(is_put_away(ref, *object))) return false;
    seen_.insert(ref);
    hits_.push_back(rate(ref, std::move(*object), parts, words, clauses));
    hits_.back().score -= penalty;
    return true;
  }

  static bool stands(const std::vector<std::vector<search::Word>>& parts, const Phrase& phrase) {
    return std::any_of(parts.begin(), parts.end(), [&](const auto& words) {
      return !search::places_of(words, phrase).empty();
    });
  }

  Hit rate(const Ref& ref, crdt::ObjectState object, const std::vector<search::Part>& parts,
           const std::vector<std::vector<search::Word>>& words,
           const std::vector<Clause>& clauses) {
    Hit out{ref, std::move(object), 0, {}};
    search::Standing standing;
    standing.clauses = static_cast<std::size_t>(std::count_if(
        clauses.begin(), clauses.end(), [](const Clause& clause) { return !clause.excluded; }));
    std::size_t best = 0;
    double best_weight = -1;
    std::vector<search::Findings> found;
    const auto row = in_a_row(clauses);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      found.push_back(search::find_in(words[i], clauses));
      const auto& here = found.back();
      double weight = 0;
      for (const auto& [clause, count] : here.each) weight += count / (count + 1);
      const auto length = static_cast<double>(words[i].size());
      if (standing.clauses > 0) {
        const auto density =
            weight / static_cast<double>(standing.clauses) * (1 / (1 + std::log1p(length / 50)));
        standing.density = std::max(standing.density, std::min(1.0, density));
      }
      if (row.words.size() > 1 && !search::places_of(words[i], row).empty()) {
        standing.together = true;
      }
      if (parts[i].title) {
        standing.in_title = here.each.size();
        standing.title_whole = words[i].size() <= row.words.size();
        weight *= 0.5;  // a snippet of the text says more
      }
      if (weight > best_weight) {
        best = i;
        best_weight = weight;
      }
    }
    standing.mine = is_mine(out.object);
    standing.age = std::max(Millis{}, asking_.now - fresh_at(out));
    out.score = search::score_of(standing);
    if (!parts.empty()) {
      // Without words to show, the text says more than the title above it.
      if (best_weight <= 0 && parts.size() > 1 && parts[0].title) best = 1;
      out.snippet = search::snippet(parts[best].text, words[best], found[best].spans);
    }
    return out;
  }

  /// When something was written last. What claims to be from a time to come is as old as what
  /// came of it here.
  WallTime fresh_at(const Hit& hit) const {
    const auto told = std::max(search::written_at(hit.object), hit.object.touched.time);
    if (told <= asking_.now) return told;
    const auto met = state_.met_at(hit.ref);
    return met ? std::min(told, *met) : told;
  }

  /// The clauses as one phrase, in their order.
  static Phrase in_a_row(const std::vector<Clause>& clauses) {
    Phrase out;
    for (const auto& clause : clauses) {
      if (clause.excluded) continue;
      const auto& phrase = clause.any.front();
      out.words.insert(out.words.end(), phrase.words.begin(), phrase.words.end());
      out.prefix = phrase.prefix;
    }
    return out;
  }

  bool is_mine(const crdt::ObjectState& object) const {
    const auto me = state_.self();
    auto by = member_of(object, field::kCreator);
    if (!by) by = state_.author(object.born.stamp.id.log);
    if (by == me) return true;
    const auto to = search::receivers_of(object);
    return std::find(to.begin(), to.end(), me) != to.end();
  }

  /// Whether it, or what it stands in, is archived and does not live on.
  Result<bool> is_put_away(const Ref& ref, const crdt::ObjectState& object) {
    if (is_archived(object) && TRY(rules::life_of(state_, ref, object)).archived) return true;
    const Ref room{ref.space, room_object(ref.space)};
    if (ref != room && TRY(is_away(room, kNesting))) return true;
    const auto around = holder_of(object);
    return around ? TRY(is_away({ref.space, *around}, 1)) : false;
  }

  Result<bool> is_away(const Ref& ref, int depth) {
    const auto known = away_.find(ref);
    if (known != away_.end()) return known->second;
    bool out = false;
    if (const auto object = TRY(state_.object(ref))) {
      out = is_archived(*object) && TRY(rules::life_of(state_, ref, *object)).archived;
      const auto around = holder_of(*object);
      if (!out && around && depth < kNesting) out = TRY(is_away({ref.space, *around}, depth + 1));
    }
    away_[ref] = out;
    return out;
  }

 public:
  /// What a thing belongs to: its parent, else the container that it is placed in.
  static std::optional<ObjectId> holder_of(const crdt::ObjectState& object) {
    if (const auto parent = object_of(object, field::kParent)) return parent;
    const auto place = place_of(object);
    return place ? std::optional(place->container) : std::nullopt;
  }

 private:
  const State& state_;
  const Asking& asking_;
  const search::Narrowed& narrowed_;
  std::set<Ref> seen_;
  std::map<Ref, bool> away_;
  std::vector<Hit> hits_;
  bool is_partial_ = false;
};

/// The question as the options put it.
std::vector<search::Filter> all_filters(const Search& query, const search::Question& question) {
  auto out = question.filters;
  const auto add = [&](const char* name, const Optional& value) {
    if (value) out.push_back({name, *value, false});
  };
  add("in", query.room);
  add("kind", query.kind);
  add("by", query.by);
  add("before", query.before);
  add("after", query.after);
  if (query.mine) out.push_back({"is", "mine", false});
  if (query.waiting) out.push_back({"is", "waiting", false});
  return out;
}

/// The clauses with words mistyped replaced by those meant; nothing when there are none. Only words
/// that hardly occur are taken for mistyped.
Result<std::optional<std::vector<Clause>>> corrected(const State& state, Finder& finder,
                                                     const std::vector<Clause>& clauses,
                                                     Value& told) {
  auto out = clauses;
  bool is_changed = false;
  for (auto& clause : out) {
    if (clause.excluded || clause.any.size() != 1) continue;
    const auto phrase = clause.any.front();
    if (phrase.quoted || phrase.words.size() != 1 || phrase.words[0].character) continue;
    if (TRY(finder.has(clause, kFew))) continue;
    const auto& word = phrase.words[0].text;
    Value to = Value::array();
    for (const auto& near : TRY(state.words_like(word, kCorrections))) {
      Phrase other;
      other.words = search::words_of_text(near);
      if (other.words.size() != 1) continue;
      clause.any.push_back(std::move(other));
      to.push(near);
    }
    if (to.items().empty()) continue;
    is_changed = true;
    told.push(Value::object().set("word", word).set("to", std::move(to)));
  }
  if (!is_changed) return std::optional<std::vector<Clause>>();
  return std::optional(std::move(out));
}

Result<Value> hit_value(Shape& shape, const Hit& hit, bool is_corrected) {
  const auto& state = shape.state();
  const auto* type = find_type(hit.object.type);
  Value container;
  std::string title = words_of(hit.object, field::kTitle);
  auto holder = Finder::holder_of(hit.object);
  auto object = holder ? TRY(state.object({hit.ref.space, *holder})) : std::nullopt;
  if (object && object->type == kColumn) {  // a person says: on the board
    holder = Finder::holder_of(*object);
    object = holder ? TRY(state.object({hit.ref.space, *holder})) : std::nullopt;
  }
  if (object) {
    const auto* kind = find_type(object->type);
    const auto name = TRY(title_of(state, {hit.ref.space, *holder}, *object));
    container.set("id", holder->text());
    container.set("kind", kind != nullptr ? kind->name : "unknown").set("title", name);
    if (title.empty()) title = name;
  }
  if (title.empty()) title = TRY(title_of(state, hit.ref, hit.object));
  Value out;
  out.set("id", hit.ref.object.text());
  out.set("kind", type != nullptr ? type->name : "unknown");
  out.set("room", TRY(shape.room(hit.ref.space)));
  out.set("in", std::move(container));
  out.set("title", title);
  out.set("path", path_of(state, hit.ref));
  out.set("snippet", hit.snippet);
  out.set("score", std::round(hit.score * 1000) / 1000);
  out.set("when", Shape::time(search::written_at(hit.object)));
  out.set("by", shape.person(shape.creator(hit.object)));
  out.set("corrected", is_corrected);
  return out;
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const Search& query) {
  const auto question = TRY(
      search::parse_question(query.query, query.typing ? search::Typing::yes : search::Typing::no));
  auto narrowed = TRY(search::narrow(state, asking, all_filters(query, question)));
  narrowed.archived = narrowed.archived || query.archived;
  const bool has_wanted = std::any_of(question.clauses.begin(), question.clauses.end(),
                                      [](const Clause& clause) { return !clause.excluded; });
  if (!has_wanted && narrowed.all.empty()) {
    return fail(Code::usage, "the question holds no word to look for", {},
                "write a word, or a filter such as in:ROOM");
  }
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(query.limit, kHitsMax));
  Finder finder(state, asking, narrowed);
  TRY(finder.find(question.clauses, limit + kSpare, 0));
  const auto exact = finder.hits().size();
  Value told = Value::array();
  if (exact < kFew) {
    constexpr double kPenalty = 100;
    const auto other = TRY(corrected(state, finder, question.clauses, told));
    if (other) TRY(finder.find(*other, limit + kSpare, kPenalty));
    if (finder.hits().size() == exact) told = Value::array();
  }
  auto& hits = finder.hits();
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.ref < b.ref;
  });
  Shape shape(state, asking);
  Value list = Value::array();
  for (std::size_t i = 0; i < std::min(limit, hits.size()); ++i) {
    const bool is_corrected = hits[i].score < -50;
    if (is_corrected) hits[i].score += 100;
    list.push(TRY(hit_value(shape, hits[i], is_corrected)));
  }
  return Value::object()
      .set("hits", std::move(list))
      .set("corrected", std::move(told))
      .set("more", hits.size() > limit || finder.is_partial())
      .set("partial", finder.is_partial());
}

}  // namespace holm::work::views
