// Files: cut and named in memory on one core, by processor time, and brought into a store and read
// back through a real segment folder, with what memory that takes.
#include "base/rng.h"
#include "crypto/blake2b.h"
#include "crypto/random.h"
#include "files/cutter.h"
#include "files/list_walk.h"
#include "node/byte_source.h"
#include "node/file_intake.h"
#include "store/pieces.h"
#include "store/store.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMemoryBytes = 256u << 20;
constexpr std::uint64_t kFileBytes = 1ull << 30;

double mb_per_s(std::uint64_t bytes, double ms) { return static_cast<double>(bytes) / 1000.0 / ms; }

/// Noise of any length that costs next to nothing to make: a block of it, with a counter in each.
class Noise final : public node::ByteSource {
 public:
  Noise(std::uint64_t bytes, std::uint64_t seed) : bytes_(bytes), block_(1u << 20) {
    SeededRng rng(seed);
    rng.fill(block_);
  }
  std::uint64_t bytes() const override { return bytes_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size() && at_ < bytes_) {
      const auto in_block = at_ % block_.size();
      if (in_block % 4096 == 0 && at_ % 8 == 0) stamp();
      const auto most = std::min<std::uint64_t>(out.size() - done, bytes_ - at_);
      const auto count = std::min<std::uint64_t>(most, block_.size() - in_block);
      std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(in_block), count,
                  out.begin() + static_cast<std::ptrdiff_t>(done));
      done += count;
      at_ += count;
    }
    return done;
  }
  Status check_unchanged() override { return {}; }

 private:
  /// Makes each turn of the block differ from the ones before, every 512 bytes.
  void stamp() {
    const auto turn = at_ / block_.size();
    for (std::size_t i = 0; i < block_.size(); i += 512)
      block_[i] = std::uint8_t(turn >> (i / 512 % 3 * 8));
    for (std::size_t i = 256; i < block_.size(); i += 512) block_[i] = std::uint8_t(block_[i] + 1);
  }

  std::uint64_t bytes_;
  std::uint64_t at_ = 0;
  Bytes block_;
};

Status bench_memory(const Options& options, const Report& report, const files::ContentKeys& keys) {
  Bytes data(kMemoryBytes);
  SeededRng(options.seed).fill(data);
  std::uint64_t count = 0;
  unsigned mixed = 0;
  const auto run = [&](bool is_named) {
    return median_ms(options.runs, [&] {
      count = 0;
      crypto::Blake2b whole(32);
      const auto began = processor_ms();
      const files::Cutter::Sink sink = [&](ByteView chunk) -> Status {
        ++count;
        if (!is_named) return {};
        mixed += keys.chunk_id(chunk).bytes[0];
        return {};
      };
      files::Cutter cutter(keys.gear());
      for (std::size_t at = 0; at < data.size(); at += 1u << 20) {
        const auto portion = ByteView(data).subspan(at, 1u << 20);
        if (is_named) whole.update(portion);
        (void)cutter.feed(portion, sink).has_value();
      }
      (void)cutter.finish(sink).has_value();
      return processor_ms() - began;
    });
  };
  const auto cut_ms = run(false);
  report.add(Value::object()
                 .set("bench", "files")
                 .set("case", "cut")
                 .set("cpu_ms", cut_ms)
                 .set("bytes", data.size())
                 .set("mb_per_s", mb_per_s(data.size(), cut_ms))
                 .set("average_bytes", data.size() / count));
  const auto all_ms = run(true);
  report.add(Value::object()
                 .set("bench", "files")
                 .set("case", "cut, chunk ids, whole hash")
                 .set("cpu_ms", all_ms)
                 .set("bytes", data.size())
                 .set("mb_per_s", mb_per_s(data.size(), all_ms))
                 .set("chunks", count)
                 .set("check", mixed));
  return {};
}

Status bench_store(const Options& options, const Report& report, const files::ContentKeys& keys) {
  const auto folder = TRY(Folder::make());
  crypto::SystemRng rng;
  auto store = TRY(store::Store::open({folder.path() + "/team.db", {}, {}}));
  auto& pieces = store->pieces();
  const node::InTurn in_turn = [&](const std::function<Status()>& body) -> Status {
    TRY(store->begin());
    TRY(body());
    return store->commit();
  };
  TRY(in_turn([&] { return pieces.prepare(rng); }));
  const auto space = rng.id<SpaceId>();
  const auto add = [&](const char* name, std::uint64_t bytes) -> Result<work::FileContent> {
    (void)TRY(pieces.begin_add());
    const auto before = TRY(pieces.disk_bytes());
    start_peak();
    const auto base = rss_kb();
    const auto began = Clock::now();
    const auto cpu = processor_ms();
    node::FileIntake intake(pieces, space, keys, std::make_unique<Noise>(bytes, options.seed), "x",
                            rng);
    while (!TRY(intake.step(4u << 20, in_turn))) {
    }
    TRY(in_turn([&] { return pieces.flush(); }));
    const auto ms = ms_since(began);
    report.add(Value::object()
                   .set("bench", "files")
                   .set("case", name)
                   .set("ms", ms)
                   .set("bytes", bytes)
                   .set("mb_per_s", mb_per_s(bytes, ms))
                   .set("cpu_ms", processor_ms() - cpu)
                   .set("disk_bytes", TRY(pieces.disk_bytes()) - before)
                   .set("database_bytes", store->bytes_on_disk())
                   .set("rss_kb", peak_kb() - base));
    return intake.taken().content;
  };
  const auto content = TRY(add("add, durable", kFileBytes));
  (void)TRY(add("add again", kFileBytes));
  start_peak();
  const auto base = rss_kb();
  const auto began = Clock::now();
  const auto cpu = processor_ms();
  const files::FetchList fetch = [&](const PieceId& id) { return pieces.get(id); };
  crypto::Blake2b whole(32);
  for (std::uint64_t at = 0; at < content.bytes;) {
    const auto chunks = TRY(files::chunks_at({content.root, content.bytes}, at, 1u << 20, fetch));
    for (const auto& [chunk, start] : chunks) {
      const auto bytes = TRY(pieces.get(chunk.id));
      if (keys.chunk_id(bytes) != chunk.id) return fail(Code::corrupt, "a chunk is another");
      whole.update(bytes);
      at = start + chunk.bytes;
    }
  }
  Digest hash;
  whole.finish(hash.bytes);
  if (hash != content.hash) return fail(Code::corrupt, "the file came out otherwise");
  const auto ms = ms_since(began);
  report.add(Value::object()
                 .set("bench", "files")
                 .set("case", "read, verified")
                 .set("ms", ms)
                 .set("bytes", content.bytes)
                 .set("mb_per_s", mb_per_s(content.bytes, ms))
                 .set("cpu_ms", processor_ms() - cpu)
                 .set("rss_kb", peak_kb() - base));
  return {};
}

}  // namespace

Status bench_files(const Options& options, const Report& report) {
  TRY(crypto::init());
  SeededRng rng(options.seed);
  const files::ContentKeys keys(crypto::SecretKey32::make(rng));
  TRY(bench_memory(options, report, keys));
  return bench_store(options, report, keys);
}

}  // namespace holm::bench
