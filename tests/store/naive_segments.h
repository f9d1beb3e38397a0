// A folder of segments in memory that forgets unsynced writes at a crash, and fails when told to.
#pragma once

#include <map>
#include <optional>

#include "base/rng.h"
#include "store/segment_disk.h"

namespace holm::store::test {

class NaiveSegments final : public SegmentDisk {
 public:
  explicit NaiveSegments(std::uint64_t seed) : rng_(seed) {}

  Result<std::vector<Segment>> list() override {
    std::vector<Segment> out;
    for (const auto& [number, file] : files) out.push_back({number, file.now.size()});
    return out;
  }
  Status write(SegmentNo number, std::uint64_t at, ByteView bytes) override {
    auto& now = files[number].now;
    if (writes_left && *writes_left == 0) {
      // Part of it may stand there.
      const auto some = rng_.below(bytes.size() + 1);
      put(now, at, bytes.first(some));
      return fail(Code::failed, "the disk is full");
    }
    if (writes_left) --*writes_left;
    put(now, at, bytes);
    return {};
  }
  Status sync(SegmentNo number) override {
    if (fail_next_sync) {
      fail_next_sync = false;
      return fail(Code::failed, "the disk reported an error");
    }
    auto& file = files[number];
    file.synced = file.now;
    return {};
  }
  Result<Bytes> read(SegmentNo number, std::uint64_t at, std::size_t count) override {
    const auto found = files.find(number);
    if (found == files.end() || found->second.now.size() < at + count) {
      return fail(Code::corrupt, "missing");
    }
    return to_bytes(ByteView(found->second.now).subspan(at, count));
  }
  Status truncate(SegmentNo number, std::uint64_t bytes) override {
    files[number].now.resize(bytes);
    return {};
  }
  Status remove(SegmentNo number) override {
    files.erase(number);
    return {};
  }

  /// The power goes: of what was not synced some is there, some is not, some is torn.
  void crash() {
    for (auto at = files.begin(); at != files.end();) {
      auto& [number, file] = *at;
      if (!file.synced && rng_.chance(50)) {
        at = files.erase(at);
        continue;
      }
      auto kept = file.synced.value_or(Bytes{});
      if (file.now.size() > kept.size()) {
        const auto more = rng_.below(file.now.size() - kept.size() + 1);
        const auto before = kept.size();
        kept.resize(before + more);
        if (rng_.chance(50)) rng_.fill(std::span(kept).subspan(before));
      }
      file.now = kept;
      file.synced = kept;
      ++at;
    }
    writes_left.reset();
    fail_next_sync = false;
  }

  struct File {
    Bytes now;
    std::optional<Bytes> synced;
  };
  std::map<SegmentNo, File> files;
  std::optional<std::uint64_t> writes_left;  ///< then the disk is full
  bool fail_next_sync = false;

 private:
  static void put(Bytes& now, std::uint64_t at, ByteView bytes) {
    if (now.size() < at + bytes.size()) now.resize(at + bytes.size());
    std::copy(bytes.begin(), bytes.end(), now.begin() + static_cast<std::ptrdiff_t>(at));
  }

  SeededRng rng_;
};

}  // namespace holm::store::test
