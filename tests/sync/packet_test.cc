#include "sync/packet.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/support/must.h"
#include "tests/support/seeds.h"

namespace holm::sync {
namespace {

using test::must;

std::vector<Record> some_records(Rng& rng, std::size_t size) {
  std::vector<Record> out(rng.below(4) + 1);
  for (auto& record : out) {
    record.kind = static_cast<RecordKind>(1 + rng.below(3));
    record.body.resize(rng.below(size + 1));
    rng.fill(record.body);
  }
  return out;
}

std::vector<const crypto::SecretKey32*> all_of(const std::vector<crypto::SecretKey32>& keys) {
  std::vector<const crypto::SecretKey32*> out;
  for (const auto& key : keys) out.push_back(&key);
  return out;
}

}  // namespace

TEST_CASE("packet: opens with its key among many, and says which it was") {
  test::for_each_seed(50, [](test::Seed seed) {
    SeededRng rng(seed);
    std::vector<crypto::SecretKey32> keys;
    for (int i = 0; i < 10; ++i) keys.push_back(crypto::SecretKey32::make(rng));
    const auto records = some_records(rng, 5000);
    const auto mailbox = rng.id<MailboxId>();
    const auto which = rng.below(keys.size());
    const auto packet = must(seal_packet(keys[which], mailbox, records, rng));
    CHECK(must(mailbox_in(packet)) == mailbox);
    const auto opened = must(open_packet(all_of(keys), packet));
    CHECK(opened.key == which);
    CHECK(opened.records == records);
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(which));
    CHECK(open_packet(all_of(keys), packet).error().code == Code::denied);
  });
}

TEST_CASE("packet: no bit of it can be changed") {
  SeededRng rng(1);
  const auto key = crypto::SecretKey32::make(rng);
  const std::vector<const crypto::SecretKey32*> keys{&key};
  const auto packet = must(seal_packet(key, rng.id<MailboxId>(), some_records(rng, 20), rng));
  for (std::size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    auto changed = packet;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    CHECK_FALSE(open_packet(keys, changed));
  }
  for (std::size_t size = 0; size < packet.size(); ++size) {
    CHECK_FALSE(open_packet(keys, ByteView(packet).first(size)));
  }
}

TEST_CASE("packet: sizes tell little, and cost at most an eighth") {
  std::set<std::size_t> sizes;
  for (std::size_t size = 0; size < 100'000; ++size) {
    const auto padded = padded_size(size);
    CHECK(padded >= size);
    if (size > 256) CHECK(8 * padded <= 9 * size);
    CHECK(padded_size(padded) == padded);
    sizes.insert(padded);
  }
  CHECK(sizes.size() < 150);
  // What is sealed has no other size than that.
  SeededRng rng(1);
  const auto key = crypto::SecretKey32::make(rng);
  std::set<std::size_t> seen;
  for (std::size_t size = 0; size < 200; ++size) {
    const std::vector<Record> records{{RecordKind::range, Bytes(size)}};
    seen.insert(must(seal_packet(key, rng.id<MailboxId>(), records, rng)).size());
  }
  CHECK(seen == std::set<std::size_t>{8 + 16 + 72 + 256});
}

TEST_CASE("packet: a carrier sees no plaintext, and cannot tell two packets of a room from two") {
  SeededRng rng(3);
  const auto one = crypto::SecretKey32::make(rng);
  const auto other = crypto::SecretKey32::make(rng);
  const auto mailbox = rng.id<MailboxId>();
  const std::string words = "the harbour at dawn, and who will be there";
  const std::vector<Record> records{{RecordKind::range, Bytes(words.begin(), words.end())}};
  std::vector<Bytes> packets;
  for (const auto* key : {&one, &one, &other}) {
    packets.push_back(must(seal_packet(*key, mailbox, records, rng)));
    CHECK(std::search(packets.back().begin(), packets.back().end(), words.begin(),
                      words.begin() + 6) == packets.back().end());
  }
  // Beyond the mailbox no four bytes at a place are the same in any two.
  for (std::size_t a = 0; a < packets.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      REQUIRE(packets[a].size() == packets[b].size());
      for (std::size_t at = 24; at + 4 <= packets[a].size(); ++at) {
        const auto from = static_cast<std::ptrdiff_t>(at);
        CHECK_FALSE(std::equal(packets[a].begin() + from, packets[a].begin() + from + 4,
                               packets[b].begin() + from));
      }
    }
  }
}

