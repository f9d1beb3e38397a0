#include "net/transport.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace holm::net {
namespace {

constexpr std::size_t kNameBytesMax = 253;  // RFC 1035, section 2.3.4
constexpr std::size_t kZoneBytesMax = 15;   // IFNAMSIZ less its final zero

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_ipv6(std::string_view text) {
  const auto percent = text.find('%');
  if (percent != std::string_view::npos) {
    const auto zone = text.substr(percent + 1);
    if (!is_name(zone) || zone.size() > kZoneBytesMax) return false;
    text = text.substr(0, percent);
  }
  in6_addr parsed;
  return inet_pton(AF_INET6, std::string(text).c_str(), &parsed) == 1;
}

tl::unexpected<Error> not_an_endpoint(std::string_view text) {
  // What was typed is quoted in part: it may be of any length.
  return fail(Code::usage, "not an address: \"" + std::string(text.substr(0, 80)) + "\"", {},
              "write host:port, or [address]:port for IPv6");
}

}  // namespace

std::string Endpoint::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return not_an_endpoint(text);
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);

  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(digits.begin(), digits.end(), port);
  if (problem != std::errc() || end != digits.end()) return not_an_endpoint(text);

  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host)) return not_an_endpoint(text);
  } else if (!is_name(host)) {
    return not_an_endpoint(text);
  }
  return Endpoint{.host = std::string(host), .port = port};
}

}  // namespace holm::net
