// Follows section 5 of the specification, its three objects folded into two: SymmetricState lives
// inside HandshakeState, as nothing else uses it. Departure: DH refuses results of all zero
// (allowed by section 12.1, which leaves it to the application).
#include "crypto/noise.h"

#include <sodium.h>

#include <algorithm>

#include "base/ensure.h"
#include "crypto/blake2b.h"

namespace holm::crypto {
namespace {

constexpr std::size_t kDhBytes = 32;
constexpr std::uint64_t kReservedNonce = UINT64_MAX;
static_assert(kNoiseTag == crypto_aead_chacha20poly1305_ietf_ABYTES);

/// 32 bits of zeros, then the nonce in little-endian (section 12.3).
std::array<std::uint8_t, 12> nonce_bytes(std::uint64_t nonce) {
  std::array<std::uint8_t, 12> out{};
  for (std::size_t i = 0; i < 8; ++i) out[4 + i] = static_cast<std::uint8_t>(nonce >> (8 * i));
  return out;
}

/// ENCRYPT(k, n, ad, plaintext) of section 4.2.
Bytes aead_encrypt(ByteView key, std::uint64_t nonce, ByteView ad, ByteView plain) {
  Bytes out(plain.size() + kNoiseTag);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                            ad.data(), ad.size(), nullptr,
                                            nonce_bytes(nonce).data(), key.data());
  return out;
}

/// DECRYPT(k, n, ad, ciphertext) of section 4.2.
Result<Bytes> aead_decrypt(ByteView key, std::uint64_t nonce, ByteView ad, ByteView cipher) {
  if (cipher.size() < kNoiseTag) return fail(Code::reject, "an encrypted message is cut short");
  Bytes out(cipher.size() - kNoiseTag);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, cipher.data(),
                                                cipher.size(), ad.data(), ad.size(),
                                                nonce_bytes(nonce).data(), key.data()) != 0) {
    return fail(Code::reject, "an encrypted message is damaged or was made with other keys");
  }
  return out;
}

/// HKDF outputs, wiped at their end.
template <std::size_t N>
struct Outputs {
  std::array<HashBlock, N> blocks;

  Outputs(ByteView chaining_key, ByteView input) { hkdf(chaining_key, input, blocks); }
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  ~Outputs() { detail::wipe(blocks.data(), sizeof blocks); }

  /// The first 32 bytes: "if HASHLEN is 64, then truncates" (section 5.2).
  ByteView key(std::size_t i) const { return ByteView(blocks[i]).first(SecretKey32::kBytes); }
};

Status nonce_spent() {
  return fail(Code::limit, "the key of this link is used up", "nothing was lost", "reconnect");
}

}  // namespace

Result<Bytes> CipherState::encrypt(ByteView ad, ByteView plain) {
  if (plain.size() > kNoisePayloadMax) {
    return fail(Code::limit, "a message of " + std::to_string(plain.size()) +
                                 " bytes does not fit one Noise message");
  }
  if (nonce_ == kReservedNonce) TRY(nonce_spent());
  return aead_encrypt(key_.reveal(), nonce_++, ad, plain);
}

Result<Bytes> CipherState::decrypt(ByteView ad, ByteView cipher) {
  if (cipher.size() > kNoiseMessageMax) {
    return fail(Code::limit, "a Noise message is longer than 65535 bytes");
  }
  if (nonce_ == kReservedNonce) TRY(nonce_spent());
  auto plain = TRY(aead_decrypt(key_.reveal(), nonce_, ad, cipher));
  ++nonce_;
  return plain;
}

void CipherState::rekey() {
  const std::array<std::uint8_t, SecretKey32::kBytes> zeros{};
  auto raw = aead_encrypt(key_.reveal(), kReservedNonce, {}, zeros);
  auto next = SecretKey32::from(ByteView(raw).first(SecretKey32::kBytes));
  detail::wipe(raw.data(), raw.size());
  key_ = std::move(*next);
}

HandshakeState::HandshakeState(NoiseProtocol protocol, Role role)
    : protocol_(std::move(protocol)), role_(role) {
  const auto name = as_bytes(protocol_.name);
  if (name.size() <= hash_.bytes.size()) {
    std::copy(name.begin(), name.end(), hash_.bytes.begin());
  } else {
    hash_.bytes = blake2b_512({name});
  }
  secrets_->chaining_key = hash_.bytes;
}

