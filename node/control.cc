#include "node/control.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/wire.h"

namespace holm::node {
namespace {

constexpr WireLimits kLimits{.bytes_max = kControlBytesMax, .items_max = 8u << 20, .depth_max = 96};
constexpr std::size_t kEventBacklogMax = 4u << 20;

tl::unexpected<Error> owner_gone() {
  return fail(Code::failed, "the process that owns this home went away", "nothing is half done",
              "try again");
}

class ControlClient final : public Client, public net::TransportEvents, public net::LoopEvents {
 public:
  explicit ControlClient(std::unique_ptr<net::UvLoop> loop)
      : loop_(std::move(loop)), pipe_(std::make_unique<net::UvPipe>(*loop_)) {
    loop_->set_events(this);
    pipe_->set_events(this);
  }
  ~ControlClient() override {
    pipe_.reset();
    loop_->set_events(nullptr);
  }

  Status connect(const std::string& path) {
    link_ = pipe_->dial({path, 0});
    while (!is_open_ && !closed_) loop_->turn();
    if (closed_) return fail(*closed_);
    return {};
  }

  Result<Value> call(const Value& request) override {
    return exchange(request, [](const Value&) { return true; });
  }

  Status watch(const Value& request, const std::function<bool(const Value&)>& on_event) override {
    auto done = exchange(request, on_event);
    if (!done) return fail(std::move(done).error());
    return {};
  }

  std::shared_ptr<const Snapshot> latest() const override { return nullptr; }
  bool is_remote() const override { return true; }

  void on_accepted(net::LinkId, const net::Endpoint&) override {}
  void on_dialled(net::LinkId) override { is_open_ = true; }
  void on_drained(net::LinkId) override {}
  void on_bytes(net::LinkId, ByteView bytes) override {
    if (auto fed = reader_.feed(bytes); !fed) closed_ = fed.error();
  }
  void on_closed(net::LinkId, const Error& why) override { closed_ = why; }

 private:
  Result<Value> exchange(const Value& request, const std::function<bool(const Value&)>& on_event) {
    if (closed_) return owner_gone();
    const auto id = next_id_++;
    pipe_->send(link_, control_bytes(Value::object().set("id", id).set("ask", request)));
    for (;;) {
      auto message = TRY(reader_.next());
      if (!message) {
        if (closed_) return owner_gone();
        loop_->turn();
        continue;
      }
      if ((*message)["id"].number() != static_cast<std::int64_t>(id)) continue;
      if (message->has("done")) return (*message)["done"];
      if (message->has("error")) return fail(control_error_of((*message)["error"]));
      if (on_event((*message)["event"])) continue;
      pipe_->send(link_, control_bytes(Value::object().set("id", id).set("cancel", true)));
      return Value();
    }
  }

