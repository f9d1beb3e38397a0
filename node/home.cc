#include "node/home.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "node/home_key.h"
#include "store/descriptor.h"

namespace holm::node {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kIdentityAad = "holm identity v1";
constexpr std::string_view kJoinsAad = "holm joins v1";
constexpr std::string_view kWitnessAad = "holm witness v1";
constexpr std::size_t kSmallFileMax = 1u << 20;

tl::unexpected<Error> system_error(const std::string& what) {
  const int number = errno;
  const std::string why = std::strerror(number);
  if (number == ENOSPC || number == EDQUOT) {
    return fail(Code::failed, what + ": the disk is full", "nothing was lost",
                "free some space and try again");
  }
  return fail(number == EACCES || number == EPERM || number == EROFS ? Code::denied : Code::failed,
              what + ": " + why);
}

Status sync_folder(const std::string& path) {
  store::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return system_error("cannot sync " + path);
  return {};
}

Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    errno = error.value();
    return system_error("cannot make the folder " + path);
  }
  if (::chmod(path.c_str(), 0700) != 0) return system_error("cannot protect the folder " + path);
  return {};
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<int> lock_file(const std::string& dir) {
  const auto path = dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("cannot open " + path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool is_held = errno == EWOULDBLOCK;
    ::close(fd);
    if (!is_held) return system_error("cannot lock " + path);
    return fail(Code::busy, "another process uses this home");
  }
  return fd;
}

/// Takes away what others may do to the files of a home, and refuses what is not this user's own.
/// What was mended, as sentences.
Result<std::vector<std::string>> mend_permissions(const std::string& dir) {
  std::vector<std::string> out;
  const auto mend = [&](const std::string& path) -> Status {
    struct stat about {};
    if (::lstat(path.c_str(), &about) != 0) {
      if (errno == ENOENT) return {};
      return system_error(path);
    }
    if (S_ISLNK(about.st_mode)) {
      return fail(Code::denied, path + " is a link to elsewhere, which no Holm makes",
                  "nothing was changed", "put back the file it stands for");
    }
    if (about.st_uid != ::geteuid()) {
      return fail(Code::denied, path + " belongs to another user", "nothing was changed",
                  "use a home of your own");
    }
    if ((about.st_mode & 077) == 0) return {};
    if (::chmod(path.c_str(), S_ISDIR(about.st_mode) ? 0700 : 0600) != 0)
      return system_error("cannot protect " + path);
    out.push_back("others could open " + path + "; only you can now");
    return {};
  };
  TRY(mend(dir));
  TRY(mend(dir + "/teams"));
  for (const auto* name : {"key", "identity", "joins"}) TRY(mend(dir + "/" + name));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(dir + "/teams", error)) {
    TRY(mend(entry.path().string()));
  }
  return out;
}

/// Outside of all homes, so that copies of a home do not bring it along.
std::string state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/holm";
  }
  const char* user = std::getenv("HOME");
  return std::string(user != nullptr ? user : ".") + "/.local/state/holm";
}

tl::unexpected<Error> no_home(const std::string& dir) {
  return fail(Code::not_found, "there is no home in " + dir, "nothing was changed",
              "make one with: holm init --name YOUR_NAME");
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t bytes_max) {
  store::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return fail(Code::not_found, "there is no file " + path);
    return system_error("cannot read " + path);
  }
  Bytes out;
  std::uint8_t chunk[65536];
  for (;;) {
    const auto got = ::read(file.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path);
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > bytes_max) {
      return fail(Code::limit, path + " is larger than " + std::to_string(bytes_max) + " bytes");
    }
    append(out, ByteView(chunk, static_cast<std::size_t>(got)));
  }
}

