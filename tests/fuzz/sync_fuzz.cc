// Messages between devices: what decodes encodes to the same bytes, and a Peer that hears any
// sequence of them answers in bounded time and never acknowledges more than it was told.
//
// Input: messages, each behind its length in two bytes (big-endian); the rest is one more message.
#include <cstddef>
#include <cstdint>
#include <map>

#include "base/ensure.h"
#include "crypto/seal.h"
#include "sync/packet.h"
#include "sync/peer.h"

using namespace holm;
using namespace holm::sync;

namespace {

constexpr int kMessagesMax = 64;
constexpr int kPollsMax = 4'096;

/// Two readable spaces without content.
class Empty final : public Shared {
 public:
  Empty() {
    one_.bytes.fill(1);
    two_.bytes.fill(2);
  }
  std::vector<SpaceId> spaces() const override { return {one_, two_}; }
  Result<Digest> digest(const SpaceId& space) const override {
    Digest out;
    out.bytes.fill(space.bytes[0]);
    return out;
  }
  Result<std::vector<crdt::Position>> positions(const SpaceId&) const override {
    return std::vector<crdt::Position>{};
  }
  Result<bool> knows(const crdt::Position& place) const override { return place.seq == 0; }
  Result<std::optional<Range>> next_range(const LogId&,
                                          const std::vector<crdt::Position>&) const override {
    return std::optional<Range>();
  }
  Result<std::vector<crdt::Position>> places(const LogId&) const override {
    return std::vector<crdt::Position>{};
  }

 private:
  SpaceId one_;
  SpaceId two_;
};

/// True when the message was taken.
bool hear(Peer& peer, const Shared& shared, ByteView bytes) {
  auto message = decode(bytes);
  if (!message) return false;
  // The packing of a delta's columns is free; what they say is not.
  const auto again = decode(encode(*message));
  ENSURE(again.has_value() && *again == *message);
  if (!std::holds_alternative<Delta>(*message)) ENSURE(encode(*message) == to_bytes(bytes));
  if (auto* summary = std::get_if<Summary>(&*message)) {
    return peer.on_summary(*summary, shared).has_value();
  }
  if (auto* vector = std::get_if<Vector>(&*message)) {
    return peer.on_vector(*vector, shared).has_value();
  }
  if (auto* locator = std::get_if<Locator>(&*message)) {
    return peer.on_locator(*locator, shared).has_value();
  }
  if (auto* ack = std::get_if<Ack>(&*message)) {
    ENSURE(!peer.on_ack(*ack));  // nothing was ever sent
    return false;
  }
  if (auto* delta = std::get_if<Delta>(&*message)) {
    (void)peer.on_delta(*delta).has_value();
    peer.on_stored(delta->space);
    peer.on_delta_durable(*delta, {}, delta->digest);
    return true;
  }
  return false;
}

/// What is in a packet comes from whoever has the key: a member, not a friend.
void open_packets(ByteView in) {
  static const auto kKey = *crypto::SecretKey32::from(Bytes(crypto::SecretKey32::kBytes, 7));
  static const auto kDevice = *crypto::KexKey::from_seed(Bytes(32, 9));
  const crypto::SecretKey32* const keys[] = {&kKey};
  const crypto::KexKey* const ours[] = {&kDevice};
  (void)open_packet(keys, in).has_value();
  (void)open_key_packet(ours, in).has_value();
  SeededRng rng(1);
  const auto empty = seal_packet(kKey, {}, {}, rng);
  ENSURE(empty.has_value());
  auto packet = Bytes(empty->begin(), empty->begin() + 24);
  append(packet, crypto::seal(kKey, packet, in, rng));
  const auto opened = open_packet(keys, packet);
  if (!opened) return;
  const auto again = seal_packet(kKey, {}, opened->records, rng);
  ENSURE(again.has_value() && open_packet(keys, *again)->records == opened->records);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  open_packets(ByteView(data, size));
  Empty shared;
  Peer peer;
  peer.refresh(shared);
  std::size_t at = 0;
  for (int i = 0; i < kMessagesMax && at < size; ++i) {
    std::size_t length = size - at;
    if (length > 2) {
      const auto stated = static_cast<std::size_t>(data[at]) << 8 | data[at + 1];
      if (stated <= length - 2) {
        at += 2;
        length = stated;
      }
    }
    (void)hear(peer, shared, ByteView(data + at, length));
    at += length;
  }
  int polls = 0;
  for (;;) {
    auto message = peer.poll(shared);
    ENSURE(message.has_value());
    if (!*message) break;
    ENSURE(!std::holds_alternative<Delta>(**message));  // there is nothing to send
    ENSURE(++polls < kPollsMax);
    // What a peer says, a peer understands.
    const auto bytes = encode(**message);
    const auto back = decode(bytes);
    ENSURE(back.has_value() && *back == **message);
  }
  (void)peer.in_sync(shared);
  return 0;
}
