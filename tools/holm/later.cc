#include "tools/holm/later.h"

namespace holm::cli {

const std::vector<std::string_view>& later_commands() {
  static const std::vector<std::string_view> names = {
      "agreement",    "assume",      "bundle",
      "catchup",      "checkin",     "day",
      "decision",     "dnd",         "focus",
      "folder",       "goal",        "gui",
      "inbox",        "meeting",     "off",
      "overlap",      "plan",        "poll",
      "process",      "promise",     "pulse",
      "template",     "urgent",      "walkthrough",
      "whiteboard",   "room layout", "card break-down",
      "thread split", "thread merge"};
  return names;
}

}  // namespace holm::cli
