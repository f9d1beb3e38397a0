// From what a person wants written to a change: fills in which values it replaces, places ids, and
// stamps it. Pure: states and texts are handed in, randomness too.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "crdt/change.h"
#include "crdt/object.h"

namespace holm::crdt {

class Text;

/// One wish. `action` and `kind` say which of the rest is used.
struct Write {
  ObjectId object;
  std::uint32_t type = 0;
  std::uint32_t field = 0;
  Kind kind = Kind::reg;
  Action action = Action::put;
  std::string key{};      ///< map only
  Bytes value{};          ///< canonical msgpack; set remove: the value to take away
  std::uint64_t pos = 0;  ///< text: in the live text as this change has left it so far
  std::uint64_t len = 0;  ///< text erase: code points
  std::string text{};     ///< text insert
  bool seed = false;      ///< part of an import
};

/// What author() reads. States of objects that are not there yet are default ones with the id set.
struct AuthorView {
  std::function<Result<ObjectState>(const ObjectId&)> object;
  /// Frontier of a text, empty when it has none.
  std::function<Result<std::vector<OpId>>(const ObjectId&, std::uint32_t field)> frontier;
  /// Whether this log has declared a salt for the object.
  std::function<bool(const ObjectId&)> has_salt;
  MemberId self;
  /// Merge state of a text that has void or wiped runs, where positions on the wire are not those
  /// of the live text (Text::compose); null for any other. Must outlive the call of author(). Left
  /// out: no text has such runs.
  std::function<Result<const Text*>(const ObjectId&, std::uint32_t field)> marked_text{};
};

/// Where the new changes go on.
struct AuthorPosition {
  LogId log;
  std::uint64_t next_seq = 1;
  std::uint64_t seen_lamport = 0;  ///< the greatest delivered in the space
  /// Where nothing was seen: what the first change of a space leaps from; 0: anything.
  std::uint64_t start_lamport = 0;
  WallTime wall{};
  std::vector<ShortHash> membership;
  std::vector<Dep> deps;
  Bytes certificate;  ///< put into the first change of the log
};

/// Turns writes into one change, or several when limits ask for it (a long paste, a large import);
/// the first carries the deps. A write that would change nothing (same register value, add of a
/// present element, known seed) is left out; none left: an empty vector. Long texts are cut at the
/// same places whatever else is written, so that seeds keep their names. Errors: limit when a
/// single value is too large, reject when a write does not fit its kind.
Result<std::vector<Change>> author(const std::vector<Write>& writes, const AuthorView& view,
                                   const AuthorPosition& at, Rng& rng,
                                   const ChangeLimits& limits = {});

}  // namespace holm::crdt
