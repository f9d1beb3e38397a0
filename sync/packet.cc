#include "sync/packet.h"

#include <algorithm>
#include <bit>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace holm::sync {
namespace {

constexpr std::string_view kMagic = "HOLMPKT1";
constexpr std::string_view kKeyMagic = "HOLMKEY1";
constexpr std::size_t kHeadBytes = 8 + MailboxId::kBytes;
constexpr std::size_t kSmallest = 256;
constexpr std::uint8_t kEnd = 0x80;  // ISO/IEC 7816-4: what follows it is padding
constexpr std::size_t kBoxesStep = 8;

Bytes head(std::string_view magic, const MailboxId& mailbox) {
  Bytes out(magic.begin(), magic.end());
  append(out, mailbox.view());
  return out;
}

bool begins(ByteView packet, std::string_view magic) {
  return packet.size() >= kHeadBytes && std::equal(magic.begin(), magic.end(), packet.begin());
}

/// What a key in a key packet is bound to.
Bytes context_of(const MailboxId& mailbox) { return head(kKeyMagic, mailbox); }

bool is_known(std::uint64_t kind) {
  return kind >= static_cast<std::uint64_t>(RecordKind::range) &&
         kind <= static_cast<std::uint64_t>(RecordKind::piece);
}

}  // namespace

MailboxId mailbox_of(const crypto::SecretKey32& network, WallTime day) {
  const auto days = std::chrono::floor<std::chrono::days>(day).time_since_epoch().count();
  const auto key = network.derive("holm mailbox v1", Writer().sint(days).take());
  return *MailboxId::from(key.reveal().first(MailboxId::kBytes));
}

std::size_t padded_size(std::size_t size) {
  if (size <= kSmallest) return kSmallest;
  const auto exponent = static_cast<unsigned>(std::bit_width(size)) - 1;
  const auto kept = static_cast<unsigned>(std::bit_width(exponent));
  const auto mask = (std::size_t{1} << (exponent - kept)) - 1;
  return (size + mask) & ~mask;
}

Result<Bytes> seal_packet(const crypto::SecretKey32& key, const MailboxId& mailbox,
                          const std::vector<Record>& records, Rng& rng) {
  if (records.size() > kPacketRecordsMax) {
    return fail(Code::limit, "a packet holds too many records");
  }
  Writer out;
  out.array(2 * records.size());
  for (const auto& record : records) {
    out.uint(static_cast<std::uint64_t>(record.kind)).bytes(record.body);
  }
  auto plain = out.take();
  plain.push_back(kEnd);
  plain.resize(padded_size(plain.size()), 0);
  if (kHeadBytes + plain.size() + crypto::kSealOverhead > kPacketBytesMax) {
    return fail(Code::limit, "a packet is too large");
  }
  auto packet = head(kMagic, mailbox);
  append(packet, crypto::seal(key, packet, plain, rng));
  return packet;
}

Result<Opened> open_packet(std::span<const crypto::SecretKey32* const> keys, ByteView packet) {
  if (!begins(packet, kMagic)) return fail(Code::reject, "that is no packet");
  if (packet.size() > kPacketBytesMax) return fail(Code::limit, "a packet is too large");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto plain = crypto::open(*keys[i], packet.first(kHeadBytes), packet.subspan(kHeadBytes));
    if (!plain && plain.error().code == Code::denied) continue;
    if (!plain) return fail(std::move(plain).error());
    const auto end =
        std::find_if(plain->rbegin(), plain->rend(), [](std::uint8_t byte) { return byte != 0; });
    if (end == plain->rend() || *end != kEnd) return fail(Code::reject, "a packet is malformed");
    plain->resize(static_cast<std::size_t>(plain->rend() - end) - 1);
    auto in = TRY(Reader::open(
        *plain,
        {.bytes_max = kPacketBytesMax, .items_max = 2 * kPacketRecordsMax, .depth_max = 2}));
    const auto count = TRY(in.array());
    if (count % 2 != 0) return fail(Code::reject, "a packet is malformed");
    Opened out{.key = i, .records = {}};
    for (std::size_t at = 0; at < count; at += 2) {
      const auto kind = TRY(in.uint());
      const auto body = TRY(in.bytes());
      if (is_known(kind)) out.records.push_back({static_cast<RecordKind>(kind), to_bytes(body)});
    }
    TRY(in.end());
    return out;
  }
  return fail(Code::denied, "a packet opens with none of the keys here");
}

Result<MailboxId> mailbox_in(ByteView packet) {
  if (!begins(packet, kMagic) && !begins(packet, kKeyMagic)) {
    return fail(Code::reject, "that is no packet");
  }
  return *MailboxId::from(packet.subspan(kMagic.size(), MailboxId::kBytes));
}

Result<Bytes> seal_key_packet(const crypto::SecretKey32& key, const MailboxId& mailbox,
                              const std::vector<crypto::KexPublic>& to, Rng& rng) {
  if (to.size() > kPacketBoxesMax) return fail(Code::limit, "a key goes to too many devices");
  const auto ephemeral = crypto::KexKey::make(rng);
  std::vector<crypto::KeyBox> boxes;
  for (const auto& recipient : to) {
    const auto box = crypto::box_key(ephemeral, recipient, context_of(mailbox), key);
    if (box) boxes.push_back(*box);
  }
  const auto count = std::max<std::size_t>((boxes.size() + kBoxesStep - 1) / kBoxesStep, 1);
  while (boxes.size() < count * kBoxesStep) boxes.push_back(rng.id<crypto::KeyBox>());
  for (auto i = boxes.size(); i > 1; --i) std::swap(boxes[i - 1], boxes[rng.below(i)]);
  auto packet = head(kKeyMagic, mailbox);
  append(packet, ephemeral.public_key().view());
  for (const auto& box : boxes) append(packet, box.view());
  return packet;
}

Result<crypto::SecretKey32> open_key_packet(std::span<const crypto::KexKey* const> ours,
                                            ByteView packet) {
  if (!begins(packet, kKeyMagic) || packet.size() < kHeadBytes + crypto::KexPublic::kBytes) {
    return fail(Code::reject, "that is no key packet");
  }
  const auto ephemeral =
      *crypto::KexPublic::from(packet.subspan(kHeadBytes, crypto::KexPublic::kBytes));
  const auto boxes = packet.subspan(kHeadBytes + crypto::KexPublic::kBytes);
  if (boxes.size() % crypto::KeyBox::kBytes != 0) {
    return fail(Code::reject, "a key packet is malformed");
  }
  if (boxes.size() / crypto::KeyBox::kBytes > kPacketBoxesMax) {
    return fail(Code::limit, "a key packet has too many boxes");
  }
  const auto mailbox = TRY(mailbox_in(packet));
  for (const auto* key : ours) {
    for (std::size_t at = 0; at < boxes.size(); at += crypto::KeyBox::kBytes) {
      const auto box = *crypto::KeyBox::from(boxes.subspan(at, crypto::KeyBox::kBytes));
      auto opened = crypto::unbox_key(*key, ephemeral, context_of(mailbox), box);
      if (opened) return std::move(*opened);
      if (opened.error().code == Code::reject) return fail(std::move(opened).error());
    }
  }
  return fail(Code::denied, "no key in the packet is for this device");
}

}  // namespace holm::sync
