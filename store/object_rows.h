// How merged state is spelled in rows: as in docs/formats/object_state.md in meaning, but logs by
// their local numbers, stamps by their distance from the first, and long texts compressed. Layout:
// docs/formats/store.md. Never leaves the store; what is compared or hashed is canonical.
//
// Owner: who reads or writes such rows. Threads: the loop thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crdt/object.h"
#include "store/objects.h"

namespace holm::store {

class Db;
class Statement;

class ObjectRows {
 public:
  /// `db` outlives this.
  explicit ObjectRows(Db& db) : db_(db) {}

  /// Column object.state. O(state).
  Result<Bytes> pack(const crdt::ObjectState& state);
  /// The inverse. Errors: corrupt.
  Result<crdt::ObjectState> unpack(const ObjectId& id, ByteView packed);
  /// The local numbers of the logs that a packed state names. Errors: corrupt.
  static Result<std::vector<std::int64_t>> logs_in(ByteView packed);

  /// Column text.graph: frontier and last own ids.
  Result<Bytes> pack_graph(const TextRow& row);
  /// Errors: corrupt.
  Status unpack_graph(ByteView packed, TextRow& row);

 private:
  class Writer;
  class Reader;
  /// The local number of a log; 0: of none, so it is the name of a seed.
  Result<std::int64_t> number(const LogId& log);
  Result<LogId> log(std::int64_t number);
  void check_cache();

  Db& db_;
  std::map<LogId, std::int64_t> numbers_;
  std::map<std::int64_t, LogId> logs_;
  std::uint64_t rollbacks_ = 0;  ///< of db_ when the maps were last true
};

/// Binds text.content: as it is, or compressed where that is worth it. O(text).
void bind_content(Statement& statement, std::string_view content);
/// Reads it. Errors: corrupt.
Result<std::string> read_content(const Statement& rows, int column);

}  // namespace holm::store
