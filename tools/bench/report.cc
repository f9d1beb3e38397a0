#include "tools/bench/report.h"

#include <malloc.h>
#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"

namespace holm::bench {
namespace {

std::int64_t status_kb(std::string_view key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return std::strtoll(line.c_str() + key.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

void Report::add(const Value& result) const {
  if (is_json_) {
    std::puts(to_json(result).c_str());
  } else {
    std::printf("%-9s %s\n", std::string(result["bench"].text()).c_str(),
                std::string(result["case"].text()).c_str());
    for (const auto& [key, value] : result.entries()) {
      if (key == "bench" || key == "case") continue;
      std::printf("  %-18s %s\n", std::string(key).c_str(), to_json(value).c_str());
    }
  }
  std::fflush(stdout);
}

double processor_ms() {
  return static_cast<double>(std::clock()) * 1000 / static_cast<double>(CLOCKS_PER_SEC);
}

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  const auto middle = all.size() / 2;
  return all.size() % 2 == 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

double median_ms(int runs, const std::function<double()>& once) {
  std::vector<double> all;
  for (int i = 0; i < runs; ++i) all.push_back(once());
  return median(std::move(all));
}

std::int64_t rss_kb() { return status_kb("VmRSS:"); }
std::int64_t peak_kb() { return status_kb("VmHWM:"); }

void start_peak() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << '5';
}

std::string sha256(std::string_view text) {
  Bytes out(crypto_hash_sha256_BYTES);
  crypto_hash_sha256(out.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return hex(out);
}

}  // namespace holm::bench
