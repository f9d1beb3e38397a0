#include "work/when.h"

#include <doctest/doctest.h>

using namespace holm;
using namespace holm::work;

namespace {

/// Wed 11 Mar 2026, 10:30:00 UTC.
constexpr WallTime kNow{Millis{1'773'225'000'000}};

std::string at(std::string_view text, std::string_view zone = "UTC", WallTime now = kNow) {
  const auto instant = parse_when(text, now, zone);
  return instant ? rfc3339(instant->at) : "error: " + instant.error().what;
}

}  // namespace

TEST_CASE("when: dates as people type them") {
  CHECK(rfc3339(kNow) == "2026-03-11T10:30:00Z");
  CHECK(at("2026-12-01") == "2026-12-01T17:00:00Z");
  CHECK(at("2026-12-01 09:30") == "2026-12-01T09:30:00Z");
  CHECK(at("2026-12-01T09:30") == "2026-12-01T09:30:00Z");
  CHECK(at("2026-12-01 9:05") == "2026-12-01T09:05:00Z");
  CHECK(at("today") == "2026-03-11T17:00:00Z");
  CHECK(at("today 23:15") == "2026-03-11T23:15:00Z");
  CHECK(at("tomorrow") == "2026-03-12T17:00:00Z");
  CHECK(at("Tomorrow 17:30") == "2026-03-12T17:30:00Z");
  CHECK(at("yesterday 08:00") == "2026-03-10T08:00:00Z");
  CHECK(at("+3d") == "2026-03-14T17:00:00Z");
  CHECK(at("+1w 12:00") == "2026-03-18T12:00:00Z");
  CHECK(at("-1d") == "2026-03-10T17:00:00Z");
  CHECK(at("+2h") == "2026-03-11T12:30:00Z");
  CHECK(at("+90m") == "2026-03-11T12:00:00Z");
  CHECK(at("now") == "2026-03-11T10:30:00Z");
  CHECK(at("12:00") == "2026-03-11T12:00:00Z");
  CHECK(at("09:00") == "2026-03-12T09:00:00Z");
}

TEST_CASE("when: a weekday is the next one, and today's own name means a week from today") {
  CHECK(at("fri") == "2026-03-13T17:00:00Z");
  CHECK(at("Friday 12:00") == "2026-03-13T12:00:00Z");
  CHECK(at("tues") == "2026-03-17T17:00:00Z");
  CHECK(at("wed") == "2026-03-18T17:00:00Z");
}

TEST_CASE("when: RFC 3339 with offsets, fractions and UTC") {
  CHECK(at("2026-03-09T16:00:00Z", "Asia/Tokyo") == "2026-03-09T16:00:00Z");
  CHECK(at("2026-03-09T16:00:00+02:00") == "2026-03-09T14:00:00Z");
  CHECK(at("2026-03-09t16:00:00.250z") == "2026-03-09T16:00:00.250Z");
  CHECK(at("2026-03-09T16:00:00-0330") == "2026-03-09T19:30:00Z");
}

TEST_CASE("when: words are meant in the writer's zone") {
  CHECK(at("2026-12-01", "Europe/Lisbon") == "2026-12-01T17:00:00Z");
  CHECK(at("2026-07-01", "Europe/Lisbon") == "2026-07-01T16:00:00Z");
  // In Auckland it is already Wed 23:30.
  CHECK(at("tomorrow 09:00", "Pacific/Auckland") == "2026-03-11T20:00:00Z");
  const auto instant = parse_when("fri", kNow, "America/New_York");
  REQUIRE(instant);
  CHECK(instant->zone == "America/New_York");
  CHECK(show_when(instant->at, instant->zone) == "Fri 13 Mar 2026, 17:00 (America/New_York)");
}

TEST_CASE("when: days keep their time of day over clock changes") {
  // Berlin goes to summer time on Sun 29 Mar 2026.
  const WallTime friday{Millis{1'774'602'000'000}};  // Fri 27 Mar 2026, 09:00 UTC
  REQUIRE(rfc3339(friday) == "2026-03-27T09:00:00Z");
  CHECK(at("+3d", "Europe/Berlin", friday) == "2026-03-30T15:00:00Z");
  CHECK(at("mon 10:00", "Europe/Berlin", friday) == "2026-03-30T08:00:00Z");
  CHECK(at("+72h", "Europe/Berlin", friday) == "2026-03-30T09:00:00Z");
}

TEST_CASE("when: a time that the clock skips means the time after the gap") {
  CHECK(at("2026-03-29 02:30", "Europe/Berlin") == "2026-03-29T01:30:00Z");
}

TEST_CASE("when: of a time that comes twice the earlier is meant") {
  CHECK(at("2026-10-25 02:30", "Europe/Berlin") == "2026-10-25T00:30:00Z");
}

TEST_CASE("when: an unknown zone reads as UTC and says so") {
  const auto instant = parse_when("2026-12-01", kNow, "Mars/Olympus");
  REQUIRE(instant);
  CHECK(instant->zone == "UTC");
  CHECK(show_when(instant->at, "Mars/Olympus") == "Tue 1 Dec 2026, 17:00 (UTC)");
  CHECK(is_zone("Europe/Lisbon"));
  CHECK_FALSE(is_zone("Mars/Olympus"));
  CHECK_FALSE(is_zone("../../etc/passwd"));
  CHECK_FALSE(is_zone(""));
}

TEST_CASE("when: what is no date is refused and quoted") {
  for (const auto* text :
       {"", "soon", "2026-13-01", "2026-02-30", "2026-12-01 25:00", "12:61", "fr", "+3", "+3y",
        "2026-12-01 09:30 sharp", "tomorrow noon", "+999999999d", "99999-01-01", "2026-1-1"}) {
    INFO(text);
    const auto instant = parse_when(text, kNow, "UTC");
    REQUIRE_FALSE(instant);
    CHECK(instant.error().code == Code::usage);
    CHECK(instant.error().what.find(text) != std::string::npos);
  }
}

TEST_CASE("when: lengths of time") {
  CHECK(*parse_minutes("4h") == 240);
  CHECK(*parse_minutes("90m") == 90);
  CHECK(*parse_minutes("1.5h") == 90);
  CHECK(*parse_minutes("0.25h") == 15);
  CHECK(*parse_minutes("2d") == 960);
  CHECK(*parse_minutes("1w") == 2400);
  for (const auto* text : {"", "h", "4", "4 h", "-4h", "4y", "1.h", "9999999h", "1e3h"})
    CHECK_FALSE(parse_minutes(text));
}

TEST_CASE("when: weekly hours") {
  CHECK(check_hours("Mon-Fri 09:00-17:00"));
  CHECK(check_hours("Mon 09:00-12:00, Mon 13:00-17:00,Sat 22:00-06:00"));
  for (const auto* text : {"", "Mon-Fri", "Mon-Fry 09:00-17:00", "Mon 9:00-17:00",
                           "Mon 09:00-25:00", "Mon 09:00-09:00", "Mon 09:00-17:00,"})
    CHECK_FALSE(check_hours(text));
}

TEST_CASE("when: instants cross as [ms, zone]") {
  const Instant instant{kNow, "Europe/Lisbon"};
  const auto back = decode_instant(encode(instant));
  REQUIRE(back);
  CHECK(*back == instant);
  CHECK_FALSE(decode_instant(Value("2026")));
  CHECK_FALSE(decode_instant(Value(Value::Array{Value(1)})));
}
