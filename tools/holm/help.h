// Texts made from the command table: help, the man page, completions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/holm/page.h"
#include "tools/holm/spec.h"

namespace holm::cli {

/// Every command in a line each, by chapter.
void write_overview(const Table& table, Page& page);
/// Help about a command ("card add") or a group of them ("card"); false when there is no such.
bool write_topic(const Table& table, std::string_view topic, Page& page);

/// The man page as troff source. Depends on the table alone, so a test can compare it with the one
/// that is shipped.
std::string manual_page(const Table& table);

/// Script that completes `holm` in "bash", "zsh" or "fish"; nothing for other shells.
std::optional<std::string> completion_script(const Table& table, std::string_view shell);

}  // namespace holm::cli
