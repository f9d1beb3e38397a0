// Dates as people type them, with zones (CLI.md): RFC 3339, 2026-12-01, "tomorrow 17:00", +3d, fri.
// Zones by Howard Hinnant's date library over the system's tzdata.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"

namespace holm::work {

struct Instant {
  WallTime at{};
  std::string zone;  ///< the zone it was meant in
  bool operator==(const Instant&) const = default;
};

/// A day without a time means its end of work, 17:00. Errors: usage, naming what was not
/// understood.
Result<Instant> parse_when(std::string_view text, WallTime now, std::string_view zone);
/// "4h", "90m", "1.5h", "2d" (8 hours a day) in minutes. Errors: usage.
Result<std::int64_t> parse_minutes(std::string_view text);
/// RFC 3339 in UTC with milliseconds left out when zero: "2026-03-09T16:00:00Z".
std::string rfc3339(WallTime at);
/// "Mon 9 Mar 2026, 17:00 (Europe/Lisbon)"; UTC when the zone is unknown.
std::string show_when(WallTime at, std::string_view zone);
bool is_zone(std::string_view name);
/// Checks "Mon-Fri 09:00-17:00" and lists of such, separated by commas. Errors: usage.
Status check_hours(std::string_view text);

Value encode(const Instant& instant);
Result<Instant> decode_instant(const Value& value);

}  // namespace holm::work
