// One function per question of query.h; answer.h is the door. All are pure reads of a State, and
// the keys they give are the JSON contract of CLI.md. Not formatted for people: the command line
// and the desktop lay the same answers out each in their way.
#pragma once

#include "base/result.h"
#include "base/value.h"
#include "work/answer.h"

namespace holm::work::views {

Result<Value> view(const State& state, const Asking& asking, const TeamShow& query);
Result<Value> view(const State& state, const Asking& asking, const InviteList& query);
Result<Value> view(const State& state, const Asking& asking, const DeviceList& query);
Result<Value> view(const State& state, const Asking& asking, const ProfileShow& query);
Result<Value> view(const State& state, const Asking& asking, const RoomList& query);
Result<Value> view(const State& state, const Asking& asking, const RoomShow& query);
Result<Value> view(const State& state, const Asking& asking, const DocList& query);
Result<Value> view(const State& state, const Asking& asking, const DocShow& query);
Result<Value> view(const State& state, const Asking& asking, const CommentList& query);
Result<Value> view(const State& state, const Asking& asking, const BoardList& query);
Result<Value> view(const State& state, const Asking& asking, const BoardShow& query);
Result<Value> view(const State& state, const Asking& asking, const CardShow& query);
Result<Value> view(const State& state, const Asking& asking, const ThreadList& query);
Result<Value> view(const State& state, const Asking& asking, const ThreadShow& query);
Result<Value> view(const State& state, const Asking& asking, const History& query);
Result<Value> view(const State& state, const Asking& asking, const Diff& query);
Result<Value> view(const State& state, const Asking& asking, const Blame& query);
Result<Value> view(const State& state, const Asking& asking, const Conflicts& query);
Result<Value> view(const State& state, const Asking& asking, const Search& query);
Result<Value> view(const State& state, const Asking& asking, const ExportTree& query);
Result<Value> view(const State& state, const Asking& asking, const FileList& query);
Result<Value> view(const State& state, const Asking& asking, const FileShow& query);

}  // namespace holm::work::views
