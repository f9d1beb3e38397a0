#include "net/uv_loop.h"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <thread>

using namespace holm;
using namespace holm::net;
using namespace std::chrono_literals;

namespace {

class Counter final : public LoopEvents {
 public:
  explicit Counter(UvLoop& loop) : loop_(loop) { loop.set_events(this); }
  ~Counter() override { loop_.set_events(nullptr); }

  void on_wake() override {
    ++wakes;
    loop_.stop();
  }
  void on_deadline() override {
    ++deadlines;
    deadline_at = loop_.now();
    loop_.stop();
  }
  void on_signal(int number) override {
    signal = number;
    loop_.stop();
  }
  void on_turn_end() override { ++turn_ends; }

  int wakes = 0;
  int deadlines = 0;
  int turn_ends = 0;
  int signal = 0;
  Time deadline_at;

 private:
  UvLoop& loop_;
};

}  // namespace

TEST_CASE("loop: the deadline fires once, not before its time, and can be moved or disarmed") {
  auto loop = *UvLoop::open();
  Counter counter(*loop);
  const auto due = loop->now() + 20ms;
  loop->set_deadline(loop->now() + 1h);
  loop->set_deadline(due);
  loop->run();
  CHECK(counter.deadlines == 1);
  CHECK(counter.deadline_at >= due);

  loop->set_deadline(loop->now() - 5s);
  loop->run();
  CHECK(counter.deadlines == 2);

  loop->set_deadline(loop->now());
  loop->set_deadline(std::nullopt);
  loop->turn_now();
  CHECK(counter.deadlines == 2);
}

TEST_CASE("loop: a wake-up from another thread arrives") {
  auto loop = *UvLoop::open();
  Counter counter(*loop);
  std::jthread other([&] { loop->wake(); });
  loop->run();
  CHECK(counter.wakes >= 1);
}

TEST_CASE("loop: both clocks stand still while a turn lasts") {
  auto loop = *UvLoop::open();
  const auto now = loop->now();
  const auto wall = loop->wall();
  const auto real = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - real < 5ms) {
  }
  CHECK(loop->now() == now);
  CHECK(loop->wall() == wall);
  loop->turn_now();
  CHECK(loop->now() >= now + 4ms);
  CHECK(loop->wall() > wall);
}

TEST_CASE("loop: the end of a turn is told before the loop sleeps") {
  auto loop = *UvLoop::open();
  Counter counter(*loop);
  loop->turn_now();
  loop->turn_now();
  CHECK(counter.turn_ends == 2);
}

TEST_CASE("loop: signals to end come as events") {
  auto loop = *UvLoop::open();
  Counter counter(*loop);
  REQUIRE(loop->watch_signals());
  for (const int number : {SIGTERM, SIGINT}) {
    raise(number);
    loop->run();
    CHECK(counter.signal == number);
  }
}
