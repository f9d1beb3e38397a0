// Messages of the control socket, as docs/formats/control.md has them.
#include "node/control.h"

#include <doctest/doctest.h>

#include "base/wire.h"
#include "tests/support/doc_hex.h"

namespace holm::node {
namespace {

Value read_one(ByteView bytes) {
  ControlReader reader;
  REQUIRE(reader.feed(bytes));
  auto message = reader.next();
  REQUIRE((message && *message));
  const auto more = reader.next();
  CHECK((more && !*more));
  return std::move(**message);
}

}  // namespace

TEST_CASE("control: the examples of the format page say what the page says") {
  const auto request = test::doc_hex("control.md", "request");
  const auto asked = read_one(request);
  CHECK(asked["id"].number() == 1);
  CHECK(asked["ask"] == Value::object().set("do", "team.list"));
  CHECK(control_bytes(asked) == request);

  const auto done = test::doc_hex("control.md", "done");
  const auto answer = read_one(done);
  REQUIRE(answer["done"]["teams"].items().size() == 1);
  CHECK(answer["done"]["teams"].items()[0]["name"].text() == "Slipway Tools");
  CHECK(control_bytes(answer) == done);

  const auto error = test::doc_hex("control.md", "error");
  const auto failed = read_one(error);
  const auto why = control_error_of(failed["error"]);
  CHECK(why.code == Code::usage);
  CHECK(why.todo == "see holm help");
  CHECK(control_bytes(control_error(2, why)) == error);
}

TEST_CASE("control: a message may come in any pieces; one too long or not canonical ends it") {
  const auto bytes = test::doc_hex("control.md", "done");
  ControlReader slow;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    REQUIRE(slow.feed(ByteView(bytes).subspan(i, 1)));
    const auto none = slow.next();
    REQUIRE((none && !*none));
  }
  REQUIRE(slow.feed(ByteView(bytes).last(1)));
  const auto whole = slow.next();
  CHECK((whole && *whole));

  ControlReader wide;
  const Bytes huge{0xff, 0xff, 0xff, 0xff};
  CHECK_FALSE((wide.feed(huge) && wide.next()));
  ControlReader odd;
  const Bytes spelled{0, 0, 0, 2, 0xcc, 0x01};  // 1 in two bytes
  CHECK_FALSE((odd.feed(spelled) && odd.next()));
}

}  // namespace holm::node
