// The streams and the terminal of this process. An edge: system calls and nothing clever.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tools/holm/host.h"

namespace holm::cli {

/// Makes sure that descriptors 0 to 2 are taken, so that no file of ours gets the number of a
/// stream that the caller closed; and that a reader who leaves is an error of write, not the end of
/// us.
void prepare_streams();

/// No core dump of this process, nor may another of this user's look into it: it holds keys, and
/// what they open.
void keep_memory_private();

/// Standard output (1) or error (2). `colour` as the environment wants it; only a terminal gets
/// any.
Stream stream_of(int descriptor, bool colour);

/// All of stdin. Errors: limit beyond 64 MiB, failed.
Result<std::string> read_stdin();

/// Asks at the terminal that controls this process, typing hidden. Nothing when there is none.
std::optional<std::string> ask(std::string_view prompt);
std::optional<std::string> ask_secret(std::string_view prompt);

/// Runs `editor`, a shell command, on a file and waits. Ctrl+C meanwhile is the editor's, not ours.
Status run_editor(const std::string& editor, const std::string& path);

/// Writes a line to a descriptor that the caller opened for it, and closes it.
Status signal_ready(int descriptor, std::string_view line);

/// Folder of the running program; empty when unknown.
std::string program_folder();

}  // namespace holm::cli
