#include "node/keyring_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "crypto/locked.h"
#include "store/descriptor.h"

namespace holm::node {
namespace {

using std::chrono::milliseconds;

constexpr const char* kSafe = "the home is as it was";
constexpr const char* kOtherWays =
    "unlock or start the desktop's keyring and try again, or see: holm help passphrase";
// What holm-keyring says first: tools/keyring/main.cc.
constexpr char kDone = '+';
constexpr char kNoItem = '-';

tl::unexpected<Error> unable(std::string what) {
  return fail(Code::retry, std::move(what), kSafe, kOtherWays);
}

/// What it says at most: a key, or a line for a person.
constexpr std::size_t kOutMax = 512;

/// Owns a started program, and ends it.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

 private:
  pid_t id_;
};

Result<pid_t> start(const std::string& program, const std::vector<std::string>& words, int end) {
  std::vector<char*> raw;
  for (const auto& word : words) raw.push_back(const_cast<char*>(word.c_str()));
  raw.push_back(nullptr);
  posix_spawn_file_actions_t files;
  if (::posix_spawn_file_actions_init(&files) != 0) return unable("no memory for the keyring");
  ::posix_spawn_file_actions_adddup2(&files, end, 0);
  ::posix_spawn_file_actions_adddup2(&files, end, 1);
  ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  pid_t id = 0;
  const int code = ::posix_spawn(&id, program.c_str(), &files, nullptr, raw.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (code == ENOENT) return unable("this Holm was built without the desktop's keyring");
  if (code != 0) return unable("cannot ask the desktop's keyring: " + std::string(strerror(code)));
  return id;
}

/// What the program said: a key may be in it.
class Answer {
 public:
  Answer() { out_.reserve(kOutMax); }  // never moved, so that there is one place to wipe
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { crypto::detail::wipe(out_.data(), out_.size()); }

  /// Takes what `from` has to say. False at its end. Errors: retry.
  Result<bool> read(int from) {
    std::array<std::uint8_t, kOutMax> piece{};
    const auto got = ::recv(from, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    const auto count = static_cast<std::size_t>(got);
    if (out_.size() + count > kOutMax) return unable("the desktop's keyring makes no sense");
    append(out_, ByteView(piece).first(count));
    crypto::detail::wipe(piece.data(), piece.size());
    return true;
  }

  bool is(char first) const { return !out_.empty() && out_[0] == static_cast<std::uint8_t>(first); }
  ByteView rest() const { return ByteView(out_).subspan(out_.empty() ? 0 : 1); }

 private:
  Bytes out_;
};

/// Runs the program with `words`, gives it `in` and takes what it says. Errors: retry.
Result<std::unique_ptr<Answer>> ask(const std::string& program, milliseconds wait,
                                    std::initializer_list<std::string> words, ByteView in = {}) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return unable("cannot ask the desktop's keyring: " + std::string(strerror(errno)));
  const store::Descriptor ours(ends[0]);
  std::vector<std::string> all{program};
  all.insert(all.end(), words.begin(), words.end());
  pid_t id = 0;
  {
    const store::Descriptor theirs(ends[1]);
    id = TRY(start(program, all, theirs.get()));
  }
  const Child child(id);
  // Fits into what the system holds for a reader; one that has ended already shows below.
  static_cast<void>(::send(ours.get(), in.data(), in.size(), MSG_NOSIGNAL));
  ::shutdown(ours.get(), SHUT_WR);
  auto out = std::make_unique<Answer>();
  for (;;) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    struct pollfd one {
      ours.get(), POLLIN, 0
    };
    const int ready = ::poll(&one, 1, static_cast<int>(std::max(left, milliseconds{0}).count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return unable("the desktop's keyring did not answer in time");
    if (!TRY(out->read(ours.get()))) return out;
  }
}

/// What it says of why it could not, as one line.
tl::unexpected<Error> refused(const Answer& answer) {
  auto why = to_text(answer.rest());
  std::replace_if(
      why.begin(), why.end(), [](unsigned char c) { return c < 0x20 || c == ';' || c == 0x7f; },
      ' ');
  if (why.empty()) why = "its program ended without a word";
  return unable("the desktop's keyring cannot be used: " + why);
}

}  // namespace

Status KeyringProgram::put(const Item& item, const crypto::SecretKey32& key) {
  const auto answer = TRY(ask(program_, wait_, {"put", item.id.text(), item.folder}, key.reveal()));
  if (!answer->is(kDone)) return refused(*answer);
  return {};
}

Result<crypto::SecretKey32> KeyringProgram::get(const KeyringId& id) {
  const auto answer = TRY(ask(program_, wait_, {"get", id.text()}));
  if (answer->is(kNoItem)) {
    return fail(
        Code::not_found, "the desktop's keyring has no key for this home", kSafe,
        "open it as the user and on the machine that it was locked on, or restore a backup");
  }
  if (!answer->is(kDone)) return refused(*answer);
  auto key = crypto::SecretKey32::from(answer->rest());
  if (!key) return unable("the desktop's keyring holds something else in place of the key");
  return key;
}

Status KeyringProgram::remove(const Item& item) {
  const auto answer = TRY(ask(program_, wait_, {"remove", item.id.text(), item.folder}));
  if (!answer->is(kDone) && !answer->is(kNoItem)) return refused(*answer);
  return {};
}

}  // namespace holm::node
