#include "store/pieces.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "crypto/hash.h"
#include "crypto/seal.h"
#include "tests/store/fixtures.h"
#include "tests/store/naive_segments.h"
#include "tests/support/folder.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

using holm::test::for_each_seed;

constexpr auto kNever = std::numeric_limits<std::int64_t>::max();

PieceId name_of(ByteView content) {
  return *PieceId::from(crypto::hash("test piece", content).view());
}

/// A store whose segments lie in memory.
struct Shelf {
  explicit Shelf(std::uint64_t seed = 1) : bench(seed), disk(seed + 100), rng(seed + 200) {
    open();
  }
  void open() {
    store.reset();
    auto options = bench.options();
    options.segments = &disk;
    store = must(Store::open(options));
    turn([&] { must(pieces().prepare(rng)); });
  }
  template <class Work>
  void turn(Work work) {
    must(store->begin());
    work();
    must(store->commit());
  }
  Pieces& pieces() { return store->pieces(); }
  PieceId put(ByteView content) {
    const auto id = name_of(content);
    must(pieces().put(space, id, 0, content, rng));
    return id;
  }
  void flush() {
    turn([&] { must(pieces().flush()); });
  }
  Pieces::InTurn in_turn() {
    return [this](const std::function<Status()>& body) -> Status {
      TRY(store->begin());
      auto done = body();
      if (!done) {
        store->rollback();
        return done;
      }
      return store->commit();
    };
  }
  Bytes noise(std::size_t count) {
    Bytes out(count);
    rng.fill(out);
    return out;
  }
  void power_goes() {
    bench.disk.crash();
    disk.crash();
    store.reset();
    bench.disk.power_on();
    open();
  }

  Bench bench;
  NaiveSegments disk;
  SeededRng rng;
  SpaceId space = id_of<SpaceId>(7);
  std::unique_ptr<Store> store;
};

TEST_CASE("pieces: kept over a restart, once each, under their names") {
  Shelf shelf;
  const auto content = shelf.noise(70'000);
  const auto id = shelf.put(content);
  CHECK(must(shelf.pieces().get(id)) == content);  // before it is durable too
  shelf.flush();
  const auto disk = must(shelf.pieces().disk_bytes());
  CHECK(shelf.put(content) == id);
  shelf.flush();
  CHECK(must(shelf.pieces().disk_bytes()) == disk);
  shelf.open();
  CHECK(must(shelf.pieces().get(id)) == content);
  const auto info = must(shelf.pieces().find(id));
  REQUIRE(info);
  CHECK(info->space == shelf.space);
  CHECK(info->bytes == content.size());
  CHECK(must(shelf.pieces().count()).pieces == 1);
  CHECK(error_of(shelf.pieces().get(id_of<PieceId>(9))).code == Code::not_found);
}

TEST_CASE("pieces: no segment holds a word of the content, or where a piece begins") {
  Shelf shelf;
  const std::string secret = "the key is under the third flower pot";
  shelf.put(as_bytes(secret));
  shelf.flush();
  for (const auto& [number, file] : shelf.disk.files) {
    const std::string bytes(file.now.begin(), file.now.end());
    CHECK(bytes.find("flower") == std::string::npos);
    CHECK(bytes.find(to_text(name_of(as_bytes(secret)).view())) == std::string::npos);
  }
}

TEST_CASE("pieces: any flipped bit, swapped piece or lost file is found at reading") {
  Shelf shelf;
  const auto one = shelf.put(shelf.noise(1000));
  const auto other = shelf.put(shelf.noise(1000));
  shelf.flush();
  auto& bytes = shelf.disk.files.begin()->second.now;
  const auto whole = bytes;
  for (int i = 0; i < 200; ++i) {
    bytes = whole;
    bytes[shelf.rng.below(bytes.size() / 2)] ^= static_cast<std::uint8_t>(1u << shelf.rng.below(8));
    CHECK(error_of(shelf.pieces().get(one)).code == Code::corrupt);
    CHECK(shelf.pieces().get(other));
  }
  bytes = whole;
  std::rotate(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2),
              bytes.end());
  CHECK(error_of(shelf.pieces().get(one)).code == Code::corrupt);
  shelf.disk.files.clear();
  CHECK(error_of(shelf.pieces().get(one)).code == Code::corrupt);
}

