// What a person calls a thing: an id or unique prefix, a short number, a path Room/Title, a
// member's name. Ambiguity is an error that lists the candidates (CLI.md, References).
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "work/state.h"

namespace holm::work {

/// Resolves `text` to an object whose type is one of `types` (empty: any with a title). Titles
/// match exactly first, then without regard to case; what is archived is found only when nothing
/// else fits. Errors: not_found, and usage when several fit, listing up to 8 of them.
Result<Ref> resolve(const State& state, std::string_view text,
                    const std::vector<std::uint32_t>& types);
/// A room by name or id: its room object. Errors as resolve().
Result<Ref> resolve_room(const State& state, std::string_view text);
/// A member (or an import's placeholder person) by name or id or id prefix.
Result<MemberId> resolve_member(const State& state, std::string_view text);
/// A thing inside another (a column of a board, a checklist of a card) by title, id or id prefix,
/// among `candidates`. `what` names its kind in errors. Errors as resolve().
Result<Ref> resolve_among(const State& state, std::string_view text,
                          const std::vector<Ref>& candidates, std::string_view what);
/// A version of an object: a hash prefix from its history, a time, or -N (N changes ago; -0 is
/// now). Returns how many changes of its history, in replay order, the version holds.
Result<std::size_t> resolve_version(const State& state, const Ref& ref, std::string_view text,
                                    WallTime now, std::string_view zone);

/// The object id under which a space's room object stands.
ObjectId room_object(const SpaceId& space);
/// The room object of a space other than commons and trust; nothing when it has not arrived.
Result<std::optional<crdt::ObjectState>> room_of(const State& state, const SpaceId& space);
/// What a room is called: its title, or of one-to-one rooms who else is in it.
std::string room_title(const State& state, const SpaceId& space, const crdt::ObjectState& room);
/// Where the team's name stands (under the team's own id), and a member's profile. Both in commons.
Ref team_ref(const State& state);
Ref profile_ref(const State& state, const MemberId& member);
/// Whether somebody has said that they leave as soon as there is another owner: an only owner can
/// do no more. Errors: the state's.
Result<bool> means_to_leave(const State& state, const MemberId& member);
/// A device's profile: its name there, as its owner wrote it, is its label.
Ref device_ref(const State& state, const DeviceId& device);
/// As its owner renamed it, else as it was certified.
std::string label_of(const State& state, const members::Device& device);
/// Id of an object that exists once per owner and purpose: the first checklist of a card, a
/// profile.
ObjectId derived_object(const ObjectId& owner, std::string_view purpose);

/// Plain words for people: a member's name, "someone who left" when unknown.
std::string name_of(const State& state, const MemberId& member);
/// "Room/folder/Title" of a document, "Room/Title" of others, "R-42 Title" of a card; of a message,
/// comment, item or update the start of its words.
std::string path_of(const State& state, const Ref& ref);

/// What a thing calls itself: its title, else the first words of its text, at most 60 code points.
Result<std::string> title_of(const State& state, const Ref& ref, const crdt::ObjectState& object);

/// Short numbers of a board's cards after conflicts are settled: of two cards that asked for one
/// number the earlier keeps it, the other gets the next free one and keeps the old as an alias.
struct CardNumber {
  ObjectId card;
  std::uint64_t number = 0;
  std::uint64_t alias = 0;  ///< the number it had asked for; 0: none
};
/// By number, ascending. The old number goes on naming the card in people's words and in its
/// notice; as a reference it means the card that kept it. Depends on the cards alone, so every
/// device gives the same numbers. O(cards log cards).
Result<std::vector<CardNumber>> card_numbers(const State& state, const Ref& board);
/// The card that holds a number; nothing when none does. Reads only those that asked for it, if
/// any.
Result<std::optional<Ref>> numbered_card(const State& state, const Ref& board,
                                         std::uint64_t number);
/// "R-42" of one card; empty when its board is gone or has no key.
Result<std::string> short_number(const State& state, const Ref& card);

}  // namespace holm::work
