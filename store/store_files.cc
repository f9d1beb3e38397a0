#include "store/store_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "store/descriptor.h"

namespace holm::store {
namespace {

tl::unexpected<Error> trouble(const std::string& what, int code) {
  if (code == ENOSPC || code == EDQUOT) {
    return fail(Code::failed, "the disk is full", "nothing was lost",
                "free some space and try again");
  }
  return fail(Code::failed, what + " (" + std::string(std::strerror(code)) + ")",
              "what was saved before is safe", "check the disk and its permissions");
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

Status sync_folder_of(const std::string& path) {
  const auto folder = folder_of(path);
  const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() < 0 || ::fsync(dir.get()) != 0) return trouble("cannot sync " + folder, errno);
  return {};
}

Status copy(const std::string& from, const std::string& to) {
  const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (in.get() < 0) return trouble("cannot read " + from, errno);
  const Descriptor out(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (out.get() < 0) return trouble("cannot make " + to, errno);
  std::array<char, 1u << 16> buffer{};
  for (;;) {
    const auto got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return trouble("cannot read " + from, errno);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const auto put =
          ::write(out.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return trouble("cannot write " + to, errno);
      done += put;
    }
  }
  if (::fsync(out.get()) != 0) return trouble("cannot sync " + to, errno);
  return {};
}

class SystemStoreFiles final : public StoreFiles {
 public:
  Result<bool> exists(const std::string& path) override {
    struct stat info = {};
    if (::lstat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return trouble("cannot look at " + path, errno);
  }

  Result<std::vector<std::string>> beginning_with(const std::string& prefix) override {
    std::vector<std::string> out;
    const auto folder = folder_of(prefix);
    const auto begins = prefix.find('/') == std::string::npos ? std::string() : folder;
    const auto name = std::string_view(prefix).substr(begins.size());
    auto* dir = ::opendir(folder.c_str());
    if (dir == nullptr) {
      if (errno == ENOENT) return out;
      return trouble("cannot list " + folder, errno);
    }
    while (const auto* entry = ::readdir(dir)) {
      if (std::string_view(entry->d_name).starts_with(name)) out.push_back(begins + entry->d_name);
    }
    ::closedir(dir);
    std::sort(out.begin(), out.end());
    return out;
  }

  Status keep_as(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0 && errno != EEXIST) {
      if (errno == ENOENT || errno == ENOSPC || errno == EDQUOT) {
        return trouble("cannot keep " + from, errno);
      }
      // A copy under its last name only when it is whole.
      if (auto copied = copy(from, to + ".part"); !copied) {
        ::unlink((to + ".part").c_str());
        return copied;
      }
      return rename(to + ".part", to);
    }
    return sync_folder_of(to);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return trouble("cannot rename " + from, errno);
    return sync_folder_of(to);
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) {
      if (errno == ENOENT) return {};
      return trouble("cannot remove " + path, errno);
    }
    return sync_folder_of(path);
  }
};

}  // namespace

StoreFiles& system_store_files() {
  static SystemStoreFiles files;
  return files;
}

}  // namespace holm::store
