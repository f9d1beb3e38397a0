#include "node/witness.h"

#include "base/wire.h"

namespace holm::node {

Bytes encode(const Witness& witness) {
  Writer out;
  out.array(4).uint(1).id(witness.nonce).id(witness.next).array(witness.logs.size());
  for (const auto& [log, seq] : witness.logs) out.array(2).id(log).uint(seq);
  return out.take();
}

Result<Witness> decode_witness(ByteView bytes) {
  const auto parse = [&]() -> Result<Witness> {
    auto in = TRY(Reader::open(bytes));
    Witness out;
    TRY(in.array(4));
    if (TRY(in.uint()) != 1) return fail(Code::corrupt, "another version");
    out.nonce = TRY(in.id<StoreNonce>());
    out.next = TRY(in.id<StoreNonce>());
    for (auto n = TRY(in.array()); n > 0; --n) {
      TRY(in.array(2));
      const auto log = TRY(in.id<LogId>());
      out.logs[log] = TRY(in.uint());
    }
    TRY(in.end());
    return out;
  };
  auto out = parse();
  if (!out) return fail(Code::corrupt, "the witness of a store is damaged");
  return out;
}

}  // namespace holm::node