Result<HandshakeState> HandshakeState::start(const HandshakeConfig& config, Rng& rng) {
  HandshakeState out(TRY(parse_noise_protocol(config.protocol)), config.role);
  const auto& protocol = out.protocol_;
  const bool is_initiator = config.role == Role::initiator;

  bool sends_ephemeral = false;
  bool uses_static =
      is_initiator ? protocol.initiator_static_known : protocol.responder_static_known;
  for (std::size_t i = is_initiator ? 0 : 1; i < protocol.messages.size(); i += 2) {
    for (auto token : protocol.messages[i]) {
      sends_ephemeral |= token == NoiseToken::e;
      uses_static |= token == NoiseToken::s;
    }
  }
  if (uses_static && config.static_key == nullptr) {
    return fail(Code::usage, protocol.name + " needs our static key");
  }
  const bool knows_theirs =
      is_initiator ? protocol.responder_static_known : protocol.initiator_static_known;
  if (knows_theirs != config.remote_static.has_value()) {
    return fail(Code::usage, protocol.name + (knows_theirs ? " needs" : " does not take") +
                                 " the peer's static key beforehand");
  }
  if (config.psks.size() != protocol.psk_count ||
      std::count(config.psks.begin(), config.psks.end(), nullptr) != 0) {
    return fail(Code::usage, protocol.name + " takes " + std::to_string(protocol.psk_count) +
                                 " pre-shared keys, not " + std::to_string(config.psks.size()));
  }

  if (uses_static) out.static_ = config.static_key->clone();
  if (sends_ephemeral) out.ephemeral_ = KexKey::make(rng);
  out.remote_static_ = config.remote_static;
  out.psks_.reserve(config.psks.size());
  for (const auto* psk : config.psks) out.psks_.push_back(psk->clone());

  out.mix_hash(config.prologue);
  // Pre-messages: the initiator's key first (section 5.3).
  if (protocol.initiator_static_known) {
    out.mix_hash(is_initiator ? out.static_->public_key().view() : out.remote_static_->view());
  }
  if (protocol.responder_static_known) {
    out.mix_hash(is_initiator ? out.remote_static_->view() : out.static_->public_key().view());
  }
  return out;
}

void HandshakeState::mix_hash(ByteView data) { hash_.bytes = blake2b_512({hash_.view(), data}); }

void HandshakeState::mix_key(ByteView input) {
  const Outputs<2> out(secrets_->chaining_key, input);
  secrets_->chaining_key = out.blocks[0];
  std::copy_n(out.key(1).begin(), secrets_->cipher_key.size(), secrets_->cipher_key.begin());
  has_cipher_key_ = true;
  nonce_ = 0;
}

void HandshakeState::mix_key_and_hash(ByteView input) {
  const Outputs<3> out(secrets_->chaining_key, input);
  secrets_->chaining_key = out.blocks[0];
  mix_hash(out.blocks[1]);
  std::copy_n(out.key(2).begin(), secrets_->cipher_key.size(), secrets_->cipher_key.begin());
  has_cipher_key_ = true;
  nonce_ = 0;
}

Bytes HandshakeState::encrypt_and_hash(ByteView plain) {
  auto out = has_cipher_key_ ? aead_encrypt(secrets_->cipher_key, nonce_++, hash_.view(), plain)
                             : to_bytes(plain);
  mix_hash(out);
  return out;
}

Result<Bytes> HandshakeState::decrypt_and_hash(ByteView cipher) {
  auto out = has_cipher_key_
                 ? TRY(aead_decrypt(secrets_->cipher_key, nonce_++, hash_.view(), cipher))
                 : to_bytes(cipher);
  mix_hash(cipher);
  return out;
}

Status HandshakeState::mix_dh(NoiseToken token) {
  // The first letter names the initiator's key, the second the responder's.
  const bool is_initiator = role_ == Role::initiator;
  const bool initiator_ephemeral = token == NoiseToken::ee || token == NoiseToken::es;
  const bool responder_ephemeral = token == NoiseToken::ee || token == NoiseToken::se;
  const bool ours_ephemeral = is_initiator ? initiator_ephemeral : responder_ephemeral;
  const bool theirs_ephemeral = is_initiator ? responder_ephemeral : initiator_ephemeral;
  const auto& ours = ours_ephemeral ? ephemeral_ : static_;
  const auto& theirs = theirs_ephemeral ? remote_ephemeral_ : remote_static_;
  ENSURE(ours && theirs);  // every pattern sends a key before it uses it
  mix_key(TRY(ours->dh(*theirs)).reveal());
  return {};
}

