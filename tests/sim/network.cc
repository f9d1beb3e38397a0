#include "tests/sim/network.h"

#include <algorithm>

#include "base/ensure.h"

namespace holm::sim {
namespace {

constexpr Millis kConnectTimeout{3'000};

Error gone(std::string what) { return {Code::retry, std::move(what), {}, {}}; }

}  // namespace

void Trace::add(std::uint64_t number) {
  if (is_finished_) return;
  std::uint8_t raw[8];
  for (std::size_t i = 0; i < 8; ++i) raw[i] = static_cast<std::uint8_t>(number >> (8 * i));
  hasher_.update(ByteView(raw, 8));
  ++count_;
}

void Trace::add(ByteView bytes) {
  if (is_finished_) return;
  add(bytes.size());
  hasher_.update(bytes);
}

Digest Trace::finish() {
  is_finished_ = true;
  return hasher_.finish();
}

/// One life of a host. Calls of a life that is over go nowhere.
class SimTransport final : public net::Transport {
 public:
  SimTransport(Network& network, HostId host, std::uint64_t life)
      : network_(network), host_(host), life_(life) {}

  void set_events(net::TransportEvents* events) override {
    if (is_current()) host().events = events;
  }
  Result<net::Endpoint> listen(const net::Endpoint& at) override {
    if (!is_current()) return fail(Code::failed, "this host is down");
    if (at != host().address) return fail(Code::usage, "not an address of this host");
    host().is_listening = true;
    return host().address;
  }
  net::LinkId dial(const net::Endpoint& to) override {
    return is_current() ? network_.dial(host_, to) : 0;
  }
  void send(net::LinkId link, Bytes bytes) override {
    if (owns(link)) network_.send(link, std::move(bytes));
  }
  std::size_t queued_bytes(net::LinkId link) const override {
    return owns(link) ? network_.find(link)->queued : 0;
  }
  void pause_reading(net::LinkId link) override {
    if (owns(link)) network_.find(link)->is_paused = true;
  }
  void resume_reading(net::LinkId link) override {
    if (owns(link)) network_.resume(link);
  }
  void close(net::LinkId link) override {
    if (owns(link)) network_.close(link);
  }

 private:
  Network::Host& host() const { return network_.hosts_[host_]; }
  bool is_current() const { return host().is_up && host().life == life_ && host().is_alive(); }
  bool owns(net::LinkId link) const {
    const auto* end = network_.find(link);
    return is_current() && end != nullptr && end->host == host_;
  }

  Network& network_;
  HostId host_;
  std::uint64_t life_;
};

HostId Network::add_host(std::string name) {
  const auto id = hosts_.size();
  Host host;
  host.name = std::move(name);
  host.address = {"10.0." + std::to_string(id / 250) + "." + std::to_string(1 + id % 250), 7000};
  hosts_.push_back(std::move(host));
  return id;
}

std::unique_ptr<net::Transport> Network::bring_up(HostId id, std::function<bool()> is_alive) {
  auto& host = hosts_[id];
  ENSURE(!host.is_up);
  host.is_up = true;
  ++host.life;
  host.is_listening = false;
  host.is_alive = std::move(is_alive);
  trace_.add(0xB00 + id);
  return std::make_unique<SimTransport>(*this, id, host.life);
}

void Network::take_down(HostId id) {
  auto& host = hosts_[id];
  if (!host.is_up) return;
  host.is_up = false;
  host.is_listening = false;
  host.events = nullptr;
  trace_.add(0xD00 + id);
  std::vector<net::LinkId> own;
  for (const auto& [link, end] : ends_) {
    if (end.host == id) own.push_back(link);
  }
  for (auto link : own) {
    const auto peer = ends_.at(link).peer;
    ends_.erase(link);
    if (auto* other = find(peer)) {
      other->peer = 0;
      schedule(later(), {.kind = Kind::closed,
                         .link = peer,
                         .to = 0,
                         .piece = {{}, gone("the peer is gone")},
                         .bytes = 0});
    }
  }
}

void Network::split(const std::vector<std::set<HostId>>& groups) {
  group_.clear();
  for (HostId host = 0; host < hosts_.size(); ++host) group_[host] = groups.size() + host;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (auto host : groups[i]) group_[host] = i;
  }
  std::vector<net::LinkId> cuts;
  for (const auto& [link, end] : ends_) {
    const auto other = ends_.find(end.peer);
    if (other != ends_.end() && !can_reach(end.host, other->second.host)) cuts.push_back(link);
  }
  for (auto link : cuts) cut(link, "the network is split");
}

void Network::keep_apart(HostId a, HostId b) {
  apart_.insert({std::min(a, b), std::max(a, b)});
  cut_between(a, b);
}

void Network::heal() { group_.clear(); }

void Network::cut_all() {
  std::vector<net::LinkId> all;
  for (const auto& [link, end] : ends_) all.push_back(link);
  for (auto link : all) cut(link, "the link was cut");
}

void Network::cut_between(HostId a, HostId b) {
  std::vector<net::LinkId> cuts;
  for (const auto& [link, end] : ends_) {
    const auto other = ends_.find(end.peer);
    if (other == ends_.end()) continue;
    if ((end.host == a && other->second.host == b)) cuts.push_back(link);
  }
  for (auto link : cuts) cut(link, "the link was cut");
}

std::optional<Time> Network::next() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.begin()->first.first;
}

