// What SQLite holds of a store in the clear: where it lies, and that it is gone when it is closed.
#include "store/page_memory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "base/rng.h"
#include "store/sqlite.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"
#include "tests/support/own_memory.h"

namespace holm::store {
namespace {

using test::must;

/// Kilobytes that a line of /proc/self/status tells.
std::size_t kilobytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t out = 0;
    if (word == name + ":" && status >> out) return out;
  }
  return 0;
}

/// "quagga" over and over, which no source or test says in one word.
constexpr const char* kFill =
    "INSERT INTO t SELECT replace(hex(zeroblob(2000)), '00', 'qua'||'gga')";
test::Masked planted() {
  Bytes out;
  for (int i = 0; i < 8; ++i)
    for (const char c : {'q', 'u', 'a', 'g', 'g', 'a'}) out.push_back(static_cast<std::uint8_t>(c));
  auto masked = test::masked(out);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  return masked;
}

struct Place : test::Folder {
  SeededRng rng{1};
  crypto::SecretKey32 key = crypto::SecretKey32::make(rng);
  std::unique_ptr<Db> open() {
    return must(Db::open((path / "store.db").string(), "", &key, &rng));
  }
};

TEST_CASE("page memory: what a store held in the clear is in no memory once it is closed") {
  Place place;
  if (!test::can_search_memory()) return;
  const auto looked_for = planted();
  REQUIRE(page_memory().is_set_up);
  CHECK(test::copies_in_memory(looked_for) == 0);
  {
    auto db = place.open();
    must(db->make_durable());
    must(db->run_script("CREATE TABLE t(x)"));
    for (int i = 0; i < 300; ++i) must(db->run_script(kFill));
    CHECK(test::copies_in_memory(looked_for) > 1000);  // that looking finds something
    CHECK(must(db->number("SELECT count(*) FROM t WHERE x LIKE '%gga'")) == 300);
    if (page_memory().locked_bytes > 0) {
      CHECK(page_memory_in_use() > 3'000'000);
      CHECK(kilobytes("VmLck") * 1024 >= page_memory_in_use());
    }
  }
  CHECK(test::copies_in_memory(looked_for) == 0);
  CHECK(page_memory_in_use() == 0);
  // Read alone, with what comes of it in statements and rows.
  {
    auto db = place.open();
    auto rows = must(db->prepare("SELECT x || x FROM t"));
    while (must(rows.step())) CHECK(rows.text(0).size() == 24'000);
    CHECK(test::copies_in_memory(looked_for) > 0);
  }
  CHECK(test::copies_in_memory(looked_for) == 0);
}

TEST_CASE("page memory: takes memory for what is in use, and gives it back") {
  if (page_memory().locked_bytes == 0 || !test::can_search_memory()) return;
  Place place;
  const auto before = kilobytes("VmRSS");
  {
    auto db = place.open();
    must(db->make_durable());
    must(db->run_script("CREATE TABLE t(x)"));
    CHECK(page_memory_in_use() < 1'000'000);
    CHECK(kilobytes("VmRSS") < before + 8'000);  // of 64 MiB that are reserved
    must(db->run_script("BEGIN"));
    for (int i = 0; i < 600; ++i) must(db->run_script(kFill));
    must(db->run_script("COMMIT"));
    CHECK(page_memory_in_use() <= page_memory().locked_bytes);
    CHECK(page_memory_in_use() > 6'000'000);
  }
  CHECK(page_memory_in_use() == 0);
  CHECK(kilobytes("VmRSS") < before + 4'000);
}

TEST_CASE("page memory: more than it has room for goes to the heap, and is wiped there") {
  if (!test::can_search_memory()) return;
  // Three full caches.
  const auto looked_for = planted();
  Place places[3];
  {
    std::vector<std::unique_ptr<Db>> open;
    for (auto& place : places) {
      open.push_back(place.open());
      must(open.back()->make_durable());
      must(open.back()->run_script("CREATE TABLE t(x); BEGIN"));
      for (int i = 0; i < 2'600; ++i) must(open.back()->run_script(kFill));
    }
    CHECK(page_memory_in_use() <= page_memory().locked_bytes);
    for (auto& db : open) must(db->run_script("COMMIT"));
  }
  CHECK(test::copies_in_memory(looked_for) == 0);
  CHECK(page_memory_in_use() == 0);
}

}  // namespace
}  // namespace holm::store
