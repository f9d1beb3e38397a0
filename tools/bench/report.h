// What a bench says: one JSON object per result, or a line for people. Times are medians.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"

namespace holm::bench {

class Report {
 public:
  explicit Report(bool is_json) : is_json_(is_json) {}
  /// `result` starts with "bench" and "case"; numbers ending in _ms, _us and _bytes say their unit.
  void add(const Value& result) const;

 private:
  bool is_json_;
};

inline double ms_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
      .count();
}
/// Processor time of this process so far, in ms: what one core gives, whatever else runs on it.
double processor_ms();
/// Requires: at least one.
double median(std::vector<double> all);
/// Median of at least `runs` calls of `once`, in ms; `once` gives what it took.
double median_ms(int runs, const std::function<double()>& once);
/// Memory of this process, in KiB: now, and the most since start_peak(), else since its start.
std::int64_t rss_kb();
std::int64_t peak_kb();
/// Gives back to the system what is free, and lets the peak count from here.
void start_peak();
/// Lower-case hex SHA-256 (FIPS 180-4) of a text.
std::string sha256(std::string_view text);

}  // namespace holm::bench
