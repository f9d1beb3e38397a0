// The machine in one table; everything not listed ends the session.
//
//   state    waits for                then
//   opening  MAC and message 1        reads it, sends message 2            -> proof
//   reply    message 2                sends message 3, says Established    -> live
//   proof    message 3                says Established                     -> live
//   live     frames
//
// Until live, a failure is silent: whoever is there has not proven to hold a key. In live, what
// fails to decrypt is silent too, since nothing says that it came from the peer.
#include "net/session.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"

namespace holm::net {
namespace {

constexpr std::string_view kProtocol = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b";
constexpr std::size_t kKeyBytes = 32;
/// Message 1: e, and the tag over its empty payload.
constexpr std::size_t kMessage1Bytes = kKeyBytes + crypto::kNoiseTag;
constexpr std::size_t kOpeningBytes = kOpeningMacBytes + kMessage1Bytes;
/// Message 2 beyond its payload: e, s with its tag, the payload's tag. Message 3 has no e.
constexpr std::size_t kMessage2FixedBytes = 2 * kKeyBytes + 2 * crypto::kNoiseTag;
constexpr std::size_t kHelloHeadBytes = 8;
/// What a queued message costs beyond its content, so that empty ones are bounded too.
constexpr std::size_t kMessageOverheadBytes = 64;
/// A key protects no more than this; a peer that goes on is cut off.
constexpr std::uint64_t kRekeyFramesMax = 1u << 16;

Ephemeral ephemeral_of(ByteView message1) { return *Ephemeral::from(message1.first(kKeyBytes)); }

std::string words(VersionRange versions) {
  if (versions.min == versions.max) return "version " + std::to_string(versions.min);
  return "versions " + std::to_string(versions.min) + " to " + std::to_string(versions.max);
}

void check(const SessionConfig& config) {
  const auto& limits = config.limits;
  ENSURE(config.versions.min <= config.versions.max);
  ENSURE(limits.queue_bytes_max >= limits.message_bytes_max + kMessageOverheadBytes);
  ENSURE(limits.rekey_frames >= 2 && limits.rekey_frames <= kRekeyFramesMax);
  ENSURE(limits.write_ahead_bytes > 0);
  ENSURE(padded_size(kHelloHeadBytes + limits.payload_bytes_max) + kMessage2FixedBytes <=
         crypto::kNoiseMessageMax);
}

std::size_t size_of(const Output& output) {
  if (const auto* send = std::get_if<Send>(&output)) return send->bytes.size();
  if (const auto* received = std::get_if<Received>(&output)) return received->message.size();
  if (const auto* established = std::get_if<Established>(&output)) {
    return established->payload.size();
  }
  return 0;
}

}  // namespace

/// What the application says during the handshake, with our versions before it.
struct Session::Hello {
  VersionRange versions;
  Bytes payload;

  Bytes encode() const {
    Bytes out;
    const auto append_be = [&out](std::size_t number, int byte_count) {
      for (int i = byte_count - 1; i >= 0; --i) {
        out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
      }
    };
    append_be(versions.min, 2);
    append_be(versions.max, 2);
    append_be(payload.size(), 4);
    append(out, payload);
    out.resize(padded_size(out.size()));
    return out;
  }

