#include "store/segment_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <set>

namespace holm::store {
namespace {

constexpr std::size_t kOpenMax = 16;  // descriptors kept
constexpr std::string_view kEnding = ".seg";

tl::unexpected<Error> trouble(std::string_view what, int code) {
  if (code == ENOSPC || code == EDQUOT) {
    return fail(Code::failed, "the disk is full", "nothing was lost",
                "free some space and try again");
  }
  return fail(Code::failed,
              "the files kept beside the store " + std::string(what) + " (" +
                  std::string(std::strerror(code)) + ")",
              "what was saved before is safe", "check the disk and its permissions");
}

class SystemSegmentDisk final : public SegmentDisk {
 public:
  explicit SystemSegmentDisk(std::string folder) : folder_(std::move(folder)) {}
  ~SystemSegmentDisk() override { close_all(); }

  Result<std::vector<Segment>> list() override {
    std::vector<Segment> out;
    auto* dir = ::opendir(folder_.c_str());
    if (dir == nullptr) {
      if (errno == ENOENT) return out;
      return trouble("cannot be listed", errno);
    }
    while (const auto* entry = ::readdir(dir)) {
      const auto number = number_of(entry->d_name);
      struct stat info = {};
      if (!number || ::lstat(path(*number).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      out.push_back({*number, static_cast<std::uint64_t>(info.st_size)});
    }
    ::closedir(dir);
    std::sort(out.begin(), out.end(),
              [](const Segment& a, const Segment& b) { return a.number < b.number; });
    return out;
  }

  Status write(SegmentNo number, std::uint64_t at, ByteView bytes) override {
    const int file = TRY(open(number, O_RDWR | O_CREAT));
    while (!bytes.empty()) {
      const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return trouble("cannot be written", errno);
      at += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  Status sync(SegmentNo number) override {
    const int file = TRY(open(number, O_RDWR | O_CREAT));
    if (::fdatasync(file) != 0) return trouble("cannot be synced", errno);
    if (!fresh_.erase(number)) return {};  // its name is durable already
    const auto parent = folder_.substr(0, folder_.find_last_of('/') + 1);
    for (const auto& name : {folder_, parent.empty() ? std::string(".") : parent}) {
      const int dir = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (dir < 0) return trouble("cannot be synced", errno);
      const int done = ::fsync(dir);
      const int code = errno;
      ::close(dir);
      if (done != 0) return trouble("cannot be synced", code);
    }
    return {};
  }

  Result<Bytes> read(SegmentNo number, std::uint64_t at, std::size_t count) override {
    const auto missing = [] {
      return fail(Code::corrupt, "a piece of a file is missing from this device's disk",
                  "the rest is untouched", "add the file again, or get it from a teammate");
    };
    const auto file = open(number, O_RDWR);
    if (!file) return missing();
    Bytes out(count);
    std::size_t done = 0;
    while (done < count) {
      const auto got =
          ::pread(*file, out.data() + done, count - done, static_cast<off_t>(at + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return trouble("cannot be read", errno);
      if (got == 0) return missing();
      done += static_cast<std::size_t>(got);
    }
    return out;
  }

  Status truncate(SegmentNo number, std::uint64_t bytes) override {
    const int file = TRY(open(number, O_RDWR));
    if (::ftruncate(file, static_cast<off_t>(bytes)) != 0) return trouble("cannot be cut", errno);
    return {};
  }

  Status remove(SegmentNo number) override {
    if (const auto found = open_.find(number); found != open_.end()) {
      ::close(found->second);
      open_.erase(found);
    }
    if (::unlink(path(number).c_str()) != 0 && errno != ENOENT) {
      return trouble("cannot be removed", errno);
    }
    return {};
  }

 private:
  static std::optional<SegmentNo> number_of(std::string_view name) {
    if (name.size() != 8 + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
    SegmentNo out = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + 8, out);
    if (error != std::errc() || end != name.data() + 8) return std::nullopt;
    return out;
  }
  std::string path(SegmentNo number) const { return folder_ + "/" + segment_name(number); }

  Result<int> open(SegmentNo number, int flags) {
    if (const auto found = open_.find(number); found != open_.end()) return found->second;
    if (open_.size() >= kOpenMax) close_all();
    flags |= O_CLOEXEC | O_NOFOLLOW;
    int file = ::open(path(number).c_str(), flags, 0600);
    if (file < 0 && errno == ENOENT && (flags & O_CREAT) != 0) {
      if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
        return trouble("cannot be made", errno);
      }
      file = ::open(path(number).c_str(), flags, 0600);
    }
    if (file < 0) return trouble("cannot be opened", errno);
    if ((flags & O_CREAT) != 0) fresh_.insert(number);
    open_[number] = file;
    return file;
  }

  void close_all() {
    for (const auto& [number, file] : open_) ::close(file);
    open_.clear();
  }

  std::string folder_;
  std::map<SegmentNo, int> open_;
  std::set<SegmentNo> fresh_;  ///< perhaps made here and not synced since
};

}  // namespace

std::string segment_name(SegmentNo number) {
  char name[32];
  (void)std::snprintf(name, sizeof name, "%08llu", static_cast<unsigned long long>(number));
  return name + std::string(kEnding);
}

std::unique_ptr<SegmentDisk> system_segment_disk(std::string folder) {
  return std::make_unique<SystemSegmentDisk>(std::move(folder));
}

}  // namespace holm::store