TEST_CASE("packet: mailboxes of a team change every day, and are known with its key alone") {
  SeededRng rng(4);
  const auto key = crypto::SecretKey32::make(rng);
  const WallTime noon{std::chrono::hours(12 + 24 * 20'000)};
  const auto at_noon = mailbox_of(key, noon);
  CHECK(at_noon == mailbox_of(key, noon + std::chrono::hours(11)));
  CHECK(at_noon != mailbox_of(key, noon + std::chrono::hours(12)));
  CHECK(at_noon != mailbox_of(key, noon - std::chrono::hours(13)));
  CHECK(at_noon != mailbox_of(crypto::SecretKey32::make(rng), noon));
}

TEST_CASE(
    "key packet: everyone it is for opens it, nobody else does, and it does not say how many") {
  test::for_each_seed(10, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto key = crypto::SecretKey32::make(rng);
    const auto mailbox = rng.id<MailboxId>();
    std::vector<crypto::KexKey> devices;
    std::vector<crypto::KexPublic> to;
    for (std::size_t i = 0, count = rng.below(20); i < count; ++i) {
      devices.push_back(crypto::KexKey::make(rng));
      to.push_back(devices.back().public_key());
    }
    const auto packet = must(seal_key_packet(key, mailbox, to, rng));
    CHECK((packet.size() - 56) / 48 % 8 == 0);
    const auto stranger = crypto::KexKey::make(rng);
    for (const auto& device : devices) {
      const std::vector<const crypto::KexKey*> ours{&stranger, &device};
      CHECK(to_bytes(must(open_key_packet(ours, packet)).reveal()) == to_bytes(key.reveal()));
    }
    const std::vector<const crypto::KexKey*> theirs{&stranger};
    CHECK(open_key_packet(theirs, packet).error().code == Code::denied);
    for (const auto& one : to) {
      CHECK(std::search(packet.begin(), packet.end(), one.bytes.begin(), one.bytes.end()) ==
            packet.end());
    }
  });
}

TEST_CASE("packet: what is none is refused in words") {
  SeededRng rng(5);
  const auto key = crypto::SecretKey32::make(rng);
  const auto device = crypto::KexKey::make(rng);
  const std::vector<const crypto::SecretKey32*> keys{&key};
  const std::vector<const crypto::KexKey*> ours{&device};
  CHECK(open_packet(keys, {}).error().code == Code::reject);
  CHECK(open_key_packet(ours, {}).error().code == Code::reject);
  CHECK(mailbox_in(Bytes(100)).error().code == Code::reject);
  auto packet = must(seal_key_packet(key, rng.id<MailboxId>(), {device.public_key()}, rng));
  CHECK(open_packet(keys, packet).error().code == Code::reject);
  packet.pop_back();
  CHECK(open_key_packet(ours, packet).error().code == Code::reject);
  packet.resize(56 + 48 * (kPacketBoxesMax + 1));
  CHECK(open_key_packet(ours, packet).error().code == Code::limit);
  // An ephemeral key of low order.
  std::fill(packet.begin() + 24, packet.begin() + 56, std::uint8_t{0});
  packet.resize(56 + 48);
  CHECK(open_key_packet(ours, packet).error().code == Code::reject);
  const std::vector<Record> large{{RecordKind::piece, Bytes(kPacketBytesMax)}};
  CHECK(seal_packet(key, rng.id<MailboxId>(), large, rng).error().code == Code::limit);
}

}  // namespace holm::sync
