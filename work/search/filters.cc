#include "work/search/filters.h"

#include <date/date.h>

#include <algorithm>
#include <map>

#include "work/fold.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/search/terms.h"
#include "work/when.h"

namespace holm::work::search {
namespace {

// Nothing older is looked for by its date, and nothing later than the next year: what lies outside
// was dated by a wrong clock.
constexpr int kFirstYear = 1970;

Result<std::uint32_t> kind_of(std::string_view name) {
  auto folded = fold(name);
  if (folded == "doc" || folded == "docs") folded = "document";
  if (folded == "update") folded = "progress";
  for (const auto& type : schema()) {
    const std::string known(type.name);
    if (is_searched(type.number) && (folded == known || folded == known + "s")) return type.number;
  }
  std::string known;
  for (const auto& type : schema()) {
    if (!is_searched(type.number)) continue;
    known.append(known.empty() ? "" : ", ").append(type.name);
  }
  return fail(Code::usage, "nothing is of the kind \"" + std::string(name) + "\"", {},
              "use one of " + known);
}

/// A day means its beginning, in the asker's zone.
Result<WallTime> day_or_time(const std::string& text, const Asking& asking) {
  const bool is_day = text.size() == 10 && text[4] == '-' && text[7] == '-';
  return TRY(parse_when(is_day ? text + " 00:00" : text, asking.now, asking.zone)).at;
}

/// Terms of the months and years that a time between two others may lie in.
Match period(const Narrowed& times, WallTime now) {
  const auto month_of = [](WallTime at) {
    const date::year_month_day day{date::floor<date::days>(at)};
    return static_cast<int>(day.year()) * 12 +
           static_cast<int>(static_cast<unsigned>(day.month())) - 1;
  };
  const auto first_of_month = [](int month) {
    return WallTime(date::sys_days(date::year(month / 12) / (month % 12 + 1) / 1));
  };
  const auto least = WallTime(date::sys_days(date::year(kFirstYear) / 1 / 1));
  const auto most = first_of_month((month_of(now) / 12 + 2) * 12) - Millis(1);
  auto from = std::clamp(times.from.value_or(least), least, most);
  auto until = std::clamp(times.until.value_or(most), least, most);
  std::vector<Match> out;
  const auto last = month_of(until);
  for (auto month = month_of(from); month <= last;) {
    const auto year = month / 12;
    if (month % 120 == 0 && month + 119 <= last) {
      const auto term = mark::year(first_of_month(month));
      out.push_back(Match::of_prefix(term.substr(0, term.size() - 1)));
      month += 120;
    } else if (month % 12 == 0 && month + 11 <= last) {
      out.push_back(Match::of_term(mark::year(first_of_month(year * 12))));
      month += 12;
    } else {
      out.push_back(Match::of_term(mark::month(first_of_month(month))));
      ++month;
    }
  }
  if (out.empty()) out.push_back(Match::of_term("_none"));
  return Match::of_any(std::move(out));
}

class Narrowing {
 public:
  Narrowing(const State& state, const Asking& asking) : state_(state), asking_(asking) {}

  Result<Narrowed> run(const std::vector<Filter>& filters) {
    for (const auto& filter : filters) TRY(add(filter));
    for (auto& [name, parts] : any_) out_.all.push_back(Match::of_any(std::move(parts)));
    if (out_.from || out_.until) out_.all.push_back(period(out_, asking_.now));
    return std::move(out_);
  }

 private:
  Status add(const Filter& filter) {
    if (filter.name == "before" || filter.name == "after") {
      const auto at = TRY(day_or_time(filter.value, asking_));
      auto& bound = filter.name == "before" ? out_.until : out_.from;
      bound = !bound ? at : filter.name == "before" ? std::min(*bound, at) : std::max(*bound, at);
      return {};
    }
    auto match = TRY(match_of(filter));
    if (filter.excluded) {
      out_.without.push_back(std::move(match));
    } else {
      // "mine" and "waiting" are both asked for; two rooms are either.
      const auto group = filter.name == "is" ? filter.name + filter.value : filter.name;
      any_[group].push_back(std::move(match));
    }
    return {};
  }

  Result<Match> match_of(const Filter& filter) {
    const auto& value = filter.value;
    if (filter.name == "in") {
      return Match::of_term(mark::room(TRY(resolve_room(state_, value)).space));
    }
    if (filter.name == "kind") return Match::of_term(mark::kind(TRY(kind_of(value))));
    if (filter.name == "by") return Match::of_term(mark::author(TRY(member(value))));
    if (filter.name == "to") return Match::of_term(mark::to(TRY(member(value))));
    if (filter.name == "tag") {
      const auto tag = mark::tag(value.starts_with('#') ? value.substr(1) : value);
      if (tag.empty()) return fail(Code::usage, "\"" + value + "\" is no tag");
      return Match::of_term(tag);
    }
    if (filter.name == "state") {
      if (fold(value) == "archived") {
        out_.archived = true;
        return Match::of_term(std::string(mark::kArchived));
      }
      return state(value);
    }
    if (filter.name == "has") return has(value);
    return is(filter);
  }

  Result<MemberId> member(const std::string& name) {
    return fold(name) == "me" ? state_.self() : TRY(resolve_member(state_, name));
  }

  static Result<Match> state(const std::string& value) {
    constexpr std::string_view kStates[] = {"open",  "done",      "blocked", "resolved",
                                            "draft", "in-review", "agreed",  "stale"};
    std::string known;
    for (const auto one : kStates) {
      if (fold(value) == one) return Match::of_term(mark::state(one));
      known.append(known.empty() ? "" : ", ").append(one);
    }
    return fail(Code::usage, "nothing has the state \"" + value + "\"", {},
                "use one of " + known + ", archived");
  }

  static Result<Match> has(const std::string& value) {
    if (fold(value) == "link") return Match::of_term(std::string(mark::kLink));
    if (fold(value) == "file") return Match::of_term(std::string(mark::kFile));
    return fail(Code::usage, "nothing has a \"" + value + "\"", {}, "use has:link or has:file");
  }

  Result<Match> is(const Filter& filter) {
    const auto word = fold(filter.value);
    if (word == "waiting") return Match::of_term(std::string(mark::kWaiting));
    if (word == "mine") {
      return Match::of_any(
          {Match::of_term(mark::author(state_.self())), Match::of_term(mark::to(state_.self()))});
    }
    return fail(Code::usage, "nothing is \"" + filter.value + "\"", {},
                "use is:mine or is:waiting");
  }

  const State& state_;
  const Asking& asking_;
  Narrowed out_;
  std::map<std::string, std::vector<Match>> any_;  ///< what may stand for each other
};

}  // namespace

Result<Narrowed> narrow(const State& state, const Asking& asking,
                        const std::vector<Filter>& filters) {
  return Narrowing(state, asking).run(filters);
}

}  // namespace holm::work::search
