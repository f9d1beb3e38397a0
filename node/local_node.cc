#include "node/local_node.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "node/loop_node.h"

namespace holm::node {

struct LocalNode::Parts {
  std::unique_ptr<LoopNode> node;
  std::jthread thread;
};

namespace {

/// One request's way back to the thread that waits for it. Shared with the loop thread, which may
/// outlast an abandoned wait.
class Answer {
 public:
  void event(const Value& value) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(value);
    changed_.notify_all();
  }
  void done(Result<Value> outcome) {
    const std::scoped_lock lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.notify_all();
  }
  void asked(RequestId id) {
    const std::scoped_lock lock(mutex_);
    id_ = id;
  }
  RequestId id() {
    const std::scoped_lock lock(mutex_);
    return id_;
  }
  /// The next event, or the outcome once all events are taken.
  std::variant<Value, Result<Value>> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !events_.empty() || outcome_; });
    if (!events_.empty()) {
      Value event = std::move(events_.front());
      events_.pop_front();
      return event;
    }
    return std::move(*outcome_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Value> events_;
  std::optional<Result<Value>> outcome_;
  RequestId id_ = 0;
};

}  // namespace

LocalNode::LocalNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  parts_->thread = std::jthread([node = parts_->node.get()] { node->run(); });
}

LocalNode::~LocalNode() {
  parts_->node->stop();
  parts_->thread.join();
}

Result<std::unique_ptr<LocalNode>> LocalNode::start(const std::string& home, const Unlock& unlock) {
  auto parts = std::make_unique<Parts>();
  parts->node = TRY(LoopNode::open(home, unlock, Level::warn));
  return std::unique_ptr<LocalNode>(new LocalNode(std::move(parts)));
}

Result<std::unique_ptr<LocalNode>> LocalNode::start_serving(const std::string& home,
                                                            const Unlock& unlock,
                                                            const std::string& listen,
                                                            std::string& listening) {
  auto parts = std::make_unique<Parts>();
  parts->node = TRY(LoopNode::open(home, unlock, Level::warn));
  listening = TRY(parts->node->serve(listen)).text();
  return std::unique_ptr<LocalNode>(new LocalNode(std::move(parts)));
}

Result<Value> LocalNode::call(const Value& request) {
  auto answer = std::make_shared<Answer>();
  parts_->node->post([answer, request](Node& node) {
    node.ask(request,
             {.on_done = [answer](Result<Value> outcome) { answer->done(std::move(outcome)); }});
  });
  for (;;) {
    auto next = answer->wait();
    if (auto* outcome = std::get_if<Result<Value>>(&next)) return std::move(*outcome);
  }
}

Status LocalNode::watch(const Value& request, const std::function<bool(const Value&)>& on_event) {
  auto answer = std::make_shared<Answer>();
  parts_->node->post([answer, request](Node& node) {
    answer->asked(
        node.ask(request, {.on_done = [answer](Result<Value> out) { answer->done(std::move(out)); },
                           .on_event = [answer](const Value& event) { answer->event(event); }}));
  });
  for (;;) {
    auto next = answer->wait();
    if (auto* outcome = std::get_if<Result<Value>>(&next)) {
      if (!*outcome) return fail(std::move(*outcome).error());
      return {};
    }
    if (on_event(std::get<Value>(next))) continue;
    const auto id = answer->id();
    parts_->node->post([id](Node& node) { node.cancel(id); });
    return {};
  }
}

std::shared_ptr<const Snapshot> LocalNode::latest() const { return parts_->node->latest(); }

}  // namespace holm::node
