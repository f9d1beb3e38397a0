// The Noise handshake as a machine: bytes in, bytes out, keys at the end. Knows no sockets, framing
// or timeouts; the caller says how long each message is.
// Source: The Noise Protocol Framework rev 34 (noiseprotocol.org), section 5.
// Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "crypto/locked.h"
#include "crypto/noise_pattern.h"

namespace holm::crypto {

inline constexpr std::size_t kNoiseMessageMax = 65535;  ///< bytes of any Noise message
inline constexpr std::size_t kNoiseTag = 16;            ///< bytes that encryption adds
/// Bytes of plaintext that fit one transport message.
inline constexpr std::size_t kNoisePayloadMax = kNoiseMessageMax - kNoiseTag;

using HandshakeHash = Id<struct HandshakeHashTag, 64>;  ///< names one handshake: a channel binding

/// One direction of a link after the handshake: ChaCha20-Poly1305 with a counting nonce.
/// Source: Noise rev 34, section 5.1.
class CipherState {
 public:
  explicit CipherState(const SecretKey32& key) : key_(key.clone()) {}

  /// ciphertext | tag. Errors: limit, when `plain` is over kNoisePayloadMax bytes or the nonce is
  /// used up (2^64 - 1 is reserved); the state is then unchanged.
  Result<Bytes> encrypt(ByteView ad, ByteView plain);
  /// Errors: reject, when the message is damaged, out of order or not meant for us; limit, as
  /// encrypt(). The nonce advances on success only.
  Result<Bytes> decrypt(ByteView ad, ByteView cipher);

  /// REKEY of section 4.2: a new key from the old one, which can't be found back. The nonce stays.
  void rekey();

  /// Messages so far, unless set_nonce() was used.
  std::uint64_t nonce() const { return nonce_; }
  /// For transports that carry the nonce themselves. Never go back when encrypting.
  void set_nonce(std::uint64_t nonce) { nonce_ = nonce; }

 private:
  SecretKey32 key_;
  std::uint64_t nonce_ = 0;
};

/// The two directions, as seen from our role. In a one-way pattern only the initiator sends and
/// only the responder receives.
struct TransportKeys {
  CipherState send;
  CipherState receive;
};

enum class Role : std::uint8_t { initiator, responder };

/// What a handshake starts from. Everything is copied by start() and need not outlive it.
struct HandshakeConfig {
  std::string_view protocol = {};  ///< e.g. "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b"
  Role role = Role::initiator;
  ByteView prologue = {};              ///< both sides must agree on it
  const KexKey* static_key = nullptr;  ///< ours; needed when the pattern uses it
  std::optional<KexPublic> remote_static =
      {};  ///< theirs; exactly when the pattern knows it beforehand
  std::vector<const SecretKey32*> psks = {};  ///< one for each psk modifier, in order
};

/// One handshake. After any failure it is dead: its secrets are wiped and every call fails.
class HandshakeState {
 public:
  /// rng  gives the ephemeral key, the first 32 bytes drawn (none when our role sends no `e`).
  /// Errors: as parse_noise_protocol(); usage, when a key the pattern needs is missing or one it
  /// does not want is given.
  static Result<HandshakeState> start(const HandshakeConfig& config, Rng& rng);

  /// The next message. Errors: usage, out of turn; limit, when it would pass kNoiseMessageMax;
  /// reject, when the remote static key from the configuration is of low order.
  Result<Bytes> write_message(ByteView payload);
  /// The payload of the peer's next message. Errors: reject, when it is out of turn, cut short,
  /// damaged, made with other keys, or carries a point of low order; limit, when it is too long.
  Result<Bytes> read_message(ByteView message);

  /// True when the next message is ours to write.
  bool is_our_turn() const;
  /// True when all messages have passed, until split().
  bool finished() const;
  bool is_dead() const { return is_dead_; }

  /// Requires: finished(). Ends this machine. Errors: usage, when not finished.
  Result<TransportKeys> split();

  /// Equal on both sides and different in every handshake. Meaningful once finished, and kept after
  /// split().
  const HandshakeHash& handshake_hash() const { return hash_; }
  /// Theirs, from the configuration or once the message with it has been read.
  const std::optional<KexPublic>& remote_static() const { return remote_static_; }
  /// Theirs, once it has been read.
  const std::optional<KexPublic>& remote_ephemeral() const { return remote_ephemeral_; }
  const NoiseProtocol& protocol() const { return protocol_; }

 private:
  struct Secrets {
    std::array<std::uint8_t, 64> chaining_key;
    std::array<std::uint8_t, 32> cipher_key;
  };

  HandshakeState(NoiseProtocol protocol, Role role);
  void mix_hash(ByteView data);
  void mix_key(ByteView input);
  void mix_key_and_hash(ByteView input);
  Status mix_dh(NoiseToken token);
  Bytes encrypt_and_hash(ByteView plain);
  Result<Bytes> decrypt_and_hash(ByteView cipher);
  Result<Bytes> write_tokens(ByteView payload);
  Result<Bytes> read_tokens(ByteView message);
  Status write_token(NoiseToken token, Bytes& out);
  Status read_token(NoiseToken token, ByteView& rest);
  void die();

  NoiseProtocol protocol_;
  Role role_;
  std::size_t next_message_ = 0;
  std::size_t next_psk_ = 0;
  bool has_cipher_key_ = false;
  bool is_dead_ = false;
  std::uint64_t nonce_ = 0;
  HandshakeHash hash_;
  Locked<Secrets> secrets_;
  std::optional<KexKey> static_;
  std::optional<KexKey> ephemeral_;
  std::optional<KexPublic> remote_static_;
  std::optional<KexPublic> remote_ephemeral_;
  std::vector<SecretKey32> psks_;
};

}  // namespace holm::crypto
