// Writes down what a Transport tells, and runs a loop until a fact holds.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "net/transport.h"
#include "net/uv_loop.h"

namespace holm::test {

class Recorder final : public net::TransportEvents {
 public:
  void on_accepted(net::LinkId link, const net::Endpoint& from) override {
    accepted.push_back(link);
    sources.push_back(from);
    if (accept) accept(link);
  }
  void on_dialled(net::LinkId link) override { dialled.push_back(link); }
  void on_bytes(net::LinkId link, ByteView bytes) override {
    append(received[link], bytes);
    if (hear) hear(link, bytes);
  }
  void on_drained(net::LinkId link) override { ++drained[link]; }
  void on_closed(net::LinkId link, const Error& why) override { closed.emplace(link, why); }

  std::size_t event_count() const {
    return accepted.size() + dialled.size() + received.size() + drained.size() + closed.size();
  }

  std::vector<net::LinkId> accepted;
  std::vector<net::Endpoint> sources;
  std::vector<net::LinkId> dialled;
  std::map<net::LinkId, Bytes> received;
  std::map<net::LinkId, int> drained;
  std::multimap<net::LinkId, Error> closed;  // multi, so that a second event would show
  std::function<void(net::LinkId)> accept;
  std::function<void(net::LinkId, ByteView)> hear;
};

/// Runs turns until `fact` holds. False when it does not within ten seconds.
bool run_until(net::UvLoop& loop, const std::function<bool()>& fact);

}  // namespace holm::test
