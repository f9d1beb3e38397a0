// Home, team, invites, devices, profiles.
#include <algorithm>

#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Cell verified_of(const Value& member) {
  const auto standing = member["verified"].text();
  if (standing == "same") return {"yes", Style::good};
  if (standing == "changed") return {"new device since", Style::warn};
  if (standing == "different") return {"words differ", Style::warn};
  return "";
}

void member_rows(const Value& members, Page& page) {
  const auto& all = members.items();
  const bool is_any_verified = std::any_of(
      all.begin(), all.end(), [](const Value& member) { return member.has("verified"); });
  std::vector<std::vector<Cell>> rows;
  for (const auto* one : by_name(members, "name", "me")) {
    const auto& member = *one;
    std::string name = name_of(member);
    if (member["me"].flag()) name += " (you)";
    const std::string leaving = member["leaving"].flag() ? ", leaves with the next owner" : "";
    rows.push_back({name, std::string(member["role"].text()) + leaving,
                    count_of(static_cast<std::int64_t>(member["devices"].items().size()), "device",
                             "devices")});
    if (is_any_verified) rows.back().push_back(verified_of(member));
    rows.back().emplace_back(Page::short_id(member["id"]), Style::faint);
  }
  std::vector<std::string> headings{"name", "role", "devices", "id"};
  if (is_any_verified) headings.insert(headings.end() - 1, "verified");
  page.table(headings, rows);
}

}  // namespace

void render_team(const Value& answer, Page& page) {
  page.line(answer["name"].text(), Style::strong);
  page.field("id", answer["team"].text());
  page.field("rooms", std::to_string(answer["rooms"].number()));
  render_chips(answer, page);
  page.heading("Members");
  member_rows(answer["members"], page);
}

void render_members(const Value& answer, Page& page) { member_rows(answer["members"], page); }

void render_invite(const Value& answer, Page& page) {
  page.line(answer["code"].text(), Style::strong);
  const auto uses = answer["uses"].number(1);
  page.line("Lets " + (uses == 1 ? std::string("one person") : std::to_string(uses) + " people") +
            " in until " + page.when(answer["expires"]) + ". They run:");
  page.line("  holm join " + std::string(answer["code"].text()) + " --at HOST:PORT");
  page.line("where HOST:PORT is what \"holm serve\" shows on a device of the team.", Style::faint);
}

void render_invites(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& invite : answer["invites"].items())
    rows.push_back(
        {Page::short_id(invite["id"]), std::string(invite["state"].text()),
         std::string(invite["role"].text()),
         std::to_string(invite["used"].number()) + " of " + std::to_string(invite["uses"].number()),
         name_of(invite["made_by"]),
         invite["expires"].is_null() ? std::string("never") : page.when(invite["expires"])});
  if (rows.empty()) return page.line("No invite holds. Make one with: holm invite");
  page.table({"id", "state", "role", "used", "made by", "expires"}, rows);
}

void render_devices(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto* one : by_name(answer["devices"], "member", "this")) {
    const auto& device = *one;
    std::string label(device["label"].text());
    if (device["this"].flag()) label += " (this one)";
    if (device["dropped"].flag()) label += " (dropped)";
    rows.push_back({label, name_of(device["member"]), page.when(device["added"]),
                    Cell(Page::short_id(device["id"]), Style::faint)});
  }
  page.table({"device", "of", "added", "id"}, rows);
  bool has_others = false;
  for (const auto& device : answer["devices"].items()) {
    if (!device.has("words") || device["dropped"].flag() || device["this"].flag()) continue;
    page.line();
    page.line("Words of " + std::string(device["label"].text()) +
              ", to compare with what it shows:");
    page.paragraph(device["words"].text(), 2);
    has_others = true;
  }
  if (has_others) page.line("A device that you lost: holm device drop ID", Style::faint);
}