Status write_file(const std::string& path, ByteView bytes, unsigned mode) {
  const auto temporary = path + ".new";
  {
    store::Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0) return system_error("cannot write " + path);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto put = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        auto error = system_error("cannot write " + path);
        ::unlink(temporary.c_str());
        return error;
      }
      done += static_cast<std::size_t>(put);
    }
    if (::fsync(file.get()) != 0) {
      auto error = system_error("cannot write " + path);
      ::unlink(temporary.c_str());
      return error;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("cannot write " + path);
  return sync_folder(fs::path(path).parent_path().string());
}

Home::Home(std::string dir, int lock, crypto::SecretKey32 key, Identity identity, Rng& rng)
    : dir_(std::move(dir)),
      lock_(lock),
      key_(std::move(key)),
      identity_(std::move(identity)),
      rng_(rng) {}

Home::~Home() { ::close(lock_); }

Status Home::create(const std::string& dir, const Unlock& unlock, const Identity& identity,
                    Rng& rng) {
  if (exists(dir + "/identity")) {
    return fail(Code::failed, "there is a home in " + dir + " already", "it was left untouched",
                "choose another folder with --home");
  }
  TRY(make_folder(dir));
  TRY(make_folder(dir + "/teams"));
  store::Descriptor lock(TRY(lock_file(dir)));
  const auto key = crypto::SecretKey32::make(rng);
  const auto write = [&]() -> Status {
    TRY(write_home_key(dir, key, unlock, rng));
    // Last, so that a home without identity is no home.
    return write_file(dir + "/identity",
                      crypto::seal(key, as_bytes(kIdentityAad), encode(identity), rng), 0600);
  };
  auto written = write();
  if (written || exists(dir + "/identity")) return written;
  if (const auto held = keyring_item(dir); held && *held)
    static_cast<void>(unlock.keyring->remove(**held));
  for (const auto* name : {"/key", "/lock"}) ::unlink((dir + name).c_str());
  // A folder that holds something of somebody's stays.
  for (const auto* name : {"/teams", ""}) ::rmdir((dir + name).c_str());
  return written;
}

Result<std::unique_ptr<Home>> Home::open(const std::string& named, const Unlock& unlock, Rng& rng) {
  if (!exists(named + "/identity")) return no_home(named);
  // The home itself may be reached over links; what is in it may not.
  std::error_code error;
  const auto dir = fs::canonical(named, error).string();
  if (error) return no_home(named);
  ::umask(0077);  // stores that SQLite makes here are for this user alone
  const int lock = TRY(lock_file(dir));
  const auto read = [&]() -> Result<std::unique_ptr<Home>> {
    auto warnings = TRY(mend_permissions(dir));
    auto key = TRY(read_home_key(dir, unlock));
    const auto sealed = TRY(read_file(dir + "/identity", kSmallFileMax));
    auto plain = crypto::open(key, as_bytes(kIdentityAad), sealed);
    if (!plain) {
      return fail(Code::corrupt, "the identity of this home is damaged",
                  "the stores were not touched", "recover with your phrase");
    }
    auto decoded = decode_identity(*plain);
    crypto::detail::wipe(plain->data(), plain->size());
    auto identity = TRY(std::move(decoded));
    std::unique_ptr<Home> out(new Home(dir, lock, std::move(key), std::move(identity), rng));
    out->warnings_ = std::move(warnings);
    return out;
  };
  auto home = read();
  if (!home) ::close(lock);
  return home;
}

Result<bool> Home::is_owned(const std::string& dir) {
  if (!exists(dir + "/identity")) return no_home(dir);
  auto lock = lock_file(dir);
  if (lock) {
    ::close(*lock);
    return false;
  }
  if (lock.error().code == Code::busy) return true;
  return fail(std::move(lock).error());
}

std::string Home::socket_path(const std::string& dir) {
  std::error_code error;
  auto real = fs::weakly_canonical(dir, error).string();
  if (error) real = dir;
  const auto name = crypto::hash("holm control socket v1", as_bytes(real)).text().substr(0, 24);
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/') return std::string(runtime) + "/holm/" + name;
  return "/tmp/holm-" + std::to_string(::getuid()) + "/" + name;
}

