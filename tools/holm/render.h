// Answers of the node as lines for people, one function per question. They read leniently: a key
// that is missing leaves its line out, so an answer of a newer node still shows what is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "tools/holm/page.h"

namespace holm::cli {

// Start, team, devices
void render_team(const Value& answer, Page& page);
void render_members(const Value& answer, Page& page);
void render_invite(const Value& answer, Page& page);
void render_invites(const Value& answer, Page& page);
void render_devices(const Value& answer, Page& page);
void render_profile(const Value& answer, Page& page);
void render_init(const Value& answer, Page& page);
void render_join(const Value& answer, Page& page);
void render_device_code(const Value& answer, Page& page);
void render_recovered(const Value& answer, Page& page);
void render_safety_words(const Value& answer, Page& page);
void render_tray(const Value& answer, Page& page);
void render_team_log(const Value& answer, Page& page);

// Meet and sync
void render_sync(const Value& answer, Page& page);
void render_peers(const Value& answer, Page& page);
void render_status(const Value& answer, Page& page);
void render_event(const Value& event, Page& page);

// Rooms, documents, comments
void render_rooms(const Value& answer, Page& page);
void render_room(const Value& answer, Page& page);
void render_documents(const Value& answer, Page& page);
void render_comments(const Value& answer, Page& page);

// History
void render_history(const Value& answer, Page& page);
void render_difference(const Value& answer, Page& page);
void render_blame(const Value& answer, Page& page);
void render_conflicts(const Value& answer, Page& page);

// Boards and cards
void render_boards(const Value& answer, Page& page);
void render_board(const Value& answer, Page& page);
void render_card(const Value& answer, Page& page);

// Threads
void render_threads(const Value& answer, Page& page);
void render_thread(const Value& answer, Page& page);

// Search
void render_search(const Value& answer, Page& page);

// Files
void render_added(const Value& answer, Page& page);
void render_files(const Value& answer, Page& page);
void render_file(const Value& answer, Page& page);
void render_freed(const Value& answer, Page& page);
void render_quota(const Value& answer, Page& page);

// Keep and move
void render_import(const Value& answer, Page& page);
void render_export(const Value& answer, Page& page);
void render_verify(const Value& answer, Page& page);

// Parts that several share

/// Name of a person {"id", "name"}; "someone" for null.
std::string name_of(const Value& person);
/// "Ana, Ben and Cleo".
std::string names_of(const Value& people);
/// "3 cards", "1 card".
std::string count_of(std::int64_t count, std::string_view one, std::string_view many);
/// "312 bytes", "4.2 MB": decimal units. "?" for null.
std::string size_of(const Value& bytes);
/// Pointers to the items of an array: those with `flag` first, then by the name at `key`. Answers
/// come in the order of ids, which tells a person nothing.
std::vector<const Value*> by_name(const Value& items, std::string_view key, std::string_view flag);
/// "Also set to" chips of an object, and what merging has to say about it.
/// Lines for what was erased out of a thing.
void render_erased(const Value& answer, std::string_view what, Page& page);
void render_chips(const Value& answer, Page& page);

}  // namespace holm::cli
