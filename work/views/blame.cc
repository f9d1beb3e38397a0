// Who last wrote each line of a text, when, and in which version.
#include <algorithm>

#include "work/reference.h"
#include "work/views/authorship.h"
#include "work/views/text_diff.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

/// The text that a thing mostly is; nothing when it has none.
std::optional<std::uint32_t> main_text(std::uint32_t type) {
  switch (type) {
    case kDocument: return document::kText;
    case kCard: return card::kDescription;
    case kComment: return comment::kBody;
    case kMessage: return message::kBody;
    case kItem: return item::kText;
    case kRoom: return room::kPurpose;
    case kBoard: return board::kDescription;
    default: return std::nullopt;
  }
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const Blame& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.object, {}));
  const auto object = TRY(need(state, ref));
  const auto field = main_text(object.type);
  if (!field) {
    return fail(Code::usage, path_of(state, ref) + " has no text of its own", {},
                "see holm history for what changed in it");
  }
  const auto history = TRY(state.history(ref));
  const auto names = version_names(history);
  const auto now = TRY(version_of(ref, history, history.size()));
  const auto text = text_of(now, *field);
  const OpIndex index(ref, history);
  std::optional<Writers> writers;
  if (const auto at = now.texts.find(*field); at != now.texts.end()) {
    writers.emplace(at->second, index);
  }
  const auto lines = split_lines(text);
  const auto ranges = line_ranges(lines);
  Value out_lines = Value::array();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto by = writers ? writers->of(ranges[i]) : std::set<std::size_t>();
    auto line = lines[i];
    if (line.ends_with('\n')) line.remove_suffix(1);
    Value entry;
    entry.set("line", i + 1).set("text", line);
    if (by.empty()) {
      entry.set("by", Value()).set("at", Value()).set("version", Value());
    } else {
      const auto last = *by.rbegin();  // in replay order: the latest to write on it
      entry.set("by", shape.person(history[last].author));
      entry.set("at", Shape::time(history[last].change.time));
      entry.set("version", names[last]);
    }
    entry.set("authors", shape.people(authors_of(history, by)));
    out_lines.push(std::move(entry));
  }
  Value out;
  out.set("object", TRY(shape.head(ref, object)));
  out.set("lines", std::move(out_lines));
  return out;
}

}  // namespace holm::work::views
