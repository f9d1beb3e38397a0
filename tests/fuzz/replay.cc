// Runs a fuzz target without libFuzzer: every file of its corpus as it stands, then inputs made
// from a seed by mangling those files. HOLM_SEED=n starts from another seed, HOLM_SEEDS=n makes n
// inputs. When the target dies, the input that killed it is named on stderr and saved beside the
// program.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizers' own name, absent without them
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using holm::Bytes;

constexpr std::size_t kBytesMax = 4096;  // of a generated input; libFuzzer's own default

std::string current_name;
Bytes current_input;

void save_current() {
  const std::string path = "crash-" + current_name;
  std::fprintf(stderr, "died on input %s, saved as %s\n", current_name.c_str(), path.c_str());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(current_input.data()),
             static_cast<std::streamsize>(current_input.size()));
}

void on_abort(int) {
  save_current();
  _exit(1);
}

void run(std::string name, Bytes input) {
  current_name = std::move(name);
  current_input = std::move(input);
  LLVMFuzzerTestOneInput(current_input.data(), current_input.size());
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Bytes noise(holm::Rng& rng, std::size_t size) {
  Bytes out(size);
  rng.fill(out);
  return out;
}

std::ptrdiff_t place(holm::Rng& rng, const Bytes& in) {
  return static_cast<std::ptrdiff_t>(rng.below(in.size() + 1));
}

// One small change, of the kinds that find mistakes in decoders.
void mangle(Bytes& input, const std::vector<Bytes>& corpus, holm::Rng& rng) {
  const auto at = place(rng, input);
  const auto here = input.begin() + at;
  const auto ahead = static_cast<std::uint64_t>(input.end() - here);
  switch (rng.below(6)) {
    case 0:  // flip one bit
      if (ahead > 0) *here ^= static_cast<std::uint8_t>(1u << rng.below(8));
      return;
    case 1:  // an edge value
      if (ahead > 0) *here = std::array<std::uint8_t, 4>{0, 0x7f, 0x80, 0xff}[rng.below(4)];
      return;
    case 2: input.resize(static_cast<std::size_t>(at)); return;  // cut short
    case 3:                                                      // cut out
      input.erase(here, here + static_cast<std::ptrdiff_t>(rng.below(ahead + 1)));
      return;
    case 4: {  // put in
      const Bytes more = noise(rng, 1 + rng.below(16));
      input.insert(here, more.begin(), more.end());
      return;
    }
    default: {  // splice two
      if (corpus.empty()) return;
      const Bytes& other = corpus[rng.below(corpus.size())];
      input.resize(static_cast<std::size_t>(at));
      input.insert(input.end(), other.begin() + place(rng, other), other.end());
      return;
    }
  }
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* set = std::getenv(name);
  return set ? std::strtoull(set, nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, on_abort);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(save_current);

  // Arguments are corpus folders or single files; a folder that isn't there is an empty one.
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      if (std::filesystem::exists(argv[i])) paths.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());

  std::vector<Bytes> corpus;
  run("empty", {});
  for (const auto& path : paths) {
    corpus.push_back(read_file(path));
    run(path.filename().string(), corpus.back());
  }

  const auto seed = number_from("HOLM_SEED", 1);
  const auto count = number_from("HOLM_SEEDS", 400);
  holm::SeededRng rng(seed);
  for (std::uint64_t i = 0; i < count; ++i) {
    Bytes input = corpus.empty() || rng.chance(20) ? noise(rng, rng.below(257))
                                                   : corpus[rng.below(corpus.size())];
    for (auto n = rng.below(5); n > 0; --n) mangle(input, corpus, rng);
    if (input.size() > kBytesMax && rng.chance(90)) input.resize(kBytesMax);
    run("seed-" + std::to_string(seed) + "-" + std::to_string(i), std::move(input));
  }
  std::printf("%zu files of the corpus and %llu generated inputs\n", paths.size(),
              static_cast<unsigned long long>(count));
}