  static Result<Hello> decode(ByteView in) {
    if (in.size() < kHelloHeadBytes) return fail(Code::reject, "a handshake payload is cut short");
    const auto read_be = [&in](std::size_t at, std::size_t byte_count) {
      std::size_t number = 0;
      for (auto byte : in.subspan(at, byte_count)) number = number << 8 | byte;
      return number;
    };
    Hello out;
    out.versions.min = static_cast<std::uint16_t>(read_be(0, 2));
    out.versions.max = static_cast<std::uint16_t>(read_be(2, 2));
    const auto payload_bytes = read_be(4, 4);
    if (payload_bytes > in.size() - kHelloHeadBytes ||
        in.size() != padded_size(kHelloHeadBytes + payload_bytes)) {
      return fail(Code::reject, "the length of a handshake payload does not fit its size");
    }
    const auto padding = in.subspan(kHelloHeadBytes + payload_bytes);
    if (std::any_of(padding.begin(), padding.end(), [](auto byte) { return byte != 0; })) {
      return fail(Code::reject, "the padding of a handshake payload is not zero");
    }
    if (out.versions.min > out.versions.max) {
      return fail(Code::reject, "a handshake payload names no protocol version");
    }
    out.payload = to_bytes(in.subspan(kHelloHeadBytes, payload_bytes));
    return out;
  }
};

struct Session::Responder {
  const crypto::KexKey& static_key;
  const PskRing& ring;
  ReplayGuard& guard;
};

struct Session::Channel {
  crypto::TransportKeys keys;
  std::uint64_t sent_frames = 0;      // under the present key
  std::uint64_t received_frames = 0;  // under the present key
  Time send_key_since;
};

Session::Session(SessionConfig config, State state, Rng& rng, Time now)
    : config_(std::move(config)),
      state_(state),
      rng_(rng),
      now_(now),
      started_(now),
      last_heard_(now),
      last_ping_(now),
      reader_(kMessage2FixedBytes +
              padded_size(kHelloHeadBytes + config_.limits.payload_bytes_max)) {
  check(config_);
}

Session::~Session() = default;

std::unique_ptr<Session> Session::dial(SessionConfig config, const crypto::KexKey& static_key,
                                       const Knock& knock, Rng& rng, Time now) {
  std::unique_ptr<Session> session(new Session(std::move(config), State::reply, rng, now));
  ENSURE(knock.payload.size() <= session->config_.limits.payload_bytes_max);
  session->tag_ = knock.tag;
  session->payload_ = knock.payload;
  auto handshake = crypto::HandshakeState::start({.protocol = kProtocol,
                                                  .role = crypto::Role::initiator,
                                                  .prologue = session->config_.prologue,
                                                  .static_key = &static_key,
                                                  .remote_static = {},
                                                  .psks = {&knock.psk}},
                                                 rng);
  ENSURE(handshake.has_value());  // the protocol is a constant and all its keys are here
  auto message1 = handshake->write_message({});
  ENSURE(message1.has_value() && message1->size() == kMessage1Bytes);
  session->handshake_.emplace(std::move(*handshake));

  Bytes opening;
  append(opening, opening_mac(knock.psk, ephemeral_of(*message1)));
  append(opening, *message1);
  session->push(Send{std::move(opening)});
  return session;
}

std::unique_ptr<Session> Session::accept(SessionConfig config, const crypto::KexKey& static_key,
                                         const PskRing& ring, ReplayGuard& guard, Rng& rng,
                                         Time now) {
  std::unique_ptr<Session> session(new Session(std::move(config), State::opening, rng, now));
  session->responder_ = std::make_unique<Responder>(
      Responder{.static_key = static_key, .ring = ring, .guard = guard});
  return session;
}

// In.

void Session::on_bytes(ByteView in, Time now) {
  now_ = now;
  if (in.empty()) return;
  last_heard_ = now;
  while (!in.empty() && !is_closed()) {
    if (state_ == State::opening) {
      read_opening(in);
      continue;
    }
    auto body = reader_.next(in);
    if (!body) return abort(std::move(body).error());
    if (!*body) return;
    if (auto done = step(**body); !done) return abort(std::move(done).error());
  }
}

void Session::read_opening(ByteView& in) {
  const auto taken = std::min(kOpeningBytes - opening_.size(), in.size());
  append(opening_, in.first(taken));
  in = in.subspan(taken);
  if (opening_.size() < kOpeningBytes) return;
  if (auto done = on_opening(); !done) abort(std::move(done).error());
}

Status Session::step(ByteView body) {
  switch (state_) {
    case State::reply: return on_reply(body);
    case State::proof: return on_proof(body);
    case State::live: return on_frame(body);
    case State::opening:
    case State::closed: break;
  }
  ENSURE(false && "bodies are read in these three states only");
  return {};
}

Status Session::on_opening() {
  const ByteView message1 = ByteView(opening_).subspan(kOpeningMacBytes);
  OpeningMac mac;
  std::copy_n(opening_.begin(), mac.size(), mac.begin());
  const auto ephemeral = ephemeral_of(message1);
  const auto* key = responder_->ring.match(ephemeral, mac);
  if (key == nullptr) return fail(Code::reject, "a caller holds none of our keys");

  handshake_.emplace(TRY(crypto::HandshakeState::start({.protocol = kProtocol,
                                                        .role = crypto::Role::responder,
                                                        .prologue = config_.prologue,
                                                        .static_key = &responder_->static_key,
                                                        .remote_static = {},
                                                        .psks = {&key->psk}},
                                                       rng_)));
  TRY(handshake_->read_message(message1));
  if (!responder_->guard.first_time(ephemeral)) {
    return fail(Code::reject, "a caller repeats an opening seen before");
  }
  ENSURE(key->payload.size() <= config_.limits.payload_bytes_max);
  tag_ = key->tag;
  const Hello hello{.versions = config_.versions, .payload = key->payload};
  push(Send{frame_bytes(TRY(handshake_->write_message(hello.encode())))});
  responder_.reset();
  opening_ = {};
  state_ = State::proof;
  return {};
}

Status Session::on_reply(ByteView body) {
  const auto plain = TRY(handshake_->read_message(body));
  const auto theirs = TRY(Hello::decode(plain));
  const auto version = agree(theirs.versions);
  Hello ours{.versions = config_.versions, .payload = {}};
  // To a side we share no version with we say no more than that.
  if (version) ours.payload = std::exchange(payload_, {});
  push(Send{frame_bytes(TRY(handshake_->write_message(ours.encode())))});
  return establish(theirs, version);
}

Status Session::on_proof(ByteView body) {
  const auto plain = TRY(handshake_->read_message(body));
  const auto theirs = TRY(Hello::decode(plain));
  return establish(theirs, agree(theirs.versions));
}

Result<std::uint16_t> Session::agree(VersionRange theirs) const {
  const auto& ours = config_.versions;
  const auto highest = std::min(ours.max, theirs.max);
  if (highest >= std::max(ours.min, theirs.min)) return highest;
  return fail(Code::unsupported,
              "this side speaks protocol " + words(ours) + ", the other " + words(theirs),
              "nothing was exchanged", "update the older of the two programs");
}

Status Session::establish(const Hello& theirs, Result<std::uint16_t> version) {
  Established news{.remote = *handshake_->remote_static(),
                   .tag = tag_,
                   .handshake_hash = handshake_->handshake_hash(),
                   .version = 0,
                   .payload = theirs.payload};
  channel_ =
      std::make_unique<Channel>(Channel{.keys = TRY(handshake_->split()), .send_key_since = now_});
  handshake_.reset();
  reader_.set_body_bytes_max(kFrameBodyBytesMax);
  state_ = State::live;
  if (!version) return fail(std::move(version).error());
  news.version = *version;
  push(std::move(news));
  return {};
}

Status Session::on_frame(ByteView body) {
  auto plain = channel_->keys.receive.decrypt({}, body);
  if (!plain) {
    end(std::move(plain).error(), {});
    return {};
  }
  if (++channel_->received_frames > kRekeyFramesMax) {
    return fail(Code::reject, "the peer did not renew its key in time");
  }
  auto frame = TRY(decode_frame(*plain));
  switch (frame.kind) {
    case FrameKind::data_more:
    case FrameKind::data_last: return on_piece(std::move(frame));
    case FrameKind::ping: owes_pong_ = true; return {};
    case FrameKind::pong: return {};  // it was heard, which is all that counts
    case FrameKind::goodbye: {
      auto goodbye = TRY(decode_goodbye(frame.payload));
      auto what = std::string("the peer closed the connection");
      if (!goodbye.text.empty()) what += ": " + goodbye.text;
      Error why{code_of(goodbye.reason), std::move(what), {}, {}};
      end(std::move(why), std::move(goodbye));
      return {};
    }
    case FrameKind::rekey:
      channel_->keys.receive.rekey();
      channel_->received_frames = 0;
      return {};
  }
  return {};
}

Status Session::on_piece(Frame frame) {
  const auto bytes_max = config_.limits.message_bytes_max;
  if (frame.payload.size() > bytes_max - partial_.size()) {
    return fail(Code::limit, "the peer sent a message of over " + std::to_string(bytes_max) +
                                 " bytes, which is the limit");
  }
  if (frame.kind == FrameKind::data_more) {
    // An empty piece that is not the last would let a peer talk for ever without saying anything.
    if (frame.payload.empty()) return fail(Code::reject, "the peer sent an empty piece");
    append(partial_, frame.payload);
    return {};
  }
  Received received{std::exchange(partial_, {})};
  if (received.message.empty()) {
    received.message = std::move(frame.payload);
  } else {
    append(received.message, frame.payload);
  }
  push(std::move(received));
  return {};
}

// Out.

Status Session::send(Bytes message, Time now) {
  now_ = now;
  if (state_ != State::live) return fail(Code::failed, "there is no session with this peer");
  const auto& limits = config_.limits;
  if (message.size() > limits.message_bytes_max) {
    return fail(Code::limit, "a message of " + std::to_string(message.size()) + " bytes; at most " +
                                 std::to_string(limits.message_bytes_max) + " can be sent at once");
  }
  const auto cost = message.size() + kMessageOverheadBytes;
  if (cost > limits.queue_bytes_max - queued_bytes_) {
    return fail(Code::limit, "too much is waiting to be sent to this peer");
  }
  queued_bytes_ += cost;
  queue_.push_back(std::move(message));
  return {};
}

void Session::on_drained(Time now) {
  now_ = now;
  ahead_bytes_ = 0;
}

std::optional<Output> Session::poll() {
  if (!outputs_.empty()) {
    auto output = std::move(outputs_.front());
    outputs_.pop_front();
    outputs_bytes_ -= size_of(output);
    return output;
  }
  if (state_ != State::live) return std::nullopt;
  auto bytes = next_frame();
  if (!bytes) return std::nullopt;
  ahead_bytes_ += bytes->size();
  return Send{std::move(*bytes)};
}

std::optional<Bytes> Session::next_frame() {
  // Pongs wait as well: a peer that pings without reading must not fill the transport.
  if (ahead_bytes_ >= config_.limits.write_ahead_bytes) return std::nullopt;
  if (!owes_ping_ && !owes_pong_ && queue_.empty()) return std::nullopt;

  // The frame that announces the next key is the last under this one.
  if (channel_->sent_frames + 1 >= config_.limits.rekey_frames ||
      now_ - channel_->send_key_since >= config_.limits.rekey_after) {
    auto bytes = seal(FrameKind::rekey, {});
    channel_->keys.send.rekey();
    channel_->sent_frames = 0;
    channel_->send_key_since = now_;
    return bytes;
  }
  if (std::exchange(owes_pong_, false)) return seal(FrameKind::pong, {});
  if (std::exchange(owes_ping_, false)) return seal(FrameKind::ping, {});

  const auto rest = ByteView(queue_.front()).subspan(queue_offset_);
  if (rest.size() > kFramePayloadBytesMax) {
    queue_offset_ += kFramePayloadBytesMax;
    queued_bytes_ -= kFramePayloadBytesMax;
    return seal(FrameKind::data_more, rest.first(kFramePayloadBytesMax));
  }
  auto bytes = seal(FrameKind::data_last, rest);
  queued_bytes_ -= rest.size() + kMessageOverheadBytes;
  queue_offset_ = 0;
  queue_.pop_front();
  return bytes;
}

Bytes Session::seal(FrameKind kind, ByteView payload) {
  ++channel_->sent_frames;
  auto body = channel_->keys.send.encrypt({}, encode_frame(kind, payload));
  ENSURE(body.has_value());  // never too long; the nonce outlasts any machine
  return frame_bytes(*body);
}

std::size_t Session::held_bytes() const {
  return queued_bytes_ + queue_offset_ + partial_.size() + reader_.held_bytes() + opening_.size() +
         payload_.size() + outputs_bytes_;
}

void Session::push(Output output) {
  outputs_bytes_ += size_of(output);
  outputs_.push_back(std::move(output));
}

// Time and the end.

std::optional<Time> Session::deadline() const {
  if (is_closed()) return std::nullopt;
  const auto& limits = config_.limits;
  if (state_ != State::live) return started_ + limits.handshake_timeout;
  return std::min(std::max(last_heard_, last_ping_) + limits.ping_after,
                  last_heard_ + limits.dead_after);
}

void Session::on_deadline(Time now) {
  now_ = now;
  const auto due = deadline();
  if (!due || now < *due) return;
  const auto& limits = config_.limits;
  if (state_ != State::live) {
    return end(Error{Code::timeout, "the peer did not finish the handshake in time", {}, {}}, {});
  }
  if (now >= last_heard_ + limits.dead_after) {
    return abort(Error{Code::timeout, "the peer fell silent", {}, {}});
  }
  owes_ping_ = true;
  last_ping_ = now;
}

void Session::close(const Goodbye& why, Time now) {
  now_ = now;
  if (is_closed()) return;
  if (state_ == State::live) say_goodbye(why);
  auto what = std::string("this side closed the connection");
  if (!why.text.empty()) what += ": " + why.text;
  end(Error{code_of(why.reason), std::move(what), {}, {}}, {});
}

void Session::abort(Error why) {
  if (state_ == State::live) {
    say_goodbye(Goodbye{.reason = reason_of(why.code), .text = why.text()});
  }
  end(std::move(why), {});
}

void Session::say_goodbye(const Goodbye& words) {
  push(Send{seal(FrameKind::goodbye, encode_goodbye(words))});
}

void Session::end(Error why, std::optional<Goodbye> theirs) {
  if (is_closed()) return;
  state_ = State::closed;
  responder_.reset();
  handshake_.reset();
  channel_.reset();
  queue_.clear();
  queued_bytes_ = 0;
  queue_offset_ = 0;
  partial_ = {};
  opening_ = {};
  payload_ = {};
  push(Closed{.why = std::move(why), .goodbye = std::move(theirs)});
}

}  // namespace holm::net
