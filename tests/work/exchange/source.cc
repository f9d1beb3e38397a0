#include "tests/work/exchange/source.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "work/answer.h"
#include "work/schema.h"

namespace holm::test {

namespace fs = std::filesystem;

std::optional<fs::path> shared_samples() {
  const char* set = std::getenv("HOLM_SHARED");
  const fs::path root = set != nullptr ? fs::path(set) : fs::path("../shared");
  if (fs::is_directory(root / "samples")) return root / "samples";
  MESSAGE("skipped: no shared samples here (HOLM_SHARED)");
  return std::nullopt;
}

fs::path own_sample(const std::string& name) {
  auto path = fs::path("samples") / name;
  REQUIRE(fs::exists(path));
  return path;
}

Bytes read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<work::SourceFile> read_folder(const fs::path& folder) {
  std::vector<work::SourceFile> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    out.push_back({fs::relative(entry.path(), folder).generic_string(), read_bytes(entry.path())});
  }
  return out;
}

work::SourceFile note(std::string path, std::string_view text) {
  return {std::move(path), to_bytes(text)};
}

namespace {

work::ImportPlan carry_out(Device& device, Result<work::ImportPlan> plan) {
  REQUIRE_MESSAGE(plan, (plan ? "" : plan.error().text()));
  device.now += Millis{1000};
  for (const auto& [space, writes] : plan->writes) device.write(space, writes);
  return std::move(*plan);
}

}  // namespace

work::ImportPlan bring_markdown(Device& device, const SpaceId& room,
                                const std::vector<work::SourceFile>& files) {
  SeededRng rng(7);
  const work::Acting acting{device.self(), device.device(), device.now, device.zone, rng};
  return carry_out(device, work::import_markdown(device, acting, {room, {}}, files));
}

Result<work::ImportPlan> plan_trello(Device& device, const SpaceId& room, std::string_view json,
                                     const std::map<std::string, MemberId>& people) {
  SeededRng rng(7);
  const work::Acting acting{device.self(), device.device(), device.now, device.zone, rng};
  return work::import_trello(device, acting, {room, people}, as_bytes(json));
}

work::ImportPlan bring_trello(Device& device, const SpaceId& room, std::string_view json,
                              const std::map<std::string, MemberId>& people) {
  return carry_out(device, plan_trello(device, room, json, people));
}

std::size_t write_count(const work::ImportPlan& plan) {
  std::size_t out = 0;
  for (const auto& [space, writes] : plan.writes) out += writes.size();
  return out;
}

SpaceId new_room(Device& device, const std::string& name) {
  return device.ref(device.run(work::RoomNew{.name = name, .purpose = {}})).space;
}

Value ask(Device& device, const work::Query& query) {
  auto out = work::answer(device, {device.now, device.zone}, query);
  REQUIRE_MESSAGE(out, (out ? "" : out.error().text()));
  return std::move(*out);
}

}  // namespace holm::test
