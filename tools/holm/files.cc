#include "tools/holm/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/wire.h"

namespace holm::cli {
namespace {

constexpr std::size_t kBytesMax = 64u << 20;

std::string reason() { return std::strerror(errno); }

/// All bytes to an open file.
bool put_all(int file, ByteView bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

/// All bytes to an open file, and on to the disk.
bool write_all(int file, ByteView bytes) { return put_all(file, bytes) && ::fsync(file) == 0; }

}  // namespace

Status write_file(const std::string& path, ByteView bytes, Access access) {
  const auto beside = path + ".part" + std::to_string(::getpid());
  const auto wrong = [&](std::string why) {
    ::unlink(beside.c_str());
    return fail(Code::failed, path + " can't be written: " + std::move(why),
                "nothing stands there that was not there before");
  };
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                          access == Access::owner ? 0600 : 0666);
  if (file < 0) return wrong(reason());
  const bool written = write_all(file, bytes);
  auto why = written ? std::string() : reason();
  if (::close(file) != 0 && why.empty()) why = reason();
  if (!why.empty()) return wrong(std::move(why));
  if (::rename(beside.c_str(), path.c_str()) != 0) return wrong(reason());
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(Code::usage, path + " is a folder, not a file", "nothing was changed");
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return fail(Code::not_found, "the file " + path + " can't be read: " + reason(),
                "nothing was changed");
  std::string out;
  std::string block(1u << 16, '\0');
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    out.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (out.size() > kBytesMax)
      return fail(Code::limit, path + " is larger than 64 MiB", "nothing was changed");
  }
  if (in.bad()) return fail(Code::failed, "reading " + path + " went wrong", "nothing was changed");
  return out;
}

Result<std::string> read_passphrase(const std::string& path) {
  auto text = TRY(read_file(path));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty() || text.find('\n') != std::string::npos)
    return fail(Code::usage, "a passphrase file holds one line", "nothing was done");
  return text;
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  auto out = std::filesystem::absolute(path, error);
  return error ? path : out.lexically_normal().string();
}

Value path_values(const std::vector<std::string>& paths) {
  auto out = Value::array();
  for (const auto& path : paths) {
    std::error_code error;
    const auto full = std::filesystem::absolute(path, error);
    const auto& text = error ? path : full.string();
    out.push(is_utf8(text) ? Value(text) : Value(to_bytes(text)));
  }
  return out;
}

std::string place_for(const std::string& out, const std::string& name) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(out, error);
  return is_folder ? (std::filesystem::path(out) / name).string() : out;
}

FileWriter::FileWriter(std::string path, std::string beside, int file, There there)
    : path_(std::move(path)), beside_(std::move(beside)), file_(file), there_(there) {}

FileWriter::~FileWriter() {
  if (file_ >= 0) ::close(file_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

tl::unexpected<Error> FileWriter::wrong(const std::string& why) const {
  return fail(Code::failed, path_ + " can't be written: " + why,
              "nothing stands there that was not there before");
}

Result<std::unique_ptr<FileWriter>> FileWriter::open(std::string path, There there) {
  struct stat info = {};
  if (there == There::kept && ::lstat(path.c_str(), &info) == 0)
    return fail(Code::failed, path + " is there already", "it was left as it is",
                "choose another name with --out, or replace it with --overwrite");
  auto beside = path + ".part" + std::to_string(::getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  const auto why = reason();
  std::unique_ptr<FileWriter> out(
      new FileWriter(std::move(path), file < 0 ? std::string() : std::move(beside), file, there));
  if (file < 0) return out->wrong(why);
  return out;
}

Status FileWriter::write(ByteView bytes) {
  if (!put_all(file_, bytes)) return wrong(reason());
  return {};
}

Status FileWriter::finish() {
  if (::fsync(file_) != 0) return wrong(reason());
  const int closed = ::close(std::exchange(file_, -1));
  if (closed != 0) return wrong(reason());
  // A name that has come up meanwhile is not replaced either, where the disk knows links.
  if (there_ == There::kept && ::link(beside_.c_str(), path_.c_str()) == 0) return {};
  if (there_ == There::kept && errno == EEXIST) return wrong("it has come up meanwhile");
  if (::rename(beside_.c_str(), path_.c_str()) != 0) return wrong(reason());
  beside_.clear();
  return {};
}

}  // namespace holm::cli
