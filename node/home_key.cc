#include "node/home_key.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "node/home.h"

namespace holm::node {
namespace {

constexpr std::string_view kAad = "holm home key v1";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kFileMax = 1024;

struct Record {
  HomeLock lock{};
  Bytes params;  // of the passphrase, or the name of what a keyring holds
  Bytes key;     // as it is, or sealed
};

// Tells a damaged file from a wrong passphrase.
Digest digest_of(HomeLock lock, ByteView params, ByteView key) {
  const Bytes kind{static_cast<std::uint8_t>(lock)};
  return crypto::hash(kAad, {kind, params, key});
}

tl::unexpected<Error> damaged() {
  return fail(Code::corrupt, "the key file of this home is damaged", "the stores were not touched",
              "put back a copy of the file \"key\", or recover with your phrase");
}

Result<Record> parse_record(ByteView bytes) {
  Record out;
  const auto parse = [&]() -> Status {
    auto in = TRY(Reader::open(bytes, {.bytes_max = kFileMax}));
    TRY(in.array(5));
    if (TRY(in.uint()) > kVersion) {
      return fail(Code::unsupported, "this home was made by a newer Holm", "it was left untouched",
                  "update Holm and try again");
    }
    const auto lock = TRY(in.uint());
    if (lock > static_cast<std::uint64_t>(HomeLock::keyring)) {
      return fail(Code::unsupported, "this home is locked in a way that this Holm does not know",
                  "it was left untouched", "update Holm and try again");
    }
    out.lock = static_cast<HomeLock>(lock);
    out.params = to_bytes(TRY(in.bytes()));
    out.key = to_bytes(TRY(in.bytes()));
    if (TRY(in.id<Digest>()) != digest_of(out.lock, out.params, out.key)) {
      return fail(Code::corrupt, "damaged");
    }
    return in.end();
  };
  if (auto parsed = parse(); !parsed) {
    if (parsed.error().code == Code::unsupported) return fail(std::move(parsed).error());
    return damaged();
  }
  return out;
}

Result<Record> read_record(const std::string& dir) {
  auto bytes = read_file(dir + "/key", kFileMax);
  if (bytes) {
    auto record = parse_record(*bytes);
    crypto::detail::wipe(bytes->data(), bytes->size());
    return record;
  }
  if (bytes.error().code == Code::limit) return damaged();
  if (bytes.error().code != Code::not_found) return fail(std::move(bytes).error());
  return fail(Code::corrupt, "the key file of this home is gone", "the stores were not touched",
              "put back a copy of the file \"key\", or recover with your phrase");
}

/// The key that the key of the home is sealed under.
Result<crypto::SecretKey32> wrapping_key(const Record& record, const Unlock& unlock) {
  if (record.lock == HomeLock::keyring) {
    if (unlock.keyring == nullptr) {
      return fail(Code::retry,
                  "this home is locked by the desktop's keyring, which this cannot ask",
                  "nothing was changed", "open it with: holm");
    }
    const auto id = KeyringId::from(record.params);
    if (!id) return damaged();
    return unlock.keyring->get(*id);
  }
  if (!unlock.passphrase) {
    return fail(Code::denied, "this home is locked with a passphrase", "nothing was changed",
                "give --passphrase-file or $HOLM_PASSPHRASE");
  }
  const auto params = TRY(crypto::PassphraseParams::read(record.params));
  return crypto::derive_key(*unlock.passphrase, params);
}

Result<crypto::SecretKey32> unlock_record(Record record, const Unlock& unlock) {
  if (record.lock == HomeLock::key_file) {
    auto key = crypto::SecretKey32::from(record.key);
    crypto::detail::wipe(record.key.data(), record.key.size());
    return key;
  }
  const auto wrapping = TRY(wrapping_key(record, unlock));
  auto opened = crypto::open(wrapping, as_bytes(kAad), record.key);
  if (!opened && record.lock == HomeLock::keyring) {
    return fail(Code::denied, "what the desktop's keyring holds does not open this home",
                "nothing was changed",
                "put back a copy of the file \"key\", or recover with your "
                "phrase");
  }
  if (!opened) {
    return fail(Code::denied, "the passphrase does not open this home", "nothing was changed",
                "try again");
  }
  auto key = crypto::SecretKey32::from(*opened);
  crypto::detail::wipe(opened->data(), opened->size());
  return key;
}

/// The content of a key file.
Bytes encode(const Record& record) {
  Writer out;
  out.array(5).uint(kVersion).uint(static_cast<std::uint64_t>(record.lock));
  out.bytes(record.params).bytes(record.key);
  out.id(digest_of(record.lock, record.params, record.key));
  return out.take();
}

Result<Record> passphrase_record(const crypto::SecretKey32& key, const Unlock& unlock, Rng& rng) {
  const auto params =
      unlock.cost ? unlock.cost->with_new_salt(rng) : crypto::PassphraseParams::make(rng);
  const auto derived = TRY(crypto::derive_key(*unlock.passphrase, params));
  return Record{.lock = HomeLock::passphrase,
                .params = params.encode(),
                .key = crypto::seal(derived, as_bytes(kAad), key.reveal(), rng)};
}

std::string folder_of(const std::string& dir) {
  std::error_code error;
  const auto out = std::filesystem::canonical(dir, error).string();
  return error ? dir : out;
}

Status write_record(const std::string& dir, const Record& record) {
  auto bytes = encode(record);
  auto written = write_file(dir + "/key", bytes, 0600);
  crypto::detail::wipe(bytes.data(), bytes.size());
  return written;
}

/// Under a name of its own each time, so that no older key file opens with what is kept now.
Status write_in_keyring(const std::string& dir, const crypto::SecretKey32& key, Keyring& keyring,
                        Rng& rng) {
  const Keyring::Item item{rng.id<KeyringId>(), folder_of(dir)};
  const auto wrapping = crypto::SecretKey32::make(rng);
  TRY(keyring.put(item, wrapping));
  const auto keep = [&]() -> Status {
    // A keyring that says it keeps what it does not would lock the home for good.
    const auto kept = TRY(keyring.get(item.id));
    if (!crypto::equal_secret(kept.reveal(), wrapping.reveal())) {
      return fail(Code::retry, "the desktop's keyring gave back another key than it was given",
                  "nothing was changed", "choose a passphrase instead");
    }
    return write_record(dir, {.lock = HomeLock::keyring,
                              .params = to_bytes(item.id.view()),
                              .key = crypto::seal(wrapping, as_bytes(kAad), key.reveal(), rng)});
  };
  auto kept = keep();
  if (kept) return kept;
  // A file that is in its place though the disk would not promise to keep it needs the key.
  const auto now = read_record(dir);
  const bool is_named =
      now && now->lock == HomeLock::keyring && now->params == to_bytes(item.id.view());
  if (!is_named) static_cast<void>(keyring.remove(item));
  return kept;
}

}  // namespace

std::string_view name_of(HomeLock lock) {
  switch (lock) {
    case HomeLock::key_file: return "key_file";
    case HomeLock::passphrase: return "passphrase";
    case HomeLock::keyring: return "keyring";
  }
  return {};
}

Result<HomeLock> home_lock(const std::string& dir) { return TRY(read_record(dir)).lock; }

Result<crypto::SecretKey32> read_home_key(const std::string& dir, const Unlock& unlock) {
  return unlock_record(TRY(read_record(dir)), unlock);
}

Result<crypto::SecretKey32> read_key_record(ByteView record, const Unlock& unlock) {
  return unlock_record(TRY(parse_record(record)), unlock);
}

Result<Bytes> key_record(const crypto::SecretKey32& key, const Unlock& passphrase, Rng& rng) {
  return encode(TRY(passphrase_record(key, passphrase, rng)));
}

Status write_home_key(const std::string& dir, const crypto::SecretKey32& key, const Unlock& unlock,
                      Rng& rng) {
  if (unlock.passphrase) return write_record(dir, TRY(passphrase_record(key, unlock, rng)));
  if (unlock.keyring != nullptr) return write_in_keyring(dir, key, *unlock.keyring, rng);
  Record record{.lock = HomeLock::key_file, .params = {}, .key = to_bytes(key.reveal())};
  auto written = write_record(dir, record);
  crypto::detail::wipe(record.key.data(), record.key.size());
  return written;
}

Result<std::optional<Keyring::Item>> keyring_item(const std::string& dir) {
  const auto record = TRY(read_record(dir));
  if (record.lock != HomeLock::keyring) return std::optional<Keyring::Item>();
  const auto id = KeyringId::from(record.params);
  if (!id) return damaged();
  return std::optional(Keyring::Item{*id, folder_of(dir)});
}

}  // namespace holm::node
