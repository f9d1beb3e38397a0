#include "node/byte_source.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "tests/support/folder.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

struct Desk {
  Desk() { std::ofstream(path) << "some words"; }
  holm::test::Folder folder;
  fs::path path = folder.path / "file";
};

TEST_CASE("byte source: reads to the end, in portions") {
  Desk desk;
  const auto source = open_file(desk.path.string());
  REQUIRE(source);
  CHECK((*source)->bytes() == 10);
  Bytes out(7);
  CHECK((*source)->read(out).value() == 7);
  CHECK(as_text(out) == "some wo");
  CHECK((*source)->read(out).value() == 3);
  CHECK((*source)->read(out).value() == 0);
  CHECK((*source)->check_unchanged());
}

TEST_CASE("byte source: a file that grows, shrinks or is written to while it is read is told") {
  for (const auto* how : {"grow", "shrink", "write"}) {
    Desk desk;
    fs::last_write_time(desk.path, fs::file_time_type::clock::now() - std::chrono::hours(1));
    const auto source = open_file(desk.path.string());
    REQUIRE(source);
    const std::string_view what(how);
    if (what == "grow") std::ofstream(desk.path, std::ios::app) << "more";
    if (what == "shrink") fs::resize_file(desk.path, 4);
    if (what == "write") std::fstream(desk.path, std::ios::in | std::ios::out) << "SOME";
    const auto done = (*source)->check_unchanged();
    REQUIRE_FALSE(done);
    CHECK(done.error().what.find("was changed while it was read") != std::string::npos);
  }
}

TEST_CASE("byte source: only regular files, each refusal in words") {
  Desk desk;
  CHECK(open_file((desk.folder.path / "none").string()).error().code == Code::not_found);
  CHECK(open_file((desk.path / "below").string()).error().code == Code::not_found);
  CHECK(open_file(desk.folder.path.string()).error().code == Code::usage);
  CHECK(open_file("/dev/zero").error().code == Code::usage);
  CHECK(open_file(std::string("a\0b", 3)).error().code == Code::usage);
  CHECK(open_file(std::string(5000, 'n')).error().code == Code::usage);
  const auto odd = desk.folder.path / "bad\xff\nname";
  std::ofstream(odd) << "x";
  CHECK(open_file(odd.string()).has_value());
  CHECK(open_file("/bad\xff/none").error().what.find("UTF-8") != std::string::npos);
}

}  // namespace
}  // namespace holm::node
