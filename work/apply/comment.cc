#include "crdt/text/utf8.h"
#include "work/apply/draft.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/resolution.h"

namespace holm::work {
namespace {

constexpr std::size_t kQuoteBytes = 4000;

Value anchor_value(const crdt::Anchor& anchor) {
  return Value(Value::Array{id_value(anchor.id.log), Value(anchor.id.seq), Value(anchor.after)});
}

/// [field, from, to, quote] for the first place where `quote` stands in the target's text.
Result<Value> anchor_on(Draft& draft, const Subject& target, const std::string& quote) {
  const auto field = text_field_of(target.object.type);
  if (quote.empty() || quote.size() > kQuoteBytes)
    return fail(Code::usage, "the quoted words are empty or longer than 4000 bytes",
                "nothing was changed");
  TRY(check_text(quote, "the quoted words"));
  const auto text = TRY(draft.state.full_text(target.ref, field));
  const auto at = text.text().find(quote);
  if (at == std::string::npos)
    return fail(Code::not_found, "the words \"" + quote + "\" are not in the text",
                "nothing was changed", "quote them exactly, or leave --on away");
  if (text.text().find(quote, at + 1) != std::string::npos)
    draft.notice("these words stand there more than once: the comment is on the first");
  const auto from = crdt::utf8::count(std::string_view(text.text()).substr(0, at));
  const auto to = from + crdt::utf8::count(quote);
  return Value(Value::Array{Value(field), anchor_value(text.anchor(from, false)),
                            anchor_value(text.anchor(to, true)), Value(quote)});
}

/// The comment that a conversation hangs on.
Result<Subject> root_of(const Draft& draft, Subject found) {
  if (const auto root = object_of(found.object, comment::kReplyTo)) {
    const Ref ref{found.ref.space, *root};
    return Subject{ref, TRY(load(draft, ref))};
  }
  return found;
}

}  // namespace

Status run(Draft& draft, const CommentAdd& command) {
  const auto target = TRY(subject(draft, command.target, {kDocument, kCard, kItem, kBoard}));
  TRY(check_text(command.text, "the comment"));
  if (command.text.empty()) return fail(Code::usage, "the comment is empty", "nothing was changed");
  Value anchor;
  if (command.on) anchor = TRY(anchor_on(draft, target, *command.on));
  const auto ref = draft.fresh(target.ref.space);
  draft.on(ref, kComment)
      .put(field::kParent, id_value(target.ref.object))
      .put_if(comment::kAnchor, anchor)
      .insert(comment::kBody, 0, command.text);
  TRY(attach(draft, ref, kComment, comment::kAttachments, command.attachments));
  draft.answer_id(ref);
  return wake_owner(draft, target.ref);
}

Status run(Draft& draft, const CommentReply& command) {
  const auto root = TRY(root_of(draft, TRY(subject(draft, command.comment, {kComment}))));
  TRY(check_text(command.text, "the reply"));
  if (command.text.empty()) return fail(Code::usage, "the reply is empty", "nothing was changed");
  const auto ref = draft.fresh(root.ref.space);
  const auto parent = object_of(root.object, field::kParent).value_or(ObjectId{});
  draft.on(ref, kComment)
      .put(field::kParent, id_value(parent))
      .put(comment::kReplyTo, id_value(root.ref.object))
      .insert(comment::kBody, 0, command.text);
  draft.answer_id(ref);
  return wake_owner(draft, root.ref);
}

Status run(Draft& draft, const CommentResolve& command) {
  const auto root = TRY(root_of(draft, TRY(subject(draft, command.comment, {kComment}))));
  Value value;
  if (!command.off)
    value =
        TRY(rules::resolved_value(draft.state, root.ref, draft.acting.member, draft.acting.now));
  draft.on(root.ref, kComment).put(comment::kResolved, value);
  draft.answer_id(root.ref);
  return {};
}

}  // namespace holm::work