TEST_CASE("pieces: a full disk and a sync that fails once lose nothing that was held") {
  for_each_seed(20, [](std::uint64_t seed) {
    Shelf shelf(seed);
    const auto kept = shelf.noise(5000);
    const auto id = shelf.put(kept);
    shelf.flush();
    const auto lost = shelf.noise(3000);
    if (seed % 2 == 0) {
      shelf.disk.writes_left = 0;
      CHECK_FALSE(shelf.pieces().put(shelf.space, name_of(lost), 0, lost, shelf.rng));
      shelf.disk.writes_left.reset();
    } else {
      shelf.put(lost);
      shelf.disk.fail_next_sync = true;
      must(shelf.store->begin());
      CHECK_FALSE(shelf.pieces().flush());
      shelf.store->rollback();
    }
    CHECK_FALSE(must(shelf.pieces().has(name_of(lost))));
    const auto next = shelf.noise(4000);
    shelf.put(next);
    shelf.flush();
    shelf.power_goes();
    CHECK(must(shelf.pieces().get(id)) == kept);
    CHECK(must(shelf.pieces().get(name_of(next))) == next);
  });
}

TEST_CASE("pieces: what an add under way uses is safe from collection") {
  Shelf shelf;
  const auto old = shelf.put(shelf.noise(1000));
  const auto used = shelf.put(shelf.noise(1000));
  shelf.flush();
  const auto since = must(shelf.pieces().begin_add());
  must(shelf.pieces().touch(used));
  const auto nothing = [](const PieceId&) { return false; };
  shelf.turn([&] { (void)must(shelf.pieces().sweep(nothing, since)); });
  CHECK_FALSE(must(shelf.pieces().has(old)));
  CHECK(must(shelf.pieces().has(used)));  // touched, not flushed yet
  const auto fresh = shelf.put(shelf.noise(1000));
  shelf.flush();
  shelf.turn([&] { (void)must(shelf.pieces().sweep(nothing, since)); });
  CHECK(must(shelf.pieces().has(used)));
  CHECK(must(shelf.pieces().has(fresh)));
  shelf.turn([&] { (void)must(shelf.pieces().sweep(nothing, kNever)); });
  CHECK(must(shelf.pieces().count()).pieces == 0);
  CHECK(must(shelf.pieces().clean_disk(shelf.in_turn(), shelf.rng)) == 0);
}