Status HandshakeState::write_token(NoiseToken token, Bytes& out) {
  switch (token) {
    case NoiseToken::e: {
      const auto key = ephemeral_->public_key().view();
      append(out, key);
      mix_hash(key);
      if (protocol_.psk_count > 0) mix_key(key);
      return {};
    }
    case NoiseToken::s: append(out, encrypt_and_hash(static_->public_key().view())); return {};
    case NoiseToken::psk: mix_key_and_hash(psks_[next_psk_++].reveal()); return {};
    default: return mix_dh(token);
  }
}

Status HandshakeState::read_token(NoiseToken token, ByteView& rest) {
  switch (token) {
    case NoiseToken::e: {
      if (rest.size() < kDhBytes) return fail(Code::reject, "a handshake message is cut short");
      remote_ephemeral_ = KexPublic::from(rest.first(kDhBytes));
      rest = rest.subspan(kDhBytes);
      mix_hash(remote_ephemeral_->view());
      if (protocol_.psk_count > 0) mix_key(remote_ephemeral_->view());
      return {};
    }
    case NoiseToken::s: {
      const auto length = kDhBytes + (has_cipher_key_ ? kNoiseTag : 0);
      if (rest.size() < length) return fail(Code::reject, "a handshake message is cut short");
      const auto key = TRY(decrypt_and_hash(rest.first(length)));
      remote_static_ = KexPublic::from(key);
      rest = rest.subspan(length);
      return {};
    }
    case NoiseToken::psk: mix_key_and_hash(psks_[next_psk_++].reveal()); return {};
    default: return mix_dh(token);
  }
}

Result<Bytes> HandshakeState::write_tokens(ByteView payload) {
  if (is_dead_) return fail(Code::usage, "this handshake has ended");
  if (!is_our_turn()) return fail(Code::usage, "the next handshake message is the peer's");
  if (payload.size() > kNoiseMessageMax) {
    return fail(Code::limit, "the handshake payload does not fit one Noise message");
  }
  Bytes out;
  for (auto token : protocol_.messages[next_message_]) TRY(write_token(token, out));
  append(out, encrypt_and_hash(payload));
  if (out.size() > kNoiseMessageMax) {
    return fail(Code::limit, "the handshake payload does not fit one Noise message");
  }
  ++next_message_;
  return out;
}

Result<Bytes> HandshakeState::read_tokens(ByteView message) {
  if (is_dead_) return fail(Code::reject, "this handshake has ended");
  if (next_message_ == protocol_.messages.size() || is_our_turn()) {
    return fail(Code::reject, "a handshake message came out of turn");
  }
  if (message.size() > kNoiseMessageMax) {
    return fail(Code::limit, "a Noise message is longer than 65535 bytes");
  }
  auto rest = message;
  for (auto token : protocol_.messages[next_message_]) TRY(read_token(token, rest));
  auto payload = TRY(decrypt_and_hash(rest));
  ++next_message_;
  return payload;
}

Result<Bytes> HandshakeState::write_message(ByteView payload) {
  auto out = write_tokens(payload);
  if (!out) die();
  return out;
}

Result<Bytes> HandshakeState::read_message(ByteView message) {
  auto out = read_tokens(message);
  if (!out) die();
  return out;
}

bool HandshakeState::is_our_turn() const {
  const bool is_initiators = next_message_ % 2 == 0;
  return !is_dead_ && next_message_ < protocol_.messages.size() &&
         is_initiators == (role_ == Role::initiator);
}

bool HandshakeState::finished() const {
  return !is_dead_ && next_message_ == protocol_.messages.size();
}

Result<TransportKeys> HandshakeState::split() {
  if (!finished()) return fail(Code::usage, "the handshake is not finished");
  const Outputs<2> out(secrets_->chaining_key, {});
  CipherState first(*SecretKey32::from(out.key(0)));
  CipherState second(*SecretKey32::from(out.key(1)));
  die();
  if (role_ == Role::initiator) return TransportKeys{std::move(first), std::move(second)};
  return TransportKeys{std::move(second), std::move(first)};
}

void HandshakeState::die() {
  is_dead_ = true;
  secrets_.wipe();
  static_.reset();
  ephemeral_.reset();
  psks_.clear();
}

}  // namespace holm::crypto
