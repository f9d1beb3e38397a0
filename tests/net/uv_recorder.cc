#include "tests/net/uv_recorder.h"

namespace holm::test {

bool run_until(net::UvLoop& loop, const std::function<bool()>& fact) {
  using namespace std::chrono_literals;
  loop.turn_now();  // brings the clock up to date
  const auto limit = loop.now() + 10s;
  while (!fact()) {
    if (loop.now() >= limit) return false;
    loop.set_deadline(limit);  // so that a turn always ends
    loop.turn();
  }
  loop.set_deadline(std::nullopt);
  return true;
}

}  // namespace holm::test
