// What says who somebody is, from outside: greetings of a handshake, recovery entries of profiles,
// codes, phrases. What decodes encodes to the same bytes; words read back as what they stand for.
//
// Input: u8 which | the bytes.
#include <cstddef>
#include <cstdint>

#include "base/ensure.h"
#include "node/recovery.h"
#include "node/teams.h"
#include "work/members/invite_code.h"
#include "work/members/proquint.h"

using namespace holm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (const auto hello = node::decode_hello(bytes)) {
        ENSURE(node::encode(*hello) == to_bytes(bytes));
      }
      break;
    case 1:
      if (const auto code = node::decode_device_code(bytes)) {
        ENSURE(node::encode(*code) == to_bytes(bytes));
      }
      break;
    case 2: {
      const auto entry = node::decode_recovery_entry(bytes, TeamId{}, crypto::VerifyKey{});
      ENSURE(!entry.has_value());  // nobody holds that root key
      break;
    }
    case 3:
      if (const auto secret = node::parse_recovery_phrase(as_text(bytes))) {
        ENSURE(*node::parse_recovery_phrase(node::recovery_phrase(*secret)) == *secret);
      }
      if (const auto bits = work::members::parse_proquint(as_text(bytes))) {
        ENSURE(work::members::proquint(*bits) == as_text(bytes));
      }
      break;
    default:
      if (const auto secret = work::members::parse_invite_code(as_text(bytes))) {
        ENSURE(*work::members::parse_invite_code(work::members::invite_code(*secret)) == *secret);
      }
  }
  return 0;
}
