#include <doctest/doctest.h>

#include "net/transport.h"

using namespace holm;
using namespace holm::net;

TEST_CASE("endpoint: text and parse are inverse") {
  for (const char* text :
       {"127.0.0.1:4000", "[::1]:4000", "[fe80::1%eth0]:1", "home.example:65535", "a-b_c.d:0"}) {
    const auto parsed = Endpoint::parse(text);
    REQUIRE_MESSAGE(parsed, text);
    CHECK(parsed->text() == text);
  }
  CHECK(*Endpoint::parse("[::1]:80") == Endpoint{.host = "::1", .port = 80});
}

TEST_CASE("endpoint: what is not one is refused with a hint") {
  for (const std::string text : {"", "host", ":80", "host:", "host:65536", "host:-1", "host:+1",
                                 "host:80x", "::1:80", "[::1]", "[::1]80", "[nonsense]:80", "[]:80",
                                 "a b:80", "[::1%]:80", "[::1%waytoolongforaninterface]:80"}) {
    const auto parsed = Endpoint::parse(text);
    REQUIRE_MESSAGE(!parsed, text);
    CHECK(parsed.error().code == Code::usage);
    CHECK_FALSE(parsed.error().todo.empty());
  }
  CHECK_FALSE(Endpoint::parse(std::string(254, 'a') + ":80"));
  CHECK_FALSE(Endpoint::parse(std::string("a\0b:80", 6)));
}
