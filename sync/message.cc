#include "sync/message.h"

#include <algorithm>
#include <array>

#include "base/wire.h"
#include "crdt/columns.h"

namespace holm::sync {
namespace {

constexpr std::size_t kLabelMax = 400;  // as in a device certificate

enum class Tag : std::uint64_t {
  summary = 1,
  vector = 2,
  delta = 3,
  ack = 4,
  join_request = 5,
  admitted = 6,
  refused = 7,
  locator = 8,
  device_request = 9,
  recover_request = 10,
  recoverable = 11,
};

template <class T>
Status sorted_unique(const std::vector<T>& items) {
  if (std::adjacent_find(items.begin(), items.end(),
                         [](const T& a, const T& b) { return !(a < b); }) != items.end()) {
    return fail(Code::reject, "a list is out of order");
  }
  return {};
}

void put(Writer& out, const Summary& message) {
  out.array(2).uint(static_cast<std::uint64_t>(Tag::summary)).array(message.spaces.size());
  for (const auto& space : message.spaces) out.array(2).id(space.space).id(space.digest);
}

void put(Writer& out, const Vector& message) {
  out.array(3).uint(static_cast<std::uint64_t>(Tag::vector)).id(message.space);
  out.array(message.logs.size());
  for (const auto& log : message.logs) out.array(3).id(log.log).uint(log.seq).id(log.hash);
}

Bytes packed(const Range& range) {
  if (!range.packed.empty()) return range.packed;
  return range.base ? crdt::encode_columns(range.changes, *range.base)
                    : crdt::encode_columns(range.changes);
}

void put(Writer& out, const Delta& message) {
  out.array(5).uint(static_cast<std::uint64_t>(Tag::delta)).id(message.space);
  out.uint(message.serial).id(message.digest).array(message.ranges.size());
  for (const auto& range : message.ranges) {
    out.array(3).bytes(packed(range)).bytes(crdt::encode(range.head));
    out.bytes(range.before ? ByteView(range.before->view()) : ByteView());
  }
}

void put(Writer& out, const Ack& message) {
  out.array(5).uint(static_cast<std::uint64_t>(Tag::ack)).id(message.space);
  out.uint(message.serial).id(message.digest).array(message.have.size());
  for (const auto& have : message.have) out.array(2).id(have.log).uint(have.seq);
}

void put(Writer& out, const JoinRequest& message) {
  out.array(4).uint(static_cast<std::uint64_t>(Tag::join_request)).text(message.name);
  out.bytes(message.certificate).bytes(message.proof);
}

void put(Writer& out, const Admitted& message) {
  out.array(4).uint(static_cast<std::uint64_t>(Tag::admitted)).id(message.team);
  out.id(message.device).sint(message.at.time_since_epoch().count());
}

void put(Writer& out, const DeviceRequest& message) {
  out.array(4).uint(static_cast<std::uint64_t>(Tag::device_request)).id(message.signing);
  out.text(message.label).id(message.possession);
}

void put(Writer& out, const RecoverRequest& message) {
  out.array(2).uint(static_cast<std::uint64_t>(Tag::recover_request)).id(message.proof);
}

void put(Writer& out, const Recoverable& message) {
  out.array(2).uint(static_cast<std::uint64_t>(Tag::recoverable)).array(message.teams.size());
  for (const auto& team : message.teams) out.id(team);
}

void put(Writer& out, const Refused& message) {
  out.array(3).uint(static_cast<std::uint64_t>(Tag::refused));
  out.uint(static_cast<std::uint64_t>(message.code)).text(message.why);
}

void put(Writer& out, const Locator& message) {
  out.array(4).uint(static_cast<std::uint64_t>(Tag::locator)).id(message.space).id(message.log);
  out.array(message.places.size());
  for (const auto& place : message.places) out.array(2).uint(place.seq).id(place.hash);
}

Result<std::size_t> count(Reader& in, std::size_t max) {
  const auto items = TRY(in.array());
  if (items > max) return fail(Code::limit, "a message lists more than is accepted");
  return items;
}

Result<Message> read_summary(Reader& in, const MessageLimits& limits) {
  Summary out;
  const auto spaces = TRY(count(in, limits.spaces_max));
  for (std::size_t i = 0; i < spaces; ++i) {
    TRY(in.array(2));
    Summary::Space space;
    space.space = TRY(in.id<SpaceId>());
    space.digest = TRY(in.id<Digest>());
    out.spaces.push_back(space);
  }
  TRY(sorted_unique(out.spaces));
  return Message(std::move(out));
}

Result<Message> read_vector(Reader& in, const MessageLimits& limits) {
  Vector out;
  out.space = TRY(in.id<SpaceId>());
  const auto logs = TRY(count(in, limits.logs_max));
  for (std::size_t i = 0; i < logs; ++i) {
    TRY(in.array(3));
    crdt::Position position;
    position.log = TRY(in.id<LogId>());
    position.seq = TRY(in.uint());
    position.hash = TRY(in.id<Digest>());
    out.logs.push_back(position);
  }
  TRY(sorted_unique(out.logs));
  return Message(std::move(out));
}

Status check_end(const Range& range) {
  if (range.changes.empty() || range.head.log != range.changes.front().log ||
      range.head.seq != range.changes.back().last_seq()) {
    return fail(Code::reject, "a range does not end at its head");
  }
  return {};
}

Result<Message> read_delta(Reader& in, const MessageLimits& limits) {
  Delta out;
  out.space = TRY(in.id<SpaceId>());
  out.serial = TRY(in.uint());
  out.digest = TRY(in.id<Digest>());
  const auto ranges = TRY(count(in, limits.ranges_max));
  std::size_t expanded = 0;
  for (std::size_t i = 0; i < ranges; ++i) {
    TRY(in.array(3));
    Range range;
    const auto columns = TRY(in.bytes());
    range.head = TRY(crdt::decode_head(TRY(in.bytes())));
    if (const auto before = TRY(in.bytes()); !before.empty()) {
      range.before = ShortHash::from(before);
      if (!range.before) return fail(Code::reject, "a range goes on from no hash");
    }
    if (crdt::based_at(columns)) {
      range.packed = to_bytes(columns);  // by whoever knows the base
    } else {
      range.changes = TRY(crdt::decode_columns(columns));
      TRY(check_end(range));
    }
    expanded += expanded_size(range);
    if (expanded > limits.expanded_max) return fail(Code::limit, "a delta expands too far");
    out.ranges.push_back(std::move(range));
  }
  return Message(std::move(out));
}

Result<Message> read_ack(Reader& in, const MessageLimits& limits) {
  Ack out;
  out.space = TRY(in.id<SpaceId>());
  out.serial = TRY(in.uint());
  out.digest = TRY(in.id<Digest>());
  const auto logs = TRY(count(in, limits.logs_max));
  for (std::size_t i = 0; i < logs; ++i) {
    TRY(in.array(2));
    Ack::Have have;
    have.log = TRY(in.id<LogId>());
    have.seq = TRY(in.uint());
    out.have.push_back(have);
  }
  TRY(sorted_unique(out.have));
  return Message(std::move(out));
}

Result<Message> read_locator(Reader& in, const MessageLimits& limits) {
  Locator out;
  out.space = TRY(in.id<SpaceId>());
  out.log = TRY(in.id<LogId>());
  const auto places = TRY(count(in, limits.places_max));
  for (std::size_t i = 0; i < places; ++i) {
    TRY(in.array(2));
    crdt::Position place;
    place.log = out.log;
    place.seq = TRY(in.uint());
    place.hash = TRY(in.id<Digest>());
    out.places.push_back(place);
  }
  TRY(sorted_unique(out.places));
  return Message(std::move(out));
}

Result<Message> read_join_request(Reader& in) {
  JoinRequest out;
  out.name = std::string(TRY(in.text()));
  out.certificate = to_bytes(TRY(in.bytes()));
  out.proof = to_bytes(TRY(in.bytes()));
  if (out.name.size() + out.certificate.size() + out.proof.size() > 4096) {
    return fail(Code::limit, "a join request is too long");
  }
  return Message(std::move(out));
}

Result<Message> read_admitted(Reader& in) {
  Admitted out;
  out.team = TRY(in.id<TeamId>());
  out.device = TRY(in.id<DeviceId>());
  out.at = WallTime{Millis{TRY(in.sint())}};
  return Message(out);
}

Result<Message> read_device_request(Reader& in) {
  DeviceRequest out;
  out.signing = TRY(in.id<crypto::VerifyKey>());
  out.label = std::string(TRY(in.text()));
  if (out.label.size() > kLabelMax) return fail(Code::limit, "a device's label is too long");
  out.possession = TRY(in.id<crypto::Signature>());
  return Message(std::move(out));
}

Result<Message> read_recoverable(Reader& in, const MessageLimits& limits) {
  Recoverable out;
  const auto teams = TRY(count(in, limits.teams_max));
  for (std::size_t i = 0; i < teams; ++i) out.teams.push_back(TRY(in.id<TeamId>()));
  TRY(sorted_unique(out.teams));
  return Message(std::move(out));
}

Result<Message> read_refused(Reader& in) {
  Refused out;
  out.code = static_cast<Code>(TRY(in.uint(static_cast<std::uint64_t>(Code::retry))));
  out.why = std::string(TRY(in.text()));
  return Message(std::move(out));
}

}  // namespace

Status unpack(Range& range, const crdt::ColumnBase& base) {
  range.changes = TRY(crdt::decode_columns(range.packed, base));
  range.packed.clear();
  return check_end(range);
}

std::size_t expanded_size(const Range& range) {
  std::size_t out = range.packed.size();
  for (const auto& change : range.changes) {
    for (const auto& op : change.ops) out += op.content.size() + sizeof(crdt::Op);
  }
  return out;
}

Bytes encode(const Message& message) {
  Writer out;
  std::visit([&](const auto& body) { put(out, body); }, message);
  return out.take();
}

Result<Message> decode(ByteView bytes, const MessageLimits& limits) {
  auto in = TRY(Reader::open(
      bytes, {.bytes_max = limits.bytes_max, .items_max = limits.logs_max, .depth_max = 4}));
  const auto fields = TRY(in.array());
  if (fields < 2) return fail(Code::reject, "a message is too short");
  const auto tag = TRY(in.uint());
  constexpr std::array<std::size_t, 12> kFields = {0, 2, 3, 5, 5, 4, 4, 3, 4, 4, 2, 2};  // by tag
  if (tag < kFields.size() && tag > 0 && fields != kFields[tag]) {
    return fail(Code::reject, "a message has another number of fields");
  }
  const auto read = [&]() -> Result<Message> {
    switch (static_cast<Tag>(tag)) {
      case Tag::summary: return read_summary(in, limits);
      case Tag::vector: return read_vector(in, limits);
      case Tag::delta: return read_delta(in, limits);
      case Tag::ack: return read_ack(in, limits);
      case Tag::join_request: return read_join_request(in);
      case Tag::admitted: return read_admitted(in);
      case Tag::refused: return read_refused(in);
      case Tag::locator: return read_locator(in, limits);
      case Tag::device_request: return read_device_request(in);
      case Tag::recover_request: return Message(RecoverRequest{TRY(in.id<crypto::Signature>())});
      case Tag::recoverable: return read_recoverable(in, limits);
    }
    return fail(Code::unsupported, "a message of a kind this version does not know");
  };
  auto message = TRY(read());
  TRY(in.end());
  return message;
}

}  // namespace holm::sync
