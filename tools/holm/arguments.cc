#include "tools/holm/arguments.h"

#include <charconv>

namespace holm::cli {

void Arguments::add(std::string_view name, std::string value) {
  auto found = values_.find(name);
  if (found == values_.end())
    found = values_.emplace(std::string(name), std::vector<std::string>{}).first;
  found->second.push_back(std::move(value));
}

bool Arguments::has(std::string_view name) const { return values_.find(name) != values_.end(); }

std::string Arguments::get(std::string_view name) const {
  return find(name).value_or(std::string());
}

std::optional<std::string> Arguments::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::vector<std::string> Arguments::list(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& value : all(name)) {
    std::string_view rest = value;
    while (true) {
      const auto comma = rest.find(',');
      auto part = rest.substr(0, comma);
      while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
      while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
      if (!part.empty()) out.emplace_back(part);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return out;
}

Result<work::Pairs> parse_pairs(const std::vector<std::string>& words) {
  work::Pairs out;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(Code::usage, "\"" + word + "\" is not of the form key=value",
                  "nothing was changed", "write for example title=\"New title\"");
    out.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return out;
}

Result<Millis> parse_span(std::string_view text) {
  const auto wrong = fail(Code::usage, "\"" + std::string(text) + "\" is not a length of time",
                          "nothing was done", "write for example 30s, 2m or 1h");
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return wrong;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::uint64_t scale = 0;
  if (unit == "ms") scale = 1;
  if (unit == "s" || unit.empty()) scale = 1000;
  if (unit == "m" || unit == "min") scale = 60 * 1000;
  if (unit == "h") scale = 3600 * 1000;
  constexpr std::uint64_t kMost = 7ull * 24 * 3600 * 1000;
  if (scale == 0 || count > kMost / scale) return wrong;
  return Millis(count * scale);
}

Result<std::uint64_t> parse_count(std::string_view text, std::string_view what, std::uint64_t least,
                                  std::uint64_t most) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < least || count > most)
    return fail(Code::usage,
                std::string(what) + " is a whole number from " + std::to_string(least) + " to " +
                    std::to_string(most) + ", not \"" + std::string(text) + "\"",
                "nothing was done");
  return count;
}

}  // namespace holm::cli
