#include "node/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/wire.h"

namespace holm::node {
namespace {

/// A path as an error may name it.
std::string shown(const std::string& path) {
  return is_utf8(path) ? path : "the file (its name is not UTF-8)";
}

tl::unexpected<Error> refuse(Code code, std::string what, std::string todo = {}) {
  return fail(code, std::move(what), "nothing was added", std::move(todo));
}

class FileSource final : public ByteSource {
 public:
  FileSource(std::string path, int file, const struct stat& info)
      : path_(std::move(path)), file_(file), info_(info) {}
  ~FileSource() override { ::close(file_); }

  std::uint64_t bytes() const override { return static_cast<std::uint64_t>(info_.st_size); }

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto count = ::read(file_, out.data() + done, out.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        return refuse(Code::failed,
                      shown(path_) + " cannot be read: " + std::string(std::strerror(errno)));
      }
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  Status check_unchanged() override {
    struct stat now = {};
    const bool is_same = ::fstat(file_, &now) == 0 && now.st_size == info_.st_size &&
                         now.st_mtim.tv_sec == info_.st_mtim.tv_sec &&
                         now.st_mtim.tv_nsec == info_.st_mtim.tv_nsec;
    if (is_same) return {};
    return refuse(Code::failed, shown(path_) + " was changed while it was read",
                  "add it again when nobody writes to it");
  }

 private:
  std::string path_;
  int file_;
  struct stat info_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return refuse(Code::usage, "that is no path of a file");
  }
  // Without O_NONBLOCK a pipe would be waited for.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    const int code = errno;
    const auto what = shown(path) + " cannot be opened: " + std::string(std::strerror(code));
    if (code == ENOENT || code == ENOTDIR) return refuse(Code::not_found, what, "check the name");
    if (code == EACCES || code == EPERM) return refuse(Code::denied, what);
    if (code == ELOOP || code == ENAMETOOLONG) return refuse(Code::usage, what, "check the name");
    return refuse(Code::failed, what);
  }
  struct stat info = {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    const bool is_folder = S_ISDIR(info.st_mode);
    ::close(file);
    return refuse(Code::usage, shown(path) + (is_folder ? " is a folder" : " is no regular file"),
                  is_folder ? "name the files in it, or put them into one archive first" : "");
  }
  return std::unique_ptr<ByteSource>(new FileSource(path, file, info));
}

}  // namespace holm::node
