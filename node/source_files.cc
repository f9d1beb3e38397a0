#include "node/source_files.h"

#include <algorithm>
#include <filesystem>

#include "node/home.h"

namespace holm::node {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBytesMax = 1u << 30;
constexpr std::size_t kFilesMax = 100'000;

}  // namespace

Result<std::vector<work::SourceFile>> read_source(const std::string& path) {
  std::vector<work::SourceFile> out;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    auto bytes = read_file(path, kBytesMax);
    if (!bytes) return fail(std::move(bytes).error());
    out.push_back({fs::path(path).filename().string(), std::move(*bytes)});
    return out;
  }
  std::size_t total = 0;
  const fs::path root(path);
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  (void)fs::directory_iterator(root, error);  // the folder itself has to be readable
  if (error) return fail(Code::denied, "cannot read " + path + ": " + error.message());
  for (fs::recursive_directory_iterator at(root, kOptions, error), end; !error && at != end;
       at.increment(error)) {
    if (out.size() >= kFilesMax) return fail(Code::limit, path + " holds too many files");
    work::SourceFile file{at->path().lexically_relative(root).generic_string(), {}};
    file.at = at->path().string();
    std::error_code ignored;
    if (at->is_symlink(ignored)) {
      file.problem = "a link; links are not followed";
    } else if (at->is_directory(ignored)) {
      const bool is_versions = at->path().filename() == ".git";
      (void)fs::directory_iterator(at->path(), ignored);
      if (!is_versions && !ignored) continue;
      if (is_versions) at.disable_recursion_pending();
      file.problem =
          is_versions ? "old versions that git keeps" : "cannot be read: " + ignored.message();
    } else if (!at->is_regular_file(ignored)) {
      file.problem = "no regular file";
    } else if (work::is_note(file.path)) {
      auto bytes = read_file(at->path().string(), std::min(work::kNoteBytesMax, kBytesMax - total));
      if (bytes) {
        total += bytes->size();
        file.bytes = std::move(*bytes);
      } else if (total + work::kNoteBytesMax > kBytesMax && bytes.error().code == Code::limit) {
        return fail(Code::limit, path + " holds more than 1 GiB of notes");
      } else {
        file.problem =
            bytes.error().code == Code::limit ? "larger than 16 MiB" : bytes.error().what;
      }
    }
    out.push_back(std::move(file));
  }
  if (error) return fail(Code::denied, "cannot read " + path + ": " + error.message());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

}  // namespace holm::node
