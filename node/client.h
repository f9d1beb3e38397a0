// All that the command line and the desktop may touch of a node: requests in, answers out, and the
// latest published snapshot. The same whether the node runs in this process or another process owns
// the home and is reached over its control socket (docs/formats/control.md).
//
// A request is a Value object {"do": NAME, "team": id-or-name (optional), ...}. Commands and
// queries of `work` travel as command_codec.h spells them. Besides, the node itself answers:
//   team.create {name}                         team.list {}
//   invite.create {role, uses, expires, name}  invite.cancel {id}
//   join {code, at, timeout_ms}                sync {with, timeout_ms}
//   recover {phrase, at, timeout_ms} -> {"teams": [{"team", "name", "member", "role",
//     "other_devices"}], "device"}
//   device.add {} -> {"code", "expires", "name", "at"}   device.rename {device, label}
//   member.verify {member, outcome: "same" or "different"} -> {"name", "words", "verified"}
//   peers {}  peers.add {at}  peers.remove {at}
//   status {}  verify {deep}
//   audit {} -> {"digest", "objects": [{"id", "digest"}]}: merged state, for comparing devices
//   doc.look {doc}: doc.show, and what merging did to it counts as seen at this device from then on
//   undo {object}  redo {object}
//   import {format, path, room, map: {name: member}, dry_run}   import.undo {id}
//   export {room, format} -> {"files": [{"path", "bytes"} or {"path", "file"}], "warnings"}
//   file.add {room or version_of, paths, name, folder} -> {"files": [{"id", "name", ...}]}
//   say and comment.add with attach: paths of files that come in with them, in one step
//   file.read {file, version, at, count} -> {"id", "name", "size", "hash", "bytes", "end"}: whole
//     chunks from `at` on, at most about 4 MiB
//   file.gc {}  file.evict {files, force}  file.quota {bytes}
//   file.list and file.show: as `work` answers them, and whether the bytes are on this device
//   Paths are text, or bytes where they are no UTF-8.
//   room.member {room, action: add|remove|role|list, member, level}   room.private {room, members}
//   watch {room}: events until cancelled
// Absent members of a request mean "not given".
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/value.h"
#include "node/snapshot.h"

namespace holm::node {

/// Threads: one at a time per client. Destruction ends an in-process node in good order.
class Client {
 public:
  virtual ~Client() = default;

  /// Blocks until answered. Errors: as the request's own, busy, timeout, failed (the owner of the
  /// home went away).
  virtual Result<Value> call(const Value& request) = 0;

  /// As call, but hands over events as they come until `on_event` returns false or the request
  /// ends.
  virtual Status watch(const Value& request, const std::function<bool(const Value&)>& on_event) = 0;

  /// What the node last published; null before the first. In-process only: null over a socket.
  virtual std::shared_ptr<const Snapshot> latest() const = 0;

  /// Whether another process owns the home and this client talks to it.
  virtual bool is_remote() const = 0;
};

}  // namespace holm::node
