// The desktop's keyring through a program of its own, holm-keyring (tools/keyring), which is
// started for each question and killed when it takes too long. So neither the desktop's libraries
// nor their threads are in this process, it starts no slower, and it runs where there are none of
// them. An edge: it starts processes.
#pragma once

#include <chrono>
#include <string>

#include "node/keyring.h"

namespace holm::node {

class KeyringProgram final : public Keyring {
 public:
  /// Long enough to type a password.
  static constexpr std::chrono::milliseconds kWait{60'000};

  /// program  path of holm-keyring; it need not be there.
  /// wait     how long one question may take.
  explicit KeyringProgram(std::string program, std::chrono::milliseconds wait = kWait)
      : program_(std::move(program)), wait_(wait) {}

  Status put(const Item& item, const crypto::SecretKey32& key) override;
  Result<crypto::SecretKey32> get(const KeyringId& id) override;
  Status remove(const Item& item) override;

 private:
  std::string program_;
  std::chrono::milliseconds wait_;
};

}  // namespace holm::node
