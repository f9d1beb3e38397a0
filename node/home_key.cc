#include "node/home_key.h"

#include <string_view>

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
  Bytes params;  // of the passphrase
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
    if (lock > static_cast<std::uint64_t>(HomeLock::passphrase)) {
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
  if (bytes) return parse_record(*bytes);
  if (bytes.error().code == Code::limit) return damaged();
  if (bytes.error().code != Code::not_found) return fail(std::move(bytes).error());
  return fail(Code::corrupt, "the key file of this home is gone", "the stores were not touched",
              "put back a copy of the file \"key\", or recover with your phrase");
}

Result<crypto::SecretKey32> unlock_record(Record record, const Unlock& unlock) {
  if (record.lock == HomeLock::key_file) {
    auto key = crypto::SecretKey32::from(record.key);
    crypto::detail::wipe(record.key.data(), record.key.size());
    return key;
  }
  if (!unlock.passphrase) {
    return fail(Code::denied, "this home is locked with a passphrase", "nothing was changed",
                "give --passphrase-file or $HOLM_PASSPHRASE");
  }
  const auto params = TRY(crypto::PassphraseParams::read(record.params));
  const auto derived = TRY(crypto::derive_key(*unlock.passphrase, params));
  auto opened = crypto::open(derived, as_bytes(kAad), record.key);
  if (!opened) {
    return fail(Code::denied, "the passphrase does not open this home", "nothing was changed",
                "try again");
  }
  auto key = crypto::SecretKey32::from(*opened);
  crypto::detail::wipe(opened->data(), opened->size());
  return key;
}

}  // namespace

Result<HomeLock> home_lock(const std::string& dir) { return TRY(read_record(dir)).lock; }

Result<crypto::SecretKey32> read_home_key(const std::string& dir, const Unlock& unlock) {
  return unlock_record(TRY(read_record(dir)), unlock);
}

Result<crypto::SecretKey32> read_key_record(ByteView record, const Unlock& unlock) {
  return unlock_record(TRY(parse_record(record)), unlock);
}

Status write_home_key(const std::string& dir, const crypto::SecretKey32& key, const Unlock& unlock,
                      Rng& rng) {
  Record record;
  if (unlock.passphrase) {
    const auto params =
        unlock.cost ? unlock.cost->with_new_salt(rng) : crypto::PassphraseParams::make(rng);
    const auto derived = TRY(crypto::derive_key(*unlock.passphrase, params));
    record.lock = HomeLock::passphrase;
    record.params = params.encode();
    record.key = crypto::seal(derived, as_bytes(kAad), key.reveal(), rng);
  } else {
    record.key = to_bytes(key.reveal());
  }
  Writer out;
  out.array(5).uint(kVersion).uint(static_cast<std::uint64_t>(record.lock));
  out.bytes(record.params).bytes(record.key);
  out.id(digest_of(record.lock, record.params, record.key));
  auto written = write_file(dir + "/key", out.view(), 0600);
  crypto::detail::wipe(record.key.data(), record.key.size());
  return written;
}

}  // namespace holm::node
