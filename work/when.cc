#include "work/when.h"

#include <date/date.h>
#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <vector>

namespace holm::work {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr minutes kEndOfWork = hours{17};
/// Years that a date may name: beyond them a typing error is the likelier reading.
constexpr int kYearMin = 1970;
constexpr int kYearMax = 2199;

constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 7> kShortDays = {"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kShortMonths = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// The library throws when tzdata is missing or a name is unknown.
const date::time_zone* zone_named(std::string_view name) {
  if (name.empty() || name.size() > 64) return nullptr;
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return nullptr;
  }
}

/// Local time to an instant. In a gap (spring) the clock shows the time after it; of a repeated
/// hour (autumn) the earlier is meant.
WallTime to_wall(date::local_time<Millis> local, const date::time_zone* zone) {
  if (!zone) return WallTime{local.time_since_epoch()};
  const auto info = zone->get_info(date::local_time<std::chrono::seconds>(
      std::chrono::floor<std::chrono::seconds>(local.time_since_epoch())));
  return WallTime{local.time_since_epoch() - info.first.offset};
}

date::local_time<Millis> to_local(WallTime at, const date::time_zone* zone) {
  if (!zone) return date::local_time<Millis>{at.time_since_epoch()};
  const auto info = zone->get_info(date::sys_time<std::chrono::seconds>(
      std::chrono::floor<std::chrono::seconds>(at.time_since_epoch())));
  return date::local_time<Millis>{at.time_since_epoch() + info.offset};
}

/// Walks over typed text. Every take_ leaves the place alone when it does not fit.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<int> take_digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int out = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      out = out * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return out;
  }
  std::string take_word() {
    std::string out;
    while (!text_.empty() && ((text_.front() | 0x20) >= 'a' && (text_.front() | 0x20) <= 'z')) {
      out += static_cast<char>(text_.front() | 0x20);
      text_.remove_prefix(1);
    }
    return out;
  }
  void skip_spaces() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }
  std::string_view rest() const { return text_; }
  void set_rest(std::string_view rest) { text_ = rest; }

 private:
  std::string_view text_;
};

std::optional<date::local_days> take_date(Scan& in) {
  Scan at = in;
  const auto year = at.take_digits(4);
  if (!year || !at.take('-')) return std::nullopt;
  const auto month = at.take_digits(2);
  if (!month || !at.take('-')) return std::nullopt;
  const auto day = at.take_digits(2);
  if (!day || *year < kYearMin || *year > kYearMax) return std::nullopt;
  const auto ymd = date::year{*year} / *month / *day;
  if (!ymd.ok()) return std::nullopt;
  in = at;
  return date::local_days{ymd};
}

/// "09:30", "09:30:15", "09:30:15.250", "9:30".
std::optional<Millis> take_time(Scan& in) {
  Scan at = in;
  auto hour = at.take_digits(2);
  if (!hour) hour = at.take_digits(1);
  if (!hour || *hour > 24 || !at.take(':')) return std::nullopt;
  const auto minute = at.take_digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  Millis out = hours{*hour} + minutes{*minute};
  if (at.take(':')) {
    const auto second = at.take_digits(2);
    if (!second || *second > 60) return std::nullopt;
    out += std::chrono::seconds{*second};
    if (at.take('.')) {
      int scale = 100;
      int fraction = 0;
      std::size_t digits = 0;
      for (; digits < 9; ++digits, scale /= 10) {
        const auto digit = at.take_digits(1);
        if (!digit) break;
        fraction += *digit * scale;
      }
      if (digits == 0) return std::nullopt;
      out += Millis{fraction};
    }
  }
  if (out > days{1}) return std::nullopt;
  in = at;
  return out;
}