void Network::advance(Time time) {
  ENSURE(time >= now_);
  now_ = time;
}

std::optional<HostId> Network::step() {
  Event event;
  End* end_of = nullptr;
  while (end_of == nullptr) {  // events of lives that are over are passed by
    if (queue_.empty() || queue_.begin()->first.first > now_) return std::nullopt;
    event = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    end_of = find(event.link);
  }
  trace_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  trace_.add(static_cast<std::uint64_t>(event.kind));
  trace_.add(event.link);
  const auto host = end_of->host;
  auto* events = hosts_[host].events;
  switch (event.kind) {
    case Kind::connect: return connect(event);
    case Kind::accepted:
      if (events != nullptr) events->on_accepted(event.link, hosts_[event.to].address);
      return host;
    case Kind::dialled:
      end_of->is_connected = true;
      if (end_of->is_closing || events == nullptr) return host;
      events->on_dialled(event.link);
      return host;
    case Kind::piece: return arrive(event.link, std::move(event.piece));
    case Kind::drained:
      end_of->queued -= event.bytes;
      if (end_of->queued == 0 && !end_of->is_closing && events != nullptr) {
        events->on_drained(event.link);
      }
      return host;
    case Kind::closed: return end(event.link, *event.piece.end);
  }
  return host;
}

net::LinkId Network::dial(HostId from, const net::Endpoint& to) {
  const auto link = next_link_++;
  End made;
  made.host = from;
  made.last_arrival = now_;
  ends_[link] = std::move(made);
  Event event;
  event.kind = Kind::connect;
  event.link = link;
  event.to = hosts_.size();
  for (HostId host = 0; host < hosts_.size(); ++host) {
    if (hosts_[host].address == to) event.to = host;
  }
  schedule(later(), std::move(event));
  return link;
}

HostId Network::connect(const Event& event) {
  auto& dialling = ends_.at(event.link);
  const auto from = dialling.host;
  const auto to = event.to;
  Event closed;
  closed.link = event.link;
  if (to < hosts_.size() && !can_reach(from, to)) {
    closed.piece.end = Error{Code::timeout, "connecting took too long", {}, {}};
    schedule(now_ + kConnectTimeout, std::move(closed));
    return from;
  }
  if (to >= hosts_.size() || !hosts_[to].is_listening || dialling.is_closing ||
      rng_.chance(options_.failed_dials_percent)) {
    closed.piece.end = gone("nobody answers there");
    schedule(later(), std::move(closed));
    return from;
  }
  const auto link = next_link_++;
  End accepted;
  accepted.host = to;
  accepted.peer = event.link;
  accepted.is_connected = true;
  accepted.last_arrival = now_;
  dialling.peer = link;
  ends_[link] = std::move(accepted);
  schedule(now_, {.kind = Kind::accepted, .link = link, .to = from, .piece = {}, .bytes = 0});
  auto& dialled_end = ends_.at(event.link);
  const auto known = later();
  // What the other side says at once comes after the news that there is a link.
  ends_.at(link).last_arrival = known;
  dialled_end.last_arrival = known;
  schedule(known, {.kind = Kind::dialled, .link = event.link, .to = 0, .piece = {}, .bytes = 0});
  return from;
}

