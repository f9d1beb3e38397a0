// What the tests of importers and exporters share: sources read from disk or made up, and an import
// carried out on a device.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/memory_state.h"
#include "work/exchange/import.h"

namespace holm::test {

/// The folder of shared samples; nothing (with a message) where this machine has none.
std::optional<std::filesystem::path> shared_samples();
/// A sample that ships with the project. Requires: tests run from the project's root.
std::filesystem::path own_sample(const std::string& name);

Bytes read_bytes(const std::filesystem::path& path);
/// All files below a folder, in whatever order the disk gives them.
std::vector<work::SourceFile> read_folder(const std::filesystem::path& folder);
work::SourceFile note(std::string path, std::string_view text);

/// Plans and carries out an import into the room on a device.
work::ImportPlan bring_markdown(Device& device, const SpaceId& room,
                                const std::vector<work::SourceFile>& files);
work::ImportPlan bring_trello(Device& device, const SpaceId& room, std::string_view json,
                              const std::map<std::string, MemberId>& people = {});
/// The plan alone.
Result<work::ImportPlan> plan_trello(Device& device, const SpaceId& room, std::string_view json,
                                     const std::map<std::string, MemberId>& people = {});
std::size_t write_count(const work::ImportPlan& plan);

/// Space of a new room on the device.
SpaceId new_room(Device& device, const std::string& name);
Value ask(Device& device, const work::Query& query);

}  // namespace holm::test