  std::unique_ptr<net::UvLoop> loop_;
  std::unique_ptr<net::UvPipe> pipe_;
  net::LinkId link_ = 0;
  bool is_open_ = false;
  std::optional<Error> closed_;
  ControlReader reader_;
  std::uint64_t next_id_ = 1;
};

}  // namespace

Status ControlReader::feed(ByteView bytes) {
  if (at_ > 0 && at_ == held_.size()) {
    held_.clear();
    at_ = 0;
  }
  append(held_, bytes);
  if (held_.size() - at_ > kControlBytesMax + 4) {
    return fail(Code::limit, "a control message is too large");
  }
  return {};
}

Result<std::optional<Value>> ControlReader::next() {
  const auto rest = ByteView(held_).subspan(at_);
  if (rest.size() < 4) return std::optional<Value>();
  const std::size_t length =
      std::size_t{rest[0]} << 24 | std::size_t{rest[1]} << 16 | std::size_t{rest[2]} << 8 | rest[3];
  if (length > kControlBytesMax) return fail(Code::limit, "a control message is too large");
  if (rest.size() < 4 + length) return std::optional<Value>();
  auto message = decode_value(rest.subspan(4, length), kLimits);
  at_ += 4 + length;
  if (at_ > (1u << 20) || at_ == held_.size()) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  return std::optional(TRY(message));
}

Bytes control_bytes(const Value& message) {
  const auto body = encode(message);
  ENSURE(body.size() <= UINT32_MAX);
  Bytes out{static_cast<std::uint8_t>(body.size() >> 24),
            static_cast<std::uint8_t>(body.size() >> 16),
            static_cast<std::uint8_t>(body.size() >> 8), static_cast<std::uint8_t>(body.size())};
  append(out, body);
  return out;
}

Value control_error(std::uint64_t id, const Error& error) {
  Value parts = Value::array();
  parts.push(static_cast<int>(error.code)).push(error.what).push(error.safe).push(error.todo);
  return Value::object().set("id", id).set("error", std::move(parts));
}

Error control_error_of(const Value& error) {
  const auto& parts = error.items();
  if (parts.size() != 4) return {Code::failed, "an unreadable answer", {}, {}};
  const auto code =
      std::clamp<std::int64_t>(parts[0].number(), 0, static_cast<std::int64_t>(Code::retry));
  return {static_cast<Code>(code), std::string(parts[1].text()), std::string(parts[2].text()),
          std::string(parts[3].text())};
}

ControlServer::ControlServer(net::UvLoop& loop, Node& node) : pipe_(loop), node_(node) {
  pipe_.set_events(this);
}

ControlServer::~ControlServer() { pipe_.set_events(nullptr); }

Status ControlServer::listen(const std::string& path) {
  auto bound = pipe_.listen({path, 0});
  if (!bound) return fail(std::move(bound).error());
  return {};
}

void ControlServer::stop() { pipe_.stop_listening(); }

void ControlServer::on_accepted(net::LinkId link, const net::Endpoint&) { sessions_[link]; }
void ControlServer::on_dialled(net::LinkId) {}
void ControlServer::on_drained(net::LinkId) {}

void ControlServer::on_closed(net::LinkId link, const Error&) {
  const auto found = sessions_.find(link);
  if (found == sessions_.end()) return;
  const auto open = std::move(found->second.open);
  sessions_.erase(found);
  for (const auto& [theirs, ours] : open) node_.cancel(ours);
}

void ControlServer::on_bytes(net::LinkId link, ByteView bytes) {
  const auto found = sessions_.find(link);
  if (found == sessions_.end()) return;
  if (!found->second.reader.feed(bytes)) return pipe_.close(link);
  for (;;) {
    const auto again = sessions_.find(link);
    if (again == sessions_.end()) return;
    auto message = again->second.reader.next();
    if (!message) return pipe_.close(link);
    if (!*message) return;
    on_message(link, **message);
  }
}

void ControlServer::on_message(net::LinkId link, const Value& message) {
  const auto id = static_cast<std::uint64_t>(message["id"].number());
  auto& session = sessions_[link];
  if (message["cancel"].flag()) {
    const auto open = session.open.find(id);
    if (open == session.open.end()) return;
    node_.cancel(open->second);
    session.open.erase(open);
    return;
  }
  Asked asked;
  asked.on_done = [this, link, id](Result<Value> outcome) { reply(link, id, outcome); };
  asked.on_event = [this, link, id](const Value& event) {
    if (pipe_.queued_bytes(link) > kEventBacklogMax) return;  // a watcher that does not read
    pipe_.send(link, control_bytes(Value::object().set("id", id).set("event", event)));
  };
  session.open[id] = 0;
  const auto ours = node_.ask(message["ask"], std::move(asked));
  const auto again = sessions_.find(link);
  if (again == sessions_.end()) return;
  const auto open = again->second.open.find(id);
  if (open != again->second.open.end()) open->second = ours;  // not answered yet
}

void ControlServer::reply(net::LinkId link, std::uint64_t id, const Result<Value>& outcome) {
  const auto found = sessions_.find(link);
  if (found == sessions_.end()) return;
  found->second.open.erase(id);
  pipe_.send(link, control_bytes(outcome ? Value::object().set("id", id).set("done", *outcome)
                                         : control_error(id, outcome.error())));
}

Result<std::unique_ptr<Client>> dial_control(const std::string& path) {
  auto client = std::make_unique<ControlClient>(TRY(net::UvLoop::open()));
  TRY(client->connect(path));
  return std::unique_ptr<Client>(std::move(client));
}

}  // namespace holm::node
