// Asking a device of a team in memory, and reading its answers.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/memory_state.h"
#include "work/answer.h"

namespace holm::test {

/// The answer; fails the test when there is none.
inline Value ask(Device& device, const work::Query& query) {
  auto out = work::answer(device, {device.now, device.zone}, query);
  REQUIRE_MESSAGE(out, (out ? "" : out.error().text()));
  return std::move(*out);
}

/// The error of a question that must fail.
inline Error refused(Device& device, const work::Query& query) {
  auto out = work::answer(device, {device.now, device.zone}, query);
  REQUIRE_FALSE(out);
  return std::move(out).error();
}

/// One key of every entry of a list, as text.
inline std::vector<std::string> column(const Value& list, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& entry : list.items()) out.emplace_back(entry[key].text());
  return out;
}

/// All text of a list.
inline std::vector<std::string> texts(const Value& list) {
  std::vector<std::string> out;
  for (const auto& entry : list.items()) out.emplace_back(entry.text());
  return out;
}

}  // namespace holm::test
