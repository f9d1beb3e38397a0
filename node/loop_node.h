// A node with its real Env on a libuv loop: what serve() runs on the calling thread and LocalNode
// on one of its own. Reads the system's clock and randomness; nothing else does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "crypto/random.h"
#include "net/uv_loop.h"
#include "net/uv_transport.h"
#include "node/control.h"
#include "node/home.h"
#include "node/mailbox.h"
#include "node/node.h"
#include "node/published.h"

namespace holm::node {

/// Event lines to stderr, from `least` on.
class StderrLog final : public Log {
 public:
  explicit StderrLog(Level least) : least_(least) {}
  void write(Level level, std::string_view line) override;

 private:
  Level least_;
};

class LoopNode final : public net::LoopEvents {
 public:
  /// Locks the home and opens its stores. Errors: as Home::open and Store::open.
  static Result<std::unique_ptr<LoopNode>> open(const std::string& home, const Unlock& unlock,
                                                Level least);
  ~LoopNode() override;

  /// Accepts links and control connections. Before run(). Errors: busy, failed, usage.
  Result<net::Endpoint> serve(const std::string& listen);
  /// SIGTERM and SIGINT end run(). Errors: failed.
  Status stop_on_signals();
  /// Stops when no request has come for so long. Before run().
  void lock_after(std::optional<Millis> idle) { lock_after_ = idle; }
  /// Runs until stop(). The thread that calls it is the loop thread.
  void run();

  // Any thread.
  /// Has `work` run on the loop thread; what is put after stop() is dropped.
  void post(std::function<void(Node&)> work);
  void stop();
  std::shared_ptr<const Snapshot> latest() const { return published_.get(); }

  void on_wake() override;
  void on_deadline() override;
  void on_signal(int number) override;
  void on_turn_end() override;

 private:
  LoopNode(std::unique_ptr<crypto::SystemRng> rng, std::unique_ptr<Home> home,
           std::unique_ptr<net::UvLoop> loop, Level least);
  void publish();

  std::unique_ptr<crypto::SystemRng> rng_;
  std::unique_ptr<Home> home_;
  StderrLog log_;
  std::unique_ptr<net::UvLoop> loop_;
  std::unique_ptr<net::UvTransport> transport_;
  Env env_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<ControlServer> control_;
  Mailbox<std::function<void(Node&)>> mailbox_;
  Published<Snapshot> published_;
  std::uint64_t snapshots_ = 0;
  std::optional<Millis> lock_after_;
  bool is_stopping_ = false;
};

}  // namespace holm::node
