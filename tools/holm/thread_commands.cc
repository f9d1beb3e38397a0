// Threads and the messages in them.
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"
#include "work/command_codec.h"

namespace holm::cli {
namespace {

Status thread_new(Call& call) {
  const auto& args = call.args();
  const auto title = args.get("TITLE");
  const auto text = TRY(call.text("TEXT"));
  return make_thing(call, work::ThreadNew{args.get("ROOM"), title, text},
                    "The thread \"" + title + "\" is open.");
}

Status thread_list(Call& call) {
  const auto& args = call.args();
  return show_answer(call, work::ThreadList{args.find("ROOM"), args.has("--all")}, render_threads);
}

Status thread_show(Call& call) {
  return show_answer(call, work::ThreadShow{call.args().get("REF")}, render_thread);
}

Status thread_resolve(Call& call) {
  const auto& args = call.args();
  const bool off = args.has("--off");
  return do_command(call, work::ThreadResolve{args.get("REF"), args.get("--summary"), off},
                    off ? "The thread is open again." : "The thread is resolved.");
}

Status thread_follow(Call& call) {
  const bool off = call.args().has("--off");
  return do_command(call, work::ThreadFollow{call.args().get("REF"), off},
                    off ? "You follow it no longer." : "You follow it.");
}

Status thread_mute(Call& call) {
  const bool off = call.args().has("--off");
  return do_command(call, work::ThreadMute{call.args().get("REF"), off},
                    off ? "You hear of it again." : "You hear of it only when you are named.");
}

Status say(Call& call) {
  const auto& args = call.args();
  work::Say command;
  command.thread = args.get("THREAD");
  command.text = TRY(call.text("TEXT"));
  command.intent = args.find("--intent");
  command.to = args.list("--to");
  command.reply_by = args.find("--reply-by");
  command.needs_from = args.find("--needs-from");
  command.show_after = args.find("--show-after");
  auto request = work::to_value(command);
  if (args.has("--attach")) request.set("attach", path_values(args.all("--attach")));
  return call.made(TRY(call.ask(std::move(request))), "Your message stands.");
}

Status reply(Call& call) {
  const auto text = TRY(call.text("TEXT"));
  return make_thing(call,
                    work::Reply{call.args().get("MESSAGE"), text, call.args().has("--answer")},
                    "Your reply stands.");
}

Status message_edit(Call& call) {
  const auto text = TRY(call.text("TEXT"));
  return do_command(call, work::MessageEdit{call.args().get("MESSAGE"), text},
                    "Your message is changed; its older words stay in history.");
}

Status react(Call& call) {
  const auto& args = call.args();
  const bool off = args.has("--off");
  return do_command(call, work::React{args.get("MESSAGE"), args.get("EMOJI"), off},
                    off ? "Your reaction is taken back." : "Your reaction stands.");
}

Status retract(Call& call) {
  return do_command(call, work::Retract{call.args().get("MESSAGE")},
                    "Your message is retracted; who read it already has read it.");
}

}  // namespace

Table thread_commands() {
  using Need = Argument::Need;
  using Use = Option::Use;
  const auto chapter = Chapter::threads;
  const Argument ref{"REF", "the thread: Room/Title, or its id"};
  const Argument message{"MESSAGE", "its id, or the beginning of it, from \"holm thread show\""};
  const Argument text{"TEXT", "the words; - reads stdin", Need::text};
  const Option file{"--file", "F", kFileHelp, "file"};
  return {
      {"thread new",
       chapter,
       "open a thread about one subject",
       {{"ROOM", "its name or id"},
        {"TITLE", "the subject"},
        {"TEXT", "the first message; - reads stdin", Need::optional}},
       {file},
       "",
       thread_new},
      {"thread list",
       chapter,
       "open threads of the team or of a room, newest first",
       {{"ROOM", "only this room's", Need::optional}},
       {{"--all", "", "resolved ones too"}},
       "",
       thread_list},
      {"thread show", chapter, "a thread with its messages", {ref}, {}, "", thread_show},
      {"thread resolve",
       chapter,
       "say that a thread has come to its end",
       {ref},
       {{"--summary", "T", "what it came to"}, {"--off", "", "open it again"}},
       "",
       thread_resolve},
      {"thread follow",
       chapter,
       "hear of every message in a thread",
       {ref},
       {{"--off", "", "follow it no longer"}},
       "",
       thread_follow},
      {"thread mute",
       chapter,
       "hear of a thread only when you are named",
       {ref},
       {{"--off", "", "hear of it again"}},
       "",
       thread_mute},
      {"say",
       chapter,
       "write a message in a thread",
       {{"THREAD", "the thread: Room/Title, or its id"}, text},
       {{"--intent", "INTENT", "what kind of message it is: update when not given",
         "update|question|request|decision|feedback|blocker|announcement|social|thanks"},
        {"--to", "M", "who is meant; may be given several times", "", Use::repeated},
        {"--reply-by", "D", "until when an answer is needed"},
        {"--needs-from", "WHO", "whether any or all of those meant must answer", "any|all"},
        {"--show-after", "D", "do not show it to others before"},
        file,
        {"--attach", "F", "a file of this machine that belongs to it; may be given several times",
         "file", Use::repeated},
        {"--template", "T", "templates come later; write the message out", "", Use::later},
        {"--answer", "KEY=VALUE", "templates come later; write the message out", "", Use::later}},
       "",
       say},
      {"reply",
       chapter,
       "reply to a message",
       {message, text},
       {{"--answer", "", "it is the answer that was asked for"}, file},
       "",
       reply},
      {"message edit",
       chapter,
       "change the words of your own message",
       {message, text},
       {file},
       "",
       message_edit},
      {"react",
       chapter,
       "react to a message with an emoji",
       {message, {"EMOJI", "one emoji"}},
       {{"--off", "", "take it back"}},
       "",
       react},
      {"retract", chapter, "take back your own message", {message}, {}, "", retract},
  };
}

}  // namespace holm::cli
