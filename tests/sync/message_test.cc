#include "sync/message.h"

#include <doctest/doctest.h>

#include "base/wire.h"
#include "tests/support/doc_hex.h"
#include "tests/sync/naive_shared.h"

namespace holm::sync {
namespace {

std::vector<Message> samples() {
  NaiveShared shared;
  const auto space = id_of<SpaceId>(2);
  for (int i = 0; i < 3; ++i) shared.write(space, id_of<LogId>(7));
  Delta delta{.space = space, .serial = 9, .digest = id_of<Digest>(5), .ranges = {}};
  for (std::uint64_t seq = 0; seq < 3; ++seq) {
    delta.ranges.push_back(**shared.next_range(id_of<LogId>(7), {{id_of<LogId>(7), seq, {}}}));
  }
  return {
      Summary{{{id_of<SpaceId>(1), id_of<Digest>(9)}, {space, id_of<Digest>(8)}}},
      Summary{},
      Vector{space, {{id_of<LogId>(1), 4, id_of<Digest>(3)}, {id_of<LogId>(2), 1, {}}}},
      delta,
      Delta{.space = space, .serial = 0, .digest = {}, .ranges = {}},
      Locator{space, id_of<LogId>(7), {{id_of<LogId>(7), 0, {}}, {id_of<LogId>(7), 3, {}}}},
      Ack{space, 9, id_of<Digest>(6), {{id_of<LogId>(7), 3}}},
      JoinRequest{"Zoë", to_bytes("certificate"), to_bytes("proof")},
      Admitted{id_of<TeamId>(4), id_of<DeviceId>(5), WallTime{Millis{-7}}},
      DeviceRequest{id_of<crypto::VerifyKey>(6), "Ana's phone", id_of<crypto::Signature>(7)},
      RecoverRequest{id_of<crypto::Signature>(8)},
      Recoverable{{id_of<TeamId>(1), id_of<TeamId>(2)}},
      Recoverable{},
      Refused{Code::denied, "that invite is used up"},
  };
}

TEST_CASE("message: each kind comes back as it was sent") {
  for (const auto& message : samples()) {
    const auto bytes = encode(message);
    const auto back = decode(bytes);
    REQUIRE_MESSAGE(back.has_value(), back.error().text());
    CHECK(*back == message);
    CHECK(encode(*back) == bytes);
  }
}

TEST_CASE("message: one cut short or with something behind it is refused") {
  for (const auto& message : samples()) {
    auto bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode(ByteView(bytes.data(), size)).has_value());
    }
    bytes.push_back(0xc0);
    CHECK_FALSE(decode(bytes).has_value());
  }
}

TEST_CASE("message: every message has one spelling") {
  for (const auto& message : samples()) {
    const auto bytes = encode(message);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        auto changed = bytes;
        changed[at] = static_cast<std::uint8_t>(changed[at] ^ flip);
        const auto read = decode(changed);
        if (!read) continue;
        // Columns may be packed in other ways; what is signed is the changes, not their packing.
        if (std::holds_alternative<Delta>(*read)) {
          const auto again = decode(encode(*read));
          REQUIRE(again.has_value());
          CHECK(*again == *read);
        } else {
          CHECK(encode(*read) == changed);
        }
      }
    }
  }
}

TEST_CASE("message: lists out of order and lists too long are refused") {
  Vector vector{id_of<SpaceId>(2), {{id_of<LogId>(2), 1, {}}, {id_of<LogId>(1), 4, {}}}};
  CHECK_FALSE(decode(encode(vector)).has_value());
  vector.logs = {{id_of<LogId>(1), 1, {}}, {id_of<LogId>(1), 1, {}}};
  CHECK_FALSE(decode(encode(vector)).has_value());
  Summary many;
  for (unsigned n = 0; n < 10; ++n) many.spaces.push_back({id_of<SpaceId>(n), {}});
  CHECK(decode(encode(many), {.spaces_max = 10}).has_value());
  const auto refused = decode(encode(many), {.spaces_max = 9});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::limit);
}

TEST_CASE("message: a kind of a newer version is told apart from nonsense") {
  const auto newer = Writer().array(2).uint(99).text("?").take();
  const auto read = decode(newer);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Code::unsupported);
}

TEST_CASE("message: the examples of the format page say what the page says") {
  const auto example = [](std::string_view name) {
    const auto bytes = test::doc_hex("sync.md", name);
    auto message = decode(bytes);
    REQUIRE_MESSAGE(message.has_value(), name);
    CHECK(encode(*message) == bytes);
    return std::move(*message);
  };
  SpaceId space;
  space.bytes.fill(0x55);
  LogId log;
  log.bytes.fill(0xaa);
  const auto summary = std::get<Summary>(example("summary"));
  const auto nothing = std::get<Summary>(example("summary of nothing"));
  const auto vector = std::get<Vector>(example("vector of nothing"));
  const auto delta = std::get<Delta>(example("delta"));
  const auto ack = std::get<Ack>(example("ack"));
  CHECK(std::get<Refused>(example("refused")) == Refused{Code::denied, "the invite has expired"});
  REQUIRE(summary.spaces.size() == 1);
  REQUIRE(nothing.spaces.size() == 1);
  CHECK(nothing.spaces[0].digest == crdt::space_digest({}));
  CHECK(vector == Vector{space, {}});
  REQUIRE(delta.ranges.size() == 1);
  const auto& head = delta.ranges[0].head;
  CHECK(delta.space == space);
  CHECK(head.log == log);
  CHECK(delta.digest == crdt::space_digest({{head.log, head.seq, head.hash}}));
  CHECK(summary.spaces[0].digest == delta.digest);
  CHECK(ack == Ack{space, delta.serial, delta.digest, {{log, head.seq}}});
}

}  // namespace
}  // namespace holm::sync