void Network::send(net::LinkId link, Bytes bytes) {
  auto& from = ends_.at(link);
  if (bytes.empty() || from.is_closing || !from.is_connected) return;
  trace_.add(link);
  trace_.add(bytes);
  from.queued += bytes.size();
  most_queued_ = std::max(most_queued_, from.queued);
  bytes_carried_ += bytes.size();
  schedule(now_ + Millis{1} + latency() / 4,
           {.kind = Kind::drained, .link = link, .to = 0, .piece = {}, .bytes = bytes.size()});
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size =
        std::min<std::size_t>(bytes.size() - at, 1 + rng_.below(options_.fragment_max));
    from.last_arrival = std::max(from.last_arrival, later());
    Event event;
    event.kind = Kind::piece;
    event.link = from.peer;
    event.piece.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
    schedule(from.last_arrival, std::move(event));
    at += size;
  }
}

void Network::close(net::LinkId link) {
  auto& from = ends_.at(link);
  if (from.is_closing) return;
  from.is_closing = true;
  const auto at = std::max(from.last_arrival, now_ + Millis{1});
  if (from.peer != 0) {
    Event event;
    event.kind = Kind::piece;
    event.link = from.peer;
    event.piece.end = gone("the peer left");
    schedule(at, std::move(event));
  }
  schedule(at, {.kind = Kind::closed,
                .link = link,
                .to = 0,
                .piece = {{}, gone("closed here")},
                .bytes = 0});
}

void Network::resume(net::LinkId link) {
  auto& end = ends_.at(link);
  end.is_paused = false;
  auto held = std::move(end.held);
  end.held.clear();
  for (auto& piece : held) {
    schedule(now_,
             {.kind = Kind::piece, .link = link, .to = 0, .piece = std::move(piece), .bytes = 0});
  }
}

HostId Network::arrive(net::LinkId link, Piece piece) {
  auto& to = ends_.at(link);
  if (to.is_closing) return to.host;
  if (to.is_paused) {
    to.held.push_back(std::move(piece));
    return to.host;
  }
  if (piece.end) return end(link, *piece.end);
  const auto host = to.host;
  if (rng_.below(10'000) < options_.cuts_per_10k) {
    cut(link, "the link was cut");
    return host;
  }
  if (hosts_[host].events != nullptr) hosts_[host].events->on_bytes(link, piece.bytes);
  return host;
}

HostId Network::end(net::LinkId link, const Error& why) {
  const auto host = ends_.at(link).host;
  // The other side learns of it from the end of the stream, behind all bytes sent before.
  if (auto* other = find(ends_.at(link).peer)) other->peer = 0;
  ends_.erase(link);
  if (auto* events = hosts_[host].events) events->on_closed(link, why);
  return host;
}

void Network::cut(net::LinkId link, std::string why) {
  auto* end = find(link);
  if (end == nullptr) return;
  trace_.add(0xC07);
  trace_.add(link);
  const auto peer = end->peer;
  for (auto id : {link, peer}) {
    auto* side = find(id);
    if (side == nullptr) continue;
    side->peer = 0;
    // What is in flight to this end is lost: its pieces find it closed but for the news itself.
    for (auto& [at, event] : queue_) {
      if (event.link == id && event.kind == Kind::piece) event.link = 0;
    }
    schedule(later(),
             {.kind = Kind::closed, .link = id, .to = 0, .piece = {{}, gone(why)}, .bytes = 0});
  }
}

bool Network::can_reach(HostId a, HostId b) const {
  if (apart_.contains({std::min(a, b), std::max(a, b)})) return false;
  const auto group = [&](HostId host) {
    const auto found = group_.find(host);
    return found != group_.end() ? found->second : SIZE_MAX;
  };
  return group_.empty() || group(a) == group(b);
}

Millis Network::latency() {
  const auto spread =
      static_cast<std::uint64_t>((options_.latency_max - options_.latency_min).count());
  return options_.latency_min + Millis{static_cast<Millis::rep>(rng_.below(spread + 1))};
}

void Network::schedule(Time at, Event event) {
  queue_.emplace(std::pair(at, next_event_++), std::move(event));
}

Network::End* Network::find(net::LinkId link) {
  const auto found = ends_.find(link);
  return found == ends_.end() ? nullptr : &found->second;
}

}  // namespace holm::sim
