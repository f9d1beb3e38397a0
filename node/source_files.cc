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
  for (fs::recursive_directory_iterator at(root, error), end; at != end; at.increment(error)) {
    if (error) break;
    if (at->is_symlink(error) || !at->is_regular_file(error)) continue;
    if (out.size() >= kFilesMax) return fail(Code::limit, path + " holds too many files");
    auto bytes = TRY(read_file(at->path().string(), kBytesMax - total));
    total += bytes.size();
    out.push_back({at->path().lexically_relative(root).generic_string(), std::move(bytes)});
  }
  if (error) return fail(Code::denied, "cannot read " + path + ": " + error.message());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

}  // namespace holm::node