TEST_CASE("pieces: collection frees exactly what is not needed, whatever crashes in between") {
  for_each_seed(40, [](std::uint64_t seed) {
    Shelf shelf(seed);
    auto& rng = shelf.rng;
    std::map<PieceId, Bytes> held;     // durable
    std::map<PieceId, Bytes> pending;  // put, not flushed
    std::set<PieceId> needed;
    const auto check = [&] {
      CHECK(must(shelf.pieces().count()).pieces == held.size());
      for (const auto& [id, content] : held) CHECK(must(shelf.pieces().get(id)) == content);
    };
    for (int step = 0; step < 60; ++step) {
      switch (rng.below(6)) {
        case 0:
        case 1:
        case 2: {
          auto content = shelf.noise(1 + rng.below(20'000));
          const auto id = shelf.put(content);
          if (rng.chance(60)) needed.insert(id);
          pending[id] = std::move(content);
          break;
        }
        case 3:
          shelf.flush();
          held.merge(pending);
          pending.clear();
          break;
        case 4: {
          if (!pending.empty()) break;
          if (!needed.empty() && rng.chance(30)) needed.erase(needed.begin());
          Pieces::Freed freed;
          shelf.turn([&] {
            freed = must(shelf.pieces().sweep(
                [&](const PieceId& id) { return needed.contains(id); }, kNever));
          });
          std::uint64_t dropped = 0;
          std::uint64_t bytes = 0;
          for (const auto& [id, content] : held) {
            if (needed.contains(id)) continue;
            ++dropped;
            bytes += content.size();
          }
          CHECK(freed.freed.pieces == dropped);
          CHECK(freed.freed.bytes == bytes);
          std::erase_if(held, [&](const auto& item) { return !needed.contains(item.first); });
          CHECK(freed.kept.pieces == held.size());
          if (rng.chance(20)) break;  // the power goes before the disk is cleaned
          const auto after = must(shelf.pieces().clean_disk(shelf.in_turn(), rng));
          std::uint64_t live = 0;
          for (const auto& [id, content] : held) live += content.size() + 72;
          CHECK(after >= live);
          CHECK(after <= live + live / 8);
          break;
        }
        default:
          shelf.power_goes();
          pending.clear();
          check();
      }
    }
    shelf.open();
    check();
  });
}

TEST_CASE("pieces: on the system's disk, in files that only their owner reads") {
  holm::test::Folder folder;
  SeededRng rng(1);
  const auto open = [&] {
    return must(Store::open({(folder.path / "team.db").string(), {}, test_tables()}));
  };
  const auto content = Bytes(100'000, 42);
  const auto id = name_of(content);
  {
    auto store = open();
    must(store->begin());
    must(store->pieces().prepare(rng));
    must(store->commit());
    must(store->pieces().put(id_of<SpaceId>(1), id, 0, content, rng));
    must(store->begin());
    must(store->pieces().flush());
    must(store->commit());
    const auto lost = Bytes(10, 1);
    must(store->pieces().put(id_of<SpaceId>(1), name_of(lost), 0, lost, rng));
  }
  namespace fs = std::filesystem;
  const auto segment = folder.path / "team.files" / "00000001.seg";
  CHECK(fs::file_size(segment) > content.size() + 72);
  CHECK((fs::status(segment).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  std::ofstream(folder.path / "team.files" / "notes.txt") << "not ours";
  auto store = open();
  must(store->begin());
  must(store->pieces().prepare(rng));
  must(store->commit());
  CHECK(must(store->pieces().get(id)) == content);
  CHECK(fs::file_size(segment) == content.size() + 72);  // what was never held is cut off
  CHECK(fs::exists(folder.path / "team.files" / "notes.txt"));
}

TEST_CASE("pieces: of what is wiped no byte stays in a segment, and all else reads as before") {
  for_each_seed(20, [](std::uint64_t seed) {
    Shelf shelf(seed);
    SeededRng rng(seed);
    std::map<PieceId, Bytes> all;
    for (int i = 0; i < 40; ++i) {
      const auto content = shelf.noise(1 + rng.below(3000));
      all[shelf.put(content)] = content;
      if (rng.chance(30)) shelf.flush();
    }
    shelf.flush();
    const auto before = shelf.disk.files;
    std::set<PieceId> needed;
    for (const auto& [id, content] : all) {
      if (rng.chance(97)) needed.insert(id);  // so few go that nothing is moved
    }
    shelf.turn([&] {
      must(shelf.pieces().sweep([&](const PieceId& id) { return needed.contains(id); }, kNever));
    });
    if (rng.chance(50)) {
      shelf.disk.writes_left = rng.below(2);
      if (!shelf.pieces().wipe_garbage()) shelf.power_goes();
      shelf.disk.writes_left.reset();
    }
    must(shelf.pieces().wipe_garbage());
    (void)must(shelf.pieces().clean_disk(shelf.in_turn(), shelf.rng));
    if (rng.chance(50)) shelf.power_goes();
    std::uint64_t live = 0;
    for (const auto& [id, content] : all) {
      CHECK(must(shelf.pieces().has(id)) == needed.contains(id));
      if (!needed.contains(id)) continue;
      CHECK(must(shelf.pieces().get(id)) == content);
      live += content.size() + crypto::kSealOverhead;
    }
    // Nothing but zeros is left beside them.
    std::uint64_t used = 0;
    for (const auto& [number, file] : shelf.disk.files) {
      for (const auto byte : file.now) used += byte != 0 ? 1 : 0;
    }
    CHECK(used <= live);
    if (needed.size() == all.size()) CHECK(shelf.disk.files.at(1).now == before.at(1).now);
    // And what is put goes on behind it.
    const auto more = shelf.put(shelf.noise(500));
    shelf.flush();
    CHECK(must(shelf.pieces().get(more)).size() == 500);
  });
}

TEST_CASE("pieces: nothing is wiped while a file is added") {
  Shelf shelf;
  const auto content = shelf.noise(5000);
  const auto id = shelf.put(content);
  CHECK(error_of(shelf.pieces().wipe_garbage()).code == Code::busy);
  CHECK(must(shelf.pieces().get(id)) == content);
}

}  // namespace
}  // namespace holm::store::test
