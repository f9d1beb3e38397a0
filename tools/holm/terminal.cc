#include "tools/holm/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace holm::cli {
namespace {

constexpr std::size_t kStdinBytesMax = 64u << 20;

std::string reason() { return std::strerror(errno); }

Status write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EPIPE) return fail(Code::retry, "");
    if (count < 0)
      return fail(Code::failed, "the answer can't be written: " + reason(),
                  "what was asked is done", "look at it again where there is room");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// What is typed stays hidden while this lives.
class Hidden {
 public:
  explicit Hidden(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(terminal, TCSAFLUSH, &silent) == 0;
  }
  ~Hidden() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

}  // namespace

void prepare_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
      // Read only, so that output to a closed stream still fails and is told.
      static_cast<void>(::open("/dev/null", O_RDONLY));
  ::signal(SIGPIPE, SIG_IGN);
}

void keep_memory_private() {
#ifndef HOLM_SANITIZED  // sanitizers look into their own process in the same way
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0));
#endif
}

Stream stream_of(int descriptor, bool colour) {
  Stream out;
  out.write = [descriptor](std::string_view bytes) { return write_all(descriptor, bytes); };
  out.is_terminal = ::isatty(descriptor) == 1;
  out.colour = colour && out.is_terminal;
  out.columns = 0;
  if (winsize size{}; out.is_terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0)
    out.columns = size.ws_col;
  return out;
}

Result<std::string> read_stdin() {
  std::string out;
  std::array<char, 1u << 16> block{};
  while (true) {
    const auto count = ::read(0, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(Code::failed, "stdin can't be read: " + reason(), "nothing was changed");
    if (count == 0) return out;
    out.append(block.data(), static_cast<std::size_t>(count));
    if (out.size() > kStdinBytesMax)
      return fail(Code::limit, "more than 64 MiB came from stdin", "nothing was changed");
  }
}

namespace {

/// Shows a prompt and reads the line that follows; nothing when it breaks off.
std::optional<std::string> read_answer(int terminal, std::string_view prompt) {
  std::string out;
  static_cast<void>(write_all(terminal, prompt));
  char c = 0;
  while (out.size() < 4096 && ::read(terminal, &c, 1) == 1) {
    if (c == '\n') return out;
    out += c;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ask(std::string_view prompt) {
  if (::isatty(0) != 1) return std::nullopt;
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::nullopt;
  auto out = read_answer(terminal, prompt);
  ::close(terminal);
  return out;
}

std::optional<std::string> ask_secret(std::string_view prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::nullopt;
  std::optional<std::string> out;
  {
    const Hidden hidden(terminal);
    out = read_answer(terminal, prompt);
  }
  static_cast<void>(write_all(terminal, "\n"));
  ::close(terminal);
  return out;
}

Status run_editor(const std::string& editor, const std::string& path) {
  const auto child = ::fork();
  if (child < 0) return fail(Code::failed, "no editor can be started: " + reason());
  if (child == 0) {
    // $EDITOR may hold options, so a shell takes it apart; the path reaches it as one word.
    const auto command = editor + " \"$1\"";
    ::signal(SIGPIPE, SIG_DFL);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), "sh", path.c_str(), nullptr);
    ::_exit(127);
  }
  struct sigaction ignore {};
  struct sigaction interrupt {};
  struct sigaction quit {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &ignore, &interrupt);
  ::sigaction(SIGQUIT, &ignore, &quit);
  int status = 0;
  pid_t ended = 0;
  do ended = ::waitpid(child, &status, 0);
  while (ended < 0 && errno == EINTR);
  ::sigaction(SIGINT, &interrupt, nullptr);
  ::sigaction(SIGQUIT, &quit, nullptr);
  if (ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return fail(Code::failed, "the editor \"" + editor + "\" is not there", "nothing was changed",
                "set $EDITOR to one that is");
  return fail(Code::failed, "the editor ended with an error", "nothing was changed");
}

Status signal_ready(int descriptor, std::string_view line) {
  if (::fcntl(descriptor, F_GETFD) < 0)
    return fail(Code::usage, "descriptor " + std::to_string(descriptor) + " is not open");
  auto written = write_all(descriptor, line);
  if (descriptor > 2) ::close(descriptor);
  // A starter that no longer waits is its own business.
  if (!written && written.error().code == Code::retry) return {};
  return written;
}

std::string program_folder() {
  std::array<char, 4096> path{};
  const auto count = ::readlink("/proc/self/exe", path.data(), path.size());
  if (count <= 0) return {};
  const std::string whole(path.data(), static_cast<std::size_t>(count));
  return whole.substr(0, whole.rfind('/'));
}

}  // namespace holm::cli