void render_device_code(const Value& answer, Page& page) {
  page.line(answer["code"].text(), Style::strong);
  page.line("Makes one machine a device of yours in " + std::string(answer["name"].text()) +
            " until " + page.when(answer["expires"]) + ". There run:");
  page.line("  holm join " + std::string(answer["code"].text()) + " --at " +
            std::string(answer["at"].text("HOST:PORT")));
  if (!answer.has("at")) {
    page.line("where HOST:PORT is what \"holm serve\" shows here; it has to run for that.",
              Style::faint);
  }
}

void render_recovered(const Value& answer, Page& page) {
  for (const auto& team : answer["teams"].items()) {
    page.line("You are back in " + std::string(team["name"].text()) + " as " +
              std::string(team["role"].text("member")) + ".");
    if (team["other_devices"].number() == 0) continue;
    page.line("  You have " +
              count_of(team["other_devices"].number(), "other device", "other devices") +
              " there. Drop what you lost: holm device list, then holm device drop ID");
  }
}

void render_safety_words(const Value& answer, Page& page) {
  const auto name = std::string(answer["name"].text());
  page.paragraph(answer["words"].text(), 2, Style::strong);
  page.paragraph(
      name + " sees the same words under: holm verify-member " +
      "YOUR_NAME. Compare them over the phone or face to face, then: holm verify-member " + name +
      " --same, or --not-same.");
}

void render_profile(const Value& answer, Page& page) {
  page.line(answer["name"].text(), Style::strong);
  page.field("role", answer["role"].text());
  page.field("zone", answer["zone"].text("not said"));
  page.field("hours", answer["hours"].text("not said"));
  if (answer.has("verified")) page.field("verified", verified_of(answer).text);
  page.field("id", answer["member"].text());
}

void render_init(const Value& answer, Page& page) {
  page.line("Your home is made" +
            (answer.has("home") ? " in " + std::string(answer["home"].text()) : std::string()) +
            ".");
  page.heading("Recovery phrase");
  page.paragraph(answer["recovery_phrase"].text(), 2, Style::strong);
  page.line();
  page.paragraph(
      "Write it on paper and keep it away from this device. It is shown only now. Whoever has it "
      "can bring your account back; without it nobody can, should all your devices be lost.");
  page.line();
  page.line("Next: holm team create NAME, or holm join CODE");
}

void render_join(const Value& answer, Page& page) {
  if (answer.has("device_of")) {
    page.line("This is now a device of " + std::string(answer["device_of"].text()) + " in " +
              std::string(answer["name"].text()) + ".");
    page.line("\"holm device list\" on the other one shows the same words for it:");
    return page.paragraph(answer["words"].text(), 2, Style::strong);
  }
  page.line("Welcome to " + std::string(answer["name"].text()) + ". You are in as " +
            std::string(answer["role"].text("member")) + ".");
}

void render_tray(const Value& answer, Page& page) {
  const auto& items = answer["items"].items();
  if (items.empty()) return page.line("No late work is held back.");
  for (const auto& item : items) {
    const auto device = std::string(item["device"].text("an unknown device"));
    page.line(std::string(item["name"].text()) + ", " + device, Style::strong);
    page.field("where", item["room"].text("the team's common space"));
    if (!item["final"].is_null()) {
      page.field("removal", item["final"].flag() ? "final" : "can be contested");
    }
    page.field("changes", std::to_string(item["changes"].number()));
    page.field("written", page.when(item["from"]) + " to " + page.when(item["to"]));
    for (const auto& words : item["words"].items()) page.field("words", words.text());
    page.field("id", Page::short_id(item["id"]));
  }
  page.line(
      "Show it on every device with: holm tray accept ID. Put it away with: holm tray drop ID",
      Style::faint);
}

void render_team_log(const Value& answer, Page& page) {
  for (const auto& entry : answer["entries"].items())
    page.line(page.when(entry["when"]) + "  " + std::string(entry["text"].text()));
  for (const auto& copy : answer["copies"].items())
    page.line(std::string(copy["text"].text()) + ".");
}

}  // namespace holm::cli
