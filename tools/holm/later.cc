#include "tools/holm/later.h"

namespace holm::cli {

const std::vector<std::string_view>& later_commands() {
  static const std::vector<std::string_view> names = {
      "agreement",    "assume",      "bundle",        "catchup",
      "checkin",      "day",         "decision",      "dnd",
      "focus",        "folder",      "goal",          "gui",
      "inbox",        "meeting",     "member",        "off",
      "overlap",      "plan",        "poll",          "process",
      "promise",      "pulse",       "recover",       "team log",
      "template",     "tray",        "urgent",        "walkthrough",
      "whiteboard",   "room layout", "room member",   "verify-member",
      "device add",   "device drop", "device rename", "card break-down",
      "thread split", "thread merge"};
  return names;
}

}  // namespace holm::cli
