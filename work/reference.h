// What a person calls a thing: an id or unique prefix, a short number, a path Room/Title, a
// member's name. Ambiguity is an error that lists the candidates (CLI.md, References).
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "work/state.h"

namespace holm::work {

/// Resolves `text` to an object whose type is one of `types` (empty: any). Errors: not_found, and
/// usage when several fit, listing up to 8 of them.
Result<Ref> resolve(const State& state, std::string_view text,
                    const std::vector<std::uint32_t>& types);
/// A room by name or id: its room object. Errors as resolve().
Result<Ref> resolve_room(const State& state, std::string_view text);
/// A member (or an import's placeholder person) by name or id or id prefix.
Result<MemberId> resolve_member(const State& state, std::string_view text);
/// A version of an object: a hash prefix from its history, a time, or -N (N changes ago; -0 is now).
/// Returns how many changes of its history, in replay order, the version holds.
Result<std::size_t> resolve_version(const State& state, const Ref& ref, std::string_view text,
                                    WallTime now, std::string_view zone);

/// The object id under which a space's room object stands.
ObjectId room_object(const SpaceId& space);
/// Id of an object that exists once per owner and purpose: the first checklist of a card, a profile.
ObjectId derived_object(const ObjectId& owner, std::string_view purpose);

/// Plain words for people: a member's name, "someone who left" when unknown.
std::string name_of(const State& state, const MemberId& member);
/// "Room/folder/Title" of a document, "Room/Title" of others, "R-42 Title" of a card.
std::string path_of(const State& state, const Ref& ref);

/// Short numbers of a board's cards after conflicts are settled: of two cards that asked for one
/// number the earlier keeps it, the other gets the next free one and keeps the old as an alias.
struct CardNumber {
  ObjectId card;
  std::uint64_t number = 0;
  std::uint64_t alias = 0;  ///< 0: none
};
Result<std::vector<CardNumber>> card_numbers(const State& state, const Ref& board);

}  // namespace holm::work
