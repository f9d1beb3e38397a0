// Comments on documents, cards and checklist items.
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"
#include "work/command_codec.h"

namespace holm::cli {
namespace {

Status comment_add(Call& call) {
  const auto& args = call.args();
  const auto text = TRY(call.text("TEXT"));
  auto request = work::to_value(work::CommentAdd{args.get("REF"), text, args.find("--on"), {}});
  if (args.has("--attach")) request.set("attach", path_values(args.all("--attach")));
  return call.made(TRY(call.ask(std::move(request))), "Your comment stands.");
}

Status comment_list(Call& call) {
  const auto& args = call.args();
  return show_answer(call, work::CommentList{args.get("REF"), args.has("--all")}, render_comments);
}

Status comment_reply(Call& call) {
  const auto text = TRY(call.text("TEXT"));
  return make_thing(call, work::CommentReply{call.args().get("ID"), text}, "Your reply stands.");
}

Status comment_resolve(Call& call) {
  const bool off = call.args().has("--off");
  return do_command(call, work::CommentResolve{call.args().get("ID"), off},
                    off ? "The comment is open again." : "The comment is resolved.");
}

}  // namespace

Table comment_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::documents;
  const Argument text{"TEXT", "the words; - reads stdin", Need::text};
  const Option file{"--file", "F", kFileHelp, "file"};
  return {
      {"comment add",
       chapter,
       "comment on a document, a card or one of its items",
       {{"REF", "what it is about"}, text},
       {{"--on", "WORDS", "the words in the text that it is about; the comment moves with them"},
        {"--attach", "F", "a file of this machine that belongs to it; may be given several times",
         "file", Option::Use::repeated},
        file},
       "",
       comment_add},
      {"comment list",
       chapter,
       "open comments on a thing",
       {{"REF", "the thing"}},
       {{"--all", "", "resolved ones too"}},
       "",
       comment_list},
      {"comment reply",
       chapter,
       "answer a comment",
       {{"ID", "of the comment, or its beginning"}, text},
       {file},
       "",
       comment_reply},
      {"comment resolve",
       chapter,
       "say that a comment is dealt with",
       {{"ID", "of the comment, or its beginning"}},
       {{"--off", "", "open it again"}},
       "",
       comment_resolve},
  };
}

}  // namespace holm::cli
