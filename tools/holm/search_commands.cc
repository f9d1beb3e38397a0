// The search box.
#include "tools/holm/call.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

constexpr std::uint64_t kLimitMax = 200;

Status search(Call& call) {
  const auto& args = call.args();
  work::Search query;
  query.query = args.get("QUERY");
  query.room = args.find("--room");
  query.kind = args.find("--kind");
  query.by = args.find("--by");
  query.before = args.find("--before");
  query.after = args.find("--after");
  query.mine = args.has("--mine");
  query.waiting = args.has("--waiting");
  query.archived = args.has("--archived");
  query.typing = args.has("--typing");
  if (const auto limit = args.find("--limit")) {
    query.limit = TRY(parse_count(*limit, "--limit", 1, kLimitMax));
  }
  return show_answer(call, query, render_search);
}

}  // namespace

Table search_commands() {
  return {
      {"search",
       Chapter::find,
       "find messages, documents, cards, comments and more by their words",
       {{"QUERY", "words and filters, see below"}},
       {{"--room", "R", "only in this room"},
        {"--kind", "K", "only things of this kind",
         "message|thread|document|card|comment|item|checklist|progress|board|room"},
        {"--by", "M", "only what this member wrote; me is you"},
        {"--before", "D", "only what was written before"},
        {"--after", "D", "only what was written then or later"},
        {"--mine", "", "only what you wrote, or what is meant for you"},
        {"--waiting", "", "only cards that wait for something"},
        {"--archived", "", "what is archived too"},
        {"--typing", "", "the last word may be unfinished"},
        {"--limit", "N", "show at most so many: 20 when not given, at most 200"}},
       "All words have to occur, in any order; case, accents and widths do not matter, and of "
       "Chinese, Japanese, "
       "Korean and Thai any part is found. \"quoted words\" stand side by side; ferr* is a "
       "beginning; -word must "
       "not occur; a OR b is either.\n\n"
       "Filters: in:ROOM by:NAME to:NAME kind:KIND tag:TAG state:open (done, blocked, resolved, "
       "draft, in-review, "
       "agreed, stale, archived) has:link has:file before:DATE after:DATE is:mine is:waiting; "
       "by:me and "
       "to:me are you, "
       "-filter: takes away. Names of several words go in quotes: in:\"Boat house\". Words with a "
       "colon that are "
       "no filter go in quotes.\n\n"
       "Titles come first, then what is recent, what stands close together, and what is yours. "
       "When next to "
       "nothing is found, the nearest words in use are looked for as well; such hits stand last "
       "and say so.",
       search},
  };
}

}  // namespace holm::cli
