// Backups of a real home in a folder, made and brought back.
#include "node/backup.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/rng.h"
#include "node/home.h"
#include "node/local_node.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

using test::must;

Value request_of(std::string_view what) { return Value::object().set("do", what); }

struct Homes : test::Folder {
  std::string at(const char* name) const { return (path / name).string(); }
  Unlock right{.passphrase = "four plain random words",
               .cost = crypto::PassphraseParams{
                   .salt = {}, .passes = 1, .memory_kib = crypto::PassphraseParams::kMemoryKibMin}};

  Homes() {
    must(init_home({at("home"), "Ana", "UTC", "", right}));
    auto node = must(LocalNode::start(at("home"), right));
    must(node->call(request_of("team.create").set("name", "Crew")));
    must(node->call(request_of("room.new").set("name", "Yard")));
    must(node->call(request_of("doc.new").set("path", "Yard/Plan").set("text", "planted words\n")));
  }
  std::string text(const std::string& home) {
    auto node = must(LocalNode::start(home, right));
    must(node->call(request_of("verify").set("deep", true)));
    return std::string(
        must(node->call(request_of("doc.show").set("doc", "Yard/Plan")))["text"].text());
  }
};

TEST_CASE(
    "backup: a home comes back as it was, under its passphrase, and goes on beside the first") {
  Homes homes;
  const auto picture = Bytes(3'000'000, 0x5a);
  must(write_file(homes.at("picture"), picture, 0600));
  {
    auto node = must(LocalNode::start(homes.at("home"), homes.right));
    must(node->call(request_of("file.add")
                        .set("room", "Yard")
                        .set("paths", Value::array().push(homes.at("picture")))));
    const auto made = must(node->call(request_of("backup").set("path", homes.at("file"))));
    CHECK(made["teams"].number() == 1);
    // Never over a file, and without a trace where it fails.
    CHECK_FALSE(node->call(request_of("backup").set("path", homes.at("file"))).has_value());
    CHECK_FALSE(node->call(request_of("backup").set("path", homes.at("no/file"))).has_value());
    CHECK_FALSE(node->call(request_of("backup")).has_value());
    must(node->call(request_of("doc.append").set("doc", "Yard/Plan").set("text", "later\n")));
  }
  struct stat about {};
  REQUIRE(::stat(homes.at("file").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  const auto bytes = must(read_file(homes.at("file"), 64u << 20));
  CHECK(as_text(bytes).find("planted") == std::string_view::npos);
  CHECK(as_text(bytes).find(std::string(12, 'Z')) == std::string_view::npos);  // of the picture
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(homes.path)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 2);  // and the picture

  const auto denied = restore_home(homes.at("file"), homes.at("new"), {});
  REQUIRE_FALSE(denied.has_value());
  CHECK(denied.error().code == Code::denied);
  CHECK_FALSE(fs::exists(homes.at("new")));
  must(restore_home(homes.at("file"), homes.at("new"), homes.right));
  CHECK(homes.text(homes.at("new")) == "planted words\n");  // verified, files too
  CHECK(fs::exists(homes.at("new") + "/teams"));
  std::size_t segments = 0;
  for (const auto& entry : fs::recursive_directory_iterator(homes.at("new"))) {
    segments += entry.path().extension() == ".seg" ? 1 : 0;
  }
  CHECK(segments > 0);
  CHECK(homes.text(homes.at("home")) == "planted words\nlater\n");
  CHECK_FALSE(restore_home(homes.at("file"), homes.at("new"), homes.right).has_value());
}

TEST_CASE("backup: damaged or cut short, nothing comes of it") {
  Homes homes;
  {
    auto node = must(LocalNode::start(homes.at("home"), homes.right));
    must(node->call(request_of("backup").set("path", homes.at("file"))));
  }
  const auto whole = must(read_file(homes.at("file"), 64u << 20));
  SeededRng rng(1);
  const auto refused = [&](const Bytes& bytes) {
    must(write_file(homes.at("bad"), bytes, 0600));
    const auto made = restore_home(homes.at("bad"), homes.at("new"), homes.right);
    REQUIRE_FALSE(made.has_value());
    CHECK((made.error().code == Code::corrupt || made.error().code == Code::unsupported));
    CHECK_FALSE(fs::exists(homes.at("new")));
  };
  for (int i = 0; i < 40; ++i) {
    auto bytes = whole;
    // The front and the list at the end are small beside the store between them.
    const auto zone = i % 4 == 0 ? 300 : whole.size();
    const auto at = i % 4 == 1 ? whole.size() - 1 - rng.below(400) : rng.below(zone);
    bytes[at] ^= static_cast<std::uint8_t>(1u << rng.below(8));
    CAPTURE(at);
    refused(bytes);
  }
  for (const std::size_t len :
       {std::size_t{0}, std::size_t{10}, std::size_t{40}, std::size_t{5000}, whole.size() - 1}) {
    refused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(len)));
  }
  auto longer = whole;
  longer.push_back(0);
  refused(longer);
  CHECK(restore_home(homes.at("nowhere"), homes.at("new"), homes.right).error().code ==
        Code::not_found);
  CHECK_FALSE(restore_home(homes.path.string(), homes.at("new"), homes.right).has_value());
}

}  // namespace
}  // namespace holm::node
