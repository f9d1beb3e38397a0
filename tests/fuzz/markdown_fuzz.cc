// work/exchange/markdown.cc: every note that comes is its file byte for byte, also after the folder
// changed; importing again changes nothing.
//
// Input: folders, one after the other, separated by byte 0x1d; files of a folder by 0x1e; a file is
// its path, a line feed, and its bytes.
#include <map>

#include "base/wire.h"
#include "tests/fuzz/seed_state.h"
#include "work/schema.h"

namespace holm::fuzz {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto cut = text.find(separator);
    out.push_back(text.substr(0, cut));
    if (cut == std::string_view::npos) return out;
    text.remove_prefix(cut + 1);
  }
}

std::vector<work::SourceFile> files_of(std::string_view folder) {
  std::vector<work::SourceFile> out;
  for (const auto file : split(folder, '\x1e')) {
    const auto cut = file.find('\n');
    out.push_back(
        {std::string(file.substr(0, cut)),
         to_bytes(cut == std::string_view::npos ? std::string_view() : file.substr(cut + 1))});
  }
  return out;
}

void check_texts(const SeedState& state, const std::vector<work::SourceFile>& files) {
  std::map<std::string, int> named;
  for (const auto& file : files) ++named[file.path];
  for (const auto& file : files) {
    const work::Ref ref{state.room, work::derived_id(state.room, "markdown", file.path)};
    if (!*state.object(ref) || !work::is_note(file.path) || named[file.path] > 1 ||
        !is_utf8(as_text(file.bytes)))
      continue;
    ENSURE(*state.text(ref, work::document::kText) == as_text(file.bytes));
  }
}

}  // namespace
}  // namespace holm::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holm;
  fuzz::SeedState state;
  std::size_t folders = 0;
  for (const auto folder : fuzz::split(as_text({data, size}), '\x1d')) {
    if (++folders > 4) break;
    const auto files = fuzz::files_of(folder);
    const auto acting = state.acting();
    const auto plan = work::import_markdown(state, acting, {state.room, {}}, files);
    ENSURE(plan.has_value());
    state.take(*plan);
    fuzz::check_texts(state, files);
    const auto again = work::import_markdown(state, acting, {state.room, {}}, files);
    ENSURE(again.has_value());
    ENSURE(fuzz::write_count(*again) == 0);
    ENSURE(again->skipped == plan->skipped);
  }
  return 0;
}