/// "Z", "+02:00", "-0330".
std::optional<minutes> take_offset(Scan& in) {
  Scan at = in;
  if (at.take('Z') || at.take('z')) {
    in = at;
    return minutes{0};
  }
  const bool minus = at.take('-');
  if (!minus && !at.take('+')) return std::nullopt;
  const auto hour = at.take_digits(2);
  at.take(':');
  const auto minute = at.take_digits(2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  in = at;
  const minutes out = hours{*hour} + minutes{*minute};
  return minus ? -out : out;
}

/// Which weekday a word of at least three letters begins; 0 is Sunday.
std::optional<unsigned> weekday_of(std::string_view word) {
  if (word.size() < 3) return std::nullopt;
  for (unsigned i = 0; i < kWeekdays.size(); ++i)
    if (kWeekdays[i].starts_with(word)) return i;
  return std::nullopt;
}

struct Relative {
  date::days days{0};
  minutes exact{0};
  bool is_exact = false;  ///< hours or minutes: counted from this very moment
};
/// "+3d", "-2w", "+90m", "+2h".
std::optional<Relative> take_relative(Scan& in) {
  Scan at = in;
  const bool minus = at.take('-');
  if (!minus && !at.take('+')) return std::nullopt;
  long count = 0;
  const auto text = at.rest();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || count > 100'000) return std::nullopt;
  at.set_rest(text.substr(static_cast<std::size_t>(end - text.data())));
  const auto unit = at.take_word();
  if (minus) count = -count;
  Relative out;
  if (unit == "d" || unit == "day" || unit == "days") {
    out.days = date::days{count};
  } else if (unit == "w" || unit == "week" || unit == "weeks") {
    out.days = date::days{7 * count};
  } else if (unit == "h" || unit == "hour" || unit == "hours") {
    out.exact = hours{count};
    out.is_exact = true;
  } else if (unit == "m" || unit == "min" || unit == "minutes") {
    out.exact = minutes{count};
    out.is_exact = true;
  } else {
    return std::nullopt;
  }
  in = at;
  return out;
}

std::string digits(long long number, int width) {
  char raw[24];
  std::snprintf(raw, sizeof raw, "%0*lld", width, number);
  return raw;
}

std::optional<unsigned> hours_day(std::string_view word) {
  for (unsigned i = 0; i < kShortDays.size(); ++i)
    if (word == kShortDays[i]) return i;
  return std::nullopt;
}

/// "09:00" to minutes; "24:00" is the end of the day.
std::optional<minutes> clock_of(std::string_view text) {
  Scan in(text);
  const auto hour = in.take_digits(2);
  if (!hour || !in.take(':')) return std::nullopt;
  const auto minute = in.take_digits(2);
  if (!minute || !in.done() || *minute > 59) return std::nullopt;
  const minutes out = hours{*hour} + minutes{*minute};
  if (out > hours{24}) return std::nullopt;
  return out;
}

}  // namespace

Result<Instant> parse_when(std::string_view text, WallTime now, std::string_view zone_name) {
  const auto* zone = zone_named(zone_name);
  const std::string shown_zone = zone ? std::string(zone_name) : "UTC";
  const auto misread = [&] {
    return fail(Code::usage, "'" + std::string(text.substr(0, 80)) + "' is not a date",
                "nothing was changed",
                "write 2026-12-01, '2026-12-01 09:30', 'tomorrow 17:00', fri, +3d or +2h");
  };
  Scan in(text);
  in.skip_spaces();
  const auto today = std::chrono::floor<days>(to_local(now, zone));

  date::local_days day{};
  if (auto given = take_date(in)) {
    day = *given;
    if (in.done()) return Instant{to_wall(day + kEndOfWork, zone), shown_zone};
    const bool joined = in.take('T') || in.take('t');
    if (!joined) in.skip_spaces();
    const auto time = take_time(in);
    if (!time) return misread();
    Scan at = in;
    if (!joined) at.skip_spaces();
    if (const auto offset = take_offset(at)) {
      if (!at.done()) return misread();
      return Instant{WallTime{(day + *time).time_since_epoch() - *offset}, shown_zone};
    }
    in.skip_spaces();
    if (!in.done()) return misread();
    return Instant{to_wall(day + *time, zone), shown_zone};
  }
  if (const auto relative = take_relative(in)) {
    if (relative->is_exact) {
      in.skip_spaces();
      if (!in.done()) return misread();
      return Instant{now + relative->exact, shown_zone};
    }
    day = date::local_days{today} + relative->days;
  } else if (const auto time = take_time(in)) {
    // A time alone: the next time the clock shows it.
    in.skip_spaces();
    if (!in.done()) return misread();
    auto at = to_wall(date::local_days{today} + *time, zone);
    if (at <= now) at = to_wall(date::local_days{today} + days{1} + *time, zone);
    return Instant{at, shown_zone};
  } else {
    const auto word = in.take_word();
    if (word == "now" && in.done()) return Instant{now, shown_zone};
    if (word == "today") {
      day = date::local_days{today};
    } else if (word == "tomorrow") {
      day = date::local_days{today} + days{1};
    } else if (word == "yesterday") {
      day = date::local_days{today} - days{1};
    } else if (const auto wanted = weekday_of(word)) {
      // The next such day; today's own name means a week from today.
      const date::weekday now_day{date::local_days{today}};
      auto ahead = date::weekday{*wanted} - now_day;
      if (ahead == days{0}) ahead = days{7};
      day = date::local_days{today} + ahead;
    } else {
      return misread();
    }
  }
  in.skip_spaces();
  if (in.done()) return Instant{to_wall(day + kEndOfWork, zone), shown_zone};
  const auto time = take_time(in);
  in.skip_spaces();
  if (!time || !in.done()) return misread();
  return Instant{to_wall(day + *time, zone), shown_zone};
}

