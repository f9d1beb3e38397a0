// A team's work as plain Markdown, readable without Holm: documents as they are, byte for byte;
// boards, threads and comments laid out beside them.
#include <algorithm>

#include "work/exchange/export_path.h"
#include "work/exchange/import.h"
#include "work/file_content.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/views/card.h"
#include "work/views/comment.h"
#include "work/views/line.h"
#include "work/views/shape.h"
#include "work/views/view.h"

namespace holm::work {
namespace {

constexpr std::size_t kLineBytes = 4096;

std::string names(const Value& people) {
  std::string out;
  for (const auto& person : people.items()) {
    out += (out.empty() ? "" : ", ") + std::string(person["name"].text());
  }
  return out;
}

std::string titles(const Value& things) {
  std::string out;
  for (const auto& thing : things.items()) {
    out += (out.empty() ? "" : ", ") + std::string(thing["title"].text());
  }
  return out;
}

/// "- label: value", when there is a value.
void add_fact(std::string& out, std::string_view label, std::string_view value) {
  if (!value.empty()) out += "- " + std::string(label) + ": " + one_line(value, kLineBytes) + "\n";
}

/// A text as a quotation, so that its own headings stay its own.
void add_quoted(std::string& out, std::string_view text, std::string_view indent = "") {
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += std::string(indent) + (line.empty() ? ">" : "> " + std::string(line)) + "\n";
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

std::string said(const Value& entry) {
  auto name = std::string(entry["by"]["name"].text());
  if (name.empty()) name = "somebody";
  return "**" + name + "**, " + std::string(entry["at"].text());
}

void add_comments(std::string& out, const Value& comments) {
  for (const auto& comment : comments.items()) {
    out += said(comment);
    if (comment["resolved"].flag()) out += " (resolved)";
    out += ":\n";
    if (!comment["quote"].text().empty()) {
      out += "about “" + one_line(comment["quote"].text(), kLineBytes) + "”\n";
    }
    out += "\n";
    add_quoted(out, comment["text"].text());
    out += "\n";
    for (const auto& reply : comment["replies"].items()) {
      out += "> " + said(reply) + ":\n>\n";
      add_quoted(out, reply["text"].text(), "> ");
      out += "\n";
    }
  }
}

void add_card(std::string& out, const Value& card) {
  const auto number = card["number"].text();
  out += "### " + (number.empty() ? "" : std::string(number) + " ") +
         one_line(card["title"].text(), kLineBytes) + "\n\n";
  const auto start = out.size();
  add_fact(out, "assigned to", names(card["assignees"]));
  add_fact(out, "priority", card["priority"].text());
  add_fact(out, "due", card["due_shown"].text());
  add_fact(out, "not before", card["not_before_shown"].text());
  if (const auto minutes = card["estimate_minutes"].number(); minutes > 0) {
    add_fact(out, "estimate", std::to_string(minutes) + " minutes");
  }
  if (!card["percent"].is_null()) {
    add_fact(out, "progress", std::to_string(card["percent"].number()) + " %");
  }
  add_fact(out, "labels", titles(card["labels"]));
  add_fact(out, "blocked", card["blocked_reason"].text());
  add_fact(out, "done", card["closed"].text());
  if (card["archived"].flag()) add_fact(out, "archived", "yes");
  for (const auto& link : card["links"].items()) {
    add_fact(out, "link",
             std::string(link["name"].text()) + " <" + std::string(link["url"].text()) + ">");
  }
  if (out.size() > start) out += "\n";
  if (const auto text = card["text"].text(); !text.empty()) {
    add_quoted(out, text);
    out += "\n";
  }
  for (const auto& checklist : card["checklists"].items()) {
    out += "**" + one_line(checklist["title"].text(), kLineBytes) + "**\n\n";
    for (const auto& item : checklist["items"].items()) {
      out += item["done"].flag() ? "- [x] " : "- [ ] ";
      out += one_line(item["text"].text(), kLineBytes);
      if (const auto who = item["assignee"]["name"].text(); !who.empty()) {
        out += " (" + std::string(who) + ")";
      }
      out += "\n";
    }
    out += "\n";
  }
  for (const auto& update : card["updates"].items()) {
    out += "- " + said(update) + ": " + one_line(update["line"].text(), kLineBytes);
    if (!update["percent"].is_null()) {
      out += " (" + std::to_string(update["percent"].number()) + " %)";
    }
    out += "\n";
  }
  if (!card["updates"].items().empty()) out += "\n";
  add_comments(out, card["comments"]);
}

void add_messages(std::string& out, const Value& messages) {
  for (const auto& message : messages.items()) {
    out += said(message);
    if (const auto intent = message["intent"].text(); intent != "update") {
      out += " · " + std::string(intent);
    }
    if (const auto to = names(message["to"]); !to.empty()) out += " · to " + to;
    if (const auto by = message["reply_by_shown"].text(); !by.empty()) {
      out += " · reply by " + std::string(by);
    }
    out += message["edited"].flag() ? " · edited\n\n" : "\n\n";
    if (message["retracted"].flag()) {
      out += "> *retracted*\n";
    } else {
      add_quoted(out, message["text"].text());
    }
    std::string reactions;
    for (const auto& reaction : message["reactions"].items()) {
      reactions += (reactions.empty() ? "" : ", ") + std::string(reaction["emoji"].text()) + " " +
                   names(reaction["by"]);
    }
    if (!reactions.empty()) out += "\n" + reactions + "\n";
    out += "\n";
  }
}

/// "plan.tar", ".gz": what a second file of that name keeps at its end. No ending when it is long
/// or of other than letters and digits.
std::pair<std::string_view, std::string_view> split_ending(std::string_view name) {
  constexpr std::size_t kEndingBytes = 12;
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {name, {}};
  const auto ending = name.substr(dot);
  const bool is_plain = std::all_of(ending.begin() + 1, ending.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  });
  if (!is_plain || ending.size() < 2 || ending.size() > kEndingBytes) return {name, {}};
  return {name.substr(0, dot), ending};
}

class MarkdownExport {
 public:
  MarkdownExport(const State& state, const Asking& asking)
      : state_(state), asking_(asking), shape_(state, asking) {}

