#include "node/loop_node.h"

#include <cstdio>

#include "node/source_files.h"
#include "store/page_memory.h"

namespace holm::node {

void StderrLog::write(Level level, std::string_view line) {
  if (level < least_) return;
  std::fprintf(stderr, "holm: %.*s\n", static_cast<int>(line.size()), line.data());
}

LoopNode::LoopNode(std::unique_ptr<crypto::SystemRng> rng, std::unique_ptr<Home> home,
                   std::unique_ptr<net::UvLoop> loop, Level least)
    : rng_(std::move(rng)),
      home_(std::move(home)),
      log_(least),
      loop_(std::move(loop)),
      transport_(std::make_unique<net::UvTransport>(*loop_)),
      env_{.clock = *loop_,
           .rng = *rng_,
           .transport = *transport_,
           .log = log_,
           .vfs = {},
           .pool = Pool::threads,
           .read_source = read_source,
           .open_file = open_file,
           .save_joins = [this](const auto& joins) { return home_->save_joins(joins); },
           .save_identity = [this] { return home_->save_identity(); },
           .home_parts =
               [this](const std::optional<std::string>& passphrase) {
                 return home_->parts(passphrase);
               },
           .lock = [this] { stop(); },
           .store_path = [this](const TeamId& team) { return home_->store_path(team); },
           .store_key =
               [this](const TeamId& team) {
                 return std::make_shared<crypto::SecretKey32>(home_->store_key(team));
               },
           .witness = [this](const TeamId& team) { return home_->witness_place(team); },
           .stopwatch = net::UvLoop::stopwatch},
      node_(std::make_unique<Node>(env_, home_->identity())) {
  loop_->set_events(this);
}

Result<std::unique_ptr<LoopNode>> LoopNode::open(const std::string& dir, const Unlock& unlock,
                                                 Level least) {
  TRY(crypto::init());
  auto rng = std::make_unique<crypto::SystemRng>();
  auto home = TRY(Home::open(dir, unlock, *rng));
  auto loop = TRY(net::UvLoop::open());
  const auto warnings = home->warnings();
  const auto teams = home->teams();
  const auto joins = TRY(home->joins());
  std::unique_ptr<LoopNode> out(
      new LoopNode(std::move(rng), std::move(home), std::move(loop), least));
  for (const auto& warning : warnings) out->log_.write(Level::warn, warning);
  if (const auto& memory = store::page_memory(); memory.is_scarce) {
    out->log_.write(
        Level::info,
        (memory.locked_bytes == 0 ? std::string("none")
                                  : "only " + std::to_string(memory.locked_bytes >> 20) + " MiB") +
            " of what the stores hold in the clear can be locked in memory; the "
            "rest may be swapped out while the home is open (see: ulimit -l)");
  }
  TRY(out->node_->start(teams, joins));
  out->publish();
  return out;
}

LoopNode::~LoopNode() {
  // Handles first, then the loop that closes them.
  loop_->set_events(nullptr);
  control_.reset();
  node_.reset();
  transport_.reset();
}

Result<net::Endpoint> LoopNode::serve(const std::string& listen) {
  const auto at = TRY(net::Endpoint::parse(listen.empty() ? "127.0.0.1:0" : listen));
  control_ = std::make_unique<ControlServer>(*loop_, *node_);
  TRY(control_->listen(Home::socket_path(home_->dir())));
  auto bound = TRY(node_->serve(at));
  publish();
  return bound;
}

Status LoopNode::stop_on_signals() { return loop_->watch_signals(); }

void LoopNode::run() {
  on_turn_end();
  loop_->run();
}

void LoopNode::post(std::function<void(Node&)> work) {
  mailbox_.put(std::move(work));
  loop_->wake();
}

void LoopNode::stop() {
  post([this](Node& node) {
    is_stopping_ = true;
    node.stop();
  });
}

void LoopNode::on_wake() {
  for (auto& work : mailbox_.drain()) work(*node_);
}

void LoopNode::on_deadline() {
  node_->on_deadline(loop_->now());
  if (lock_after_ && node_->asked_at() + *lock_after_ <= loop_->now()) stop();
}

void LoopNode::on_signal(int) {
  if (is_stopping_) return loop_->stop();  // asked twice: now
  is_stopping_ = true;
  node_->stop();
}

void LoopNode::on_turn_end() {
  node_->end_turn();
  publish();
  if (is_stopping_ && transport_->link_count() == 0) return loop_->stop();
  auto deadline = node_->deadline();
  if (lock_after_) {
    const auto idle = node_->asked_at() + *lock_after_;
    if (!deadline || idle < *deadline) deadline = idle;
  }
  loop_->set_deadline(deadline);
}

void LoopNode::publish() {
  auto snapshot = std::make_shared<Snapshot>(node_->snapshot());
  const auto before = published_.get();
  if (before) {
    snapshot->version = before->version;
    auto comparable = *snapshot;
    comparable.at = before->at;
    if (comparable == *before) return;
  }
  snapshot->version = ++snapshots_;
  published_.set(std::move(snapshot));
}

}  // namespace holm::node
