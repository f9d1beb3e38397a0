#include "tests/support/print_roster.h"

#include <sstream>

namespace holm::work::members::test {

std::string print(const Roster& roster) {
  std::ostringstream out;
  out << roster.team.text() << " " << roster.team_name << "\n";
  for (const auto& hash : roster.frontier) out << "frontier " << hash.text() << "\n";
  for (const auto& [id, person] : roster.people) {
    out << "person " << id.text() << " " << person.name << " " << role_name(person.role) << " "
        << person.joined.time_since_epoch().count() << " " << hex(person.root.view())
        << (person.is_leaving ? " leaving" : "") << (person.is_pending ? " pending" : "") << "\n";
  }
  for (const auto& [id, device] : roster.devices) {
    out << "device " << id.text() << " " << device.member.text() << " " << device.label << " "
        << hex(device.signing.view()) << " " << hex(device.exchange.view()) << " " << device.dropped
        << " " << device.added.time_since_epoch().count() << "\n";
  }
  for (const auto& [id, invite] : roster.invites) {
    out << "invite " << id.text() << " " << invite.made_by.text() << " " << role_name(invite.role)
        << " " << hex(invite.key.view()) << " " << hex(invite.psk) << " " << invite.used << "/"
        << invite.uses << " " << invite.expires.time_since_epoch().count() << " " << invite.closed;
    for (const auto& room : invite.rooms) out << " " << room.text();
    out << "\n";
  }
  for (const auto& [id, room] : roster.rooms) {
    out << "room " << id.text() << " " << room.is_private << "\n";
    for (const auto& [member, level] : room.given) {
      out << "given " << member.text() << " " << level_name(level) << "\n";
    }
    for (const auto& member : room.lowered) out << "lowered " << member.text() << "\n";
  }
  for (const auto& [place, epochs] : roster.epochs) {
    out << "epochs " << static_cast<int>(place.scope) << " " << place.room.text();
    for (const auto& epoch : epochs) out << " " << epoch.text();
    out << "\n";
  }
  return out.str();
}

}  // namespace holm::work::members::test
