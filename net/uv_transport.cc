#include "net/uv_transport.h"

#include <netinet/in.h>

#include <utility>

#include "net/uv_listener.h"

namespace holm::net {
namespace {

constexpr std::string_view kMappedPrefix = "::ffff:";

Endpoint endpoint_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN + 1] = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    uv_ip4_name(&v4, text, sizeof text);
    return {.host = text, .port = ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  uv_ip6_name(&v6, text, sizeof text);
  std::string_view host = text;
  // A socket that listens on "::" sees IPv4 callers in this disguise.
  if (host.starts_with(kMappedPrefix) && host.find('.') != std::string_view::npos) {
    host.remove_prefix(kMappedPrefix.size());
  }
  return {.host = std::string(host), .port = ntohs(v6.sin6_port)};
}

}  // namespace

class UvTransport::Listener final : public UvListener {
 public:
  Listener(UvTransport& owner, Endpoint at)
      : UvListener(owner, StreamKind::tcp), at_(std::move(at)) {}

  /// With the port that the system picked, once started.
  const Endpoint& bound() const { return at_; }

 private:
  Status bind(UvHandle& handle) override {
    sockaddr_storage address{};
    if (uv_ip4_addr(at_.host.c_str(), at_.port, reinterpret_cast<sockaddr_in*>(&address)) != 0 &&
        uv_ip6_addr(at_.host.c_str(), at_.port, reinterpret_cast<sockaddr_in6*>(&address)) != 0) {
      return fail(Code::usage, "cannot listen on \"" + at_.host + "\", which is not an IP address",
                  {}, "name an address of this machine, or 0.0.0.0 or :: for all");
    }
    const int status = uv_tcp_bind(&handle.tcp, reinterpret_cast<const sockaddr*>(&address), 0);
    if (status != 0) return fail(uv_error(status, "cannot listen on " + place()));
    return {};
  }

  Status on_listening(UvHandle& handle) override {
    sockaddr_storage address{};
    int size = sizeof address;
    const int status =
        uv_tcp_getsockname(&handle.tcp, reinterpret_cast<sockaddr*>(&address), &size);
    if (status != 0) return fail(uv_error(status, "cannot listen on " + place()));
    at_.port = endpoint_of(address).port;
    return {};
  }

  Endpoint source(UvHandle& stream) override {
    sockaddr_storage address{};
    int size = sizeof address;
    // Fails when the caller is gone already; the link ends with its first read.
    if (uv_tcp_getpeername(&stream.tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      return {};
    }
    return endpoint_of(address);
  }

  std::string place() const override { return at_.text(); }

  Endpoint at_;
};

UvTransport::UvTransport(UvLoop& loop, StreamLimits limits) : UvStreams(loop, limits) {}

UvTransport::~UvTransport() { stop_listening(); }

Result<Endpoint> UvTransport::listen(const Endpoint& at) {
  if (listener_ != nullptr) return fail(Code::usage, "this transport listens already");
  auto* listener = new Listener(*this, at);
  if (auto started = listener->start(); !started) {
    listener->stop();
    return fail(std::move(started).error());
  }
  listener_ = listener;
  return listener->bound();
}

LinkId UvTransport::dial(const Endpoint& to) {
  auto* stream = new UvStream(*this, StreamKind::tcp);
  const auto link = adopt(stream);
  stream->connect_tcp(to);
  return link;
}

void UvTransport::stop_listening() {
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->stop();
}

}  // namespace holm::net