  Status add_room(const SpaceId& space) {
    const auto room = TRY(room_of(state_, space));
    folder_ = safe_name(room ? words_of(*room, field::kTitle) : std::string("Room"));
    TRY(add_documents(space));
    TRY(add_boards(space));
    TRY(add_threads(space));
    return add_files(space);
  }

  std::vector<ExportFile> take() { return std::move(files_); }

 private:
  void add_file(std::string_view folder, std::string_view title, std::string_view text) {
    const auto path = paths_.take(folder, title, ".md");
    files_.push_back({path, to_bytes(text), {}});
  }

  /// Objects of a type by title and id, so that numbered names are the same on every device.
  Result<std::vector<std::pair<std::string, Ref>>> by_title(const SpaceId& space,
                                                            std::uint32_t type) {
    std::vector<std::pair<std::string, Ref>> out;
    for (const auto& ref : TRY(state_.find({.type = type, .space = space}))) {
      const auto object = TRY(views::need(state_, ref));
      out.emplace_back(words_of(object, field::kTitle), ref);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  Status add_documents(const SpaceId& space) {
    for (const auto& [title, ref] : TRY(by_title(space, kDocument))) {
      const auto object = TRY(views::need(state_, ref));
      const auto folder = folder_ + "/" + words_of(object, document::kFolder);
      add_file(folder, title, TRY(state_.text(ref, document::kText)));
      const auto comments = TRY(views::comments_value(shape_, ref, views::ResolvedComments::shown));
      if (comments.items().empty()) continue;
      auto text = "# Comments on " + one_line(title, kLineBytes) + "\n\n";
      add_comments(text, comments);
      add_file(folder, title + " (comments)", text);
    }
    return {};
  }

  Status add_boards(const SpaceId& space) {
    for (const auto& [title, ref] : TRY(by_title(space, kBoard))) {
      const auto board = TRY(
          views::view(state_, asking_, BoardShow{.board = ref.object.text(), .archived = true}));
      auto text = "# " + one_line(title, kLineBytes) + "\n\n";
      if (const auto about = board["description"].text(); !about.empty()) {
        add_quoted(text, about);
        text += "\n";
      }
      add_comments(text, TRY(views::comments_value(shape_, ref, views::ResolvedComments::shown)));
      for (const auto& column : board["columns"].items()) {
        text += "## " + one_line(column["title"].text(), kLineBytes);
        text += column["archived"].flag() ? " (archived)\n\n" : "\n\n";
        for (auto card : column["cards"].items()) {
          const auto id = ObjectId::from_text(card["id"].text());
          if (!id) continue;
          const Ref card_ref{space, *id};
          TRY(views::add_details(shape_, card_ref, TRY(views::need(state_, card_ref)), card));
          add_card(text, card);
        }
      }
      add_file(folder_, title + " (board)", text);
    }
    return {};
  }

  /// Files where they lie in the room, so that links in documents find them; in a folder
  /// of their own those that came with messages and comments.
  Status add_files(const SpaceId& space) {
    for (const auto& [title, ref] : TRY(by_title(space, kFile))) {
      const auto object = TRY(views::need(state_, ref));
      if (is_archived(object) || !content_of(object)) continue;
      const auto folder = words_of(object, file::kFolder);
      const auto [stem, ending] = split_ending(title);
      const bool is_imported = !words_of(object, field::kSource).empty();
      const auto path = paths_.take(
          folder_ + "/" + (folder.empty() && !is_imported ? "Files" : folder), stem, ending);
      files_.push_back({path, {}, ref});
    }
    return {};
  }

  Status add_threads(const SpaceId& space) {
    for (const auto& [title, ref] : TRY(by_title(space, kThread))) {
      const auto thread =
          TRY(views::view(state_, asking_, ThreadShow{.thread = ref.object.text()}));
      auto text = "# " + one_line(title, kLineBytes) + "\n\n";
      if (thread["resolved"].flag()) {
        text += "*" + std::string(thread["state"].text()) + " by " +
                std::string(thread["resolved_by"]["name"].text()) + "*\n\n";
        add_quoted(text, thread["summary"].text());
        text += "\n";
      }
      add_messages(text, thread["messages"]);
      add_file(folder_, title + " (thread)", text);
    }
    return {};
  }

  const State& state_;
  const Asking& asking_;
  views::Shape shape_;
  ExportPaths paths_;
  std::string folder_;
  std::vector<ExportFile> files_;
};

}  // namespace

Result<std::vector<ExportFile>> export_markdown(const State& state, const Asking& asking,
                                                const std::vector<SpaceId>& rooms) {
  MarkdownExport out(state, asking);
  for (const auto& room : rooms) TRY(out.add_room(room));
  return out.take();
}

}  // namespace holm::work