Status Home::save_identity() {
  return write_file(dir_ + "/identity",
                    crypto::seal(key_, as_bytes(kIdentityAad), encode(identity_), rng_), 0600);
}

crypto::SecretKey32 Home::store_key(const TeamId& team) const {
  return key_.derive("holm store v1", team.view());
}

Result<HomeParts> Home::parts(const std::optional<std::string>& passphrase) const {
  // A keyring stays behind where a backup goes.
  const bool needs_passphrase = TRY(home_lock(dir_)) == HomeLock::keyring;
  if (needs_passphrase && !passphrase) {
    return fail(Code::usage,
                "a backup of a home that the desktop's keyring opens needs a passphrase of its own",
                "nothing was written", "give --passphrase-file or $HOLM_PASSPHRASE");
  }
  return HomeParts{.key = needs_passphrase
                              ? TRY(key_record(key_, Unlock{.passphrase = passphrase}, rng_))
                              : TRY(read_file(dir_ + "/key", kSmallFileMax)),
                   .identity = TRY(read_file(dir_ + "/identity", kSmallFileMax)),
                   .seal = key_.derive(kBackupKey),
                   .has_passphrase = needs_passphrase};
}

WitnessPlace Home::witness_place(const TeamId& team) const {
  const auto folder = state_folder() + "/" +
                      crypto::hash("holm witness folder v1", as_bytes(dir_)).text().substr(0, 24);
  const auto path = folder + "/" + team.text() + ".witness";
  Bytes aad = to_bytes(kWitnessAad);
  append(aad, team.view());
  return {.read = [this, path, aad]() -> Result<std::optional<Bytes>> {
            const auto sealed = read_file(path, kSmallFileMax);
            if (!sealed) {
              if (sealed.error().code == Code::not_found) return std::optional<Bytes>();
              return fail(sealed.error());
            }
            auto plain = crypto::open(key_, aad, *sealed);
            if (!plain) return std::optional<Bytes>();  // damaged, or another home's
            return std::optional(std::move(*plain));
          },
          .write = [this, folder, path, aad](ByteView bytes) -> Status {
            TRY(make_folder(folder));
            return write_file(path, crypto::seal(key_, aad, bytes, rng_), 0600);
          }};
}

std::vector<TeamId> Home::teams() const {
  std::vector<TeamId> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(dir_ + "/teams", error)) {
    if (entry.path().extension() != ".db") continue;
    if (auto id = TeamId::from_text(entry.path().stem().string())) out.push_back(*id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string Home::store_path(const TeamId& team) const {
  return dir_ + "/teams/" + team.text() + ".db";
}

Result<std::vector<PendingJoin>> Home::joins() const {
  std::vector<PendingJoin> out;
  auto sealed = read_file(dir_ + "/joins", kSmallFileMax);
  if (!sealed) {
    if (sealed.error().code == Code::not_found) return out;
    return fail(std::move(sealed).error());
  }
  const auto plain = TRY(crypto::open(key_, as_bytes(kJoinsAad), *sealed));
  auto in = TRY(Reader::open(plain));
  const auto count = TRY(in.array());
  for (std::size_t i = 0; i < count; ++i) {
    TRY(in.array(2));
    PendingJoin join;
    join.secret = to_bytes(TRY(in.bytes()));
    join.at = std::string(TRY(in.text()));
    out.push_back(std::move(join));
  }
  TRY(in.end());
  return out;
}

Status Home::save_joins(const std::vector<PendingJoin>& joins) {
  Writer out;
  out.array(joins.size());
  for (const auto& join : joins) out.array(2).bytes(join.secret).text(join.at);
  return write_file(dir_ + "/joins", crypto::seal(key_, as_bytes(kJoinsAad), out.view(), rng_),
                    0600);
}

}  // namespace holm::node