Result<std::int64_t> parse_minutes(std::string_view text) {
  const auto misread = [&] {
    return fail(Code::usage, "'" + std::string(text.substr(0, 80)) + "' is not a length of time",
                "nothing was changed", "write 4h, 90m, 1.5h or 2d (8 hours a day)");
  };
  // At most 6 digits and 3 decimals, by hand: no rounding of binary fractions.
  std::int64_t thousandths = 0;
  std::size_t at = 0;
  std::size_t whole = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++whole)
    thousandths = thousandths * 10 + (text[at] - '0');
  if (whole == 0 || whole > 6) return misread();
  thousandths *= 1000;
  if (at < text.size() && text[at] == '.') {
    ++at;
    std::int64_t scale = 100;
    std::size_t count = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && count < 3; ++at, ++count) {
      thousandths += (text[at] - '0') * scale;
      scale /= 10;
    }
    if (count == 0) return misread();
  }
  const auto unit = text.substr(at);
  std::int64_t each = 0;
  if (unit == "m" || unit == "min") each = 1;
  if (unit == "h") each = 60;
  if (unit == "d") each = 8 * 60;
  if (unit == "w") each = 5 * 8 * 60;
  if (each == 0) return misread();
  return (thousandths * each + 500) / 1000;
}

std::string rfc3339(WallTime at) {
  const auto day = std::chrono::floor<days>(at);
  const date::year_month_day ymd{date::sys_days{day.time_since_epoch()}};
  const auto rest = at - day;
  const date::hh_mm_ss<Millis> clock{rest};
  std::string out = digits(static_cast<int>(ymd.year()), 4) + "-" +
                    digits(static_cast<unsigned>(ymd.month()), 2) + "-" +
                    digits(static_cast<unsigned>(ymd.day()), 2) + "T" +
                    digits(clock.hours().count(), 2) + ":" + digits(clock.minutes().count(), 2) +
                    ":" + digits(clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) out += "." + digits(clock.subseconds().count(), 3);
  return out + "Z";
}

std::string show_when(WallTime at, std::string_view zone_name) {
  const auto* zone = zone_named(zone_name);
  const auto local = to_local(at, zone);
  const auto day = std::chrono::floor<days>(local);
  const date::year_month_day ymd{date::local_days{day}};
  const date::weekday weekday{date::local_days{day}};
  const date::hh_mm_ss<Millis> clock{local - day};
  return std::string(kShortDays[weekday.c_encoding()]) + " " +
         std::to_string(static_cast<unsigned>(ymd.day())) + " " +
         std::string(kShortMonths[static_cast<unsigned>(ymd.month()) - 1]) + " " +
         std::to_string(static_cast<int>(ymd.year())) + ", " + digits(clock.hours().count(), 2) +
         ":" + digits(clock.minutes().count(), 2) + " (" + (zone ? std::string(zone_name) : "UTC") +
         ")";
}

bool is_zone(std::string_view name) { return zone_named(name) != nullptr; }

Status check_hours(std::string_view text) {
  const auto shown = std::string(text.substr(0, 80));
  const auto misread = [&] {
    return fail(Code::usage, "'" + shown + "' are not weekly hours", "nothing was changed",
                "write 'Mon-Fri 09:00-17:00' or 'Mon 09:00-12:00, Tue 10:00-14:00'");
  };
  if (text.empty() || text.size() > 1000 || text.ends_with(',')) return misread();
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const auto space = part.find(' ');
    if (space == std::string_view::npos) return misread();
    const auto named = part.substr(0, space);
    const auto times = part.substr(space + 1);
    const auto dash = named.find('-');
    const bool named_well = dash == std::string_view::npos ? hours_day(named).has_value()
                                                           : hours_day(named.substr(0, dash)) &&
                                                                 hours_day(named.substr(dash + 1));
    if (!named_well || times.size() != 11 || times[5] != '-') return misread();
    const auto from = clock_of(times.substr(0, 5));
    const auto to = clock_of(times.substr(6));
    // An interval may cross midnight (22:00-06:00) but must have a length.
    if (!from || !to || *from == *to || *from == hours{24}) return misread();
  }
  return {};
}

Value encode(const Instant& instant) {
  return Value(Value::Array{instant.at.time_since_epoch().count(), instant.zone});
}

Result<Instant> decode_instant(const Value& value) {
  const auto& items = value.items();
  if (items.size() != 2 || !items[0].as_int() || !items[1].as_string())
    return fail(Code::reject, "a moment in time has the wrong form");
  return Instant{WallTime{Millis{*items[0].as_int()}}, *items[1].as_string()};
}

}  // namespace holm::work
