// A node on its own loop thread in this process, and the client that talks to it through the
// mailbox. What open_client() gives when nobody else owns the home; the demo runs three.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "node/client.h"
#include "node/runtime.h"

namespace holm::node {

class LocalNode final : public Client {
 public:
  /// Opens the home and starts the loop thread. Errors: as Home::open and the stores'.
  static Result<std::unique_ptr<LocalNode>> start(const std::string& home, const Unlock& unlock);
  /// Also accepts links at `listen` ("ADDR:PORT"), kept to known addresses, from before the thread
  /// starts; `listening` gets the endpoint bound.
  static Result<std::unique_ptr<LocalNode>> start_serving(const std::string& home,
                                                          const Unlock& unlock,
                                                          const std::string& listen,
                                                          std::string& listening);
  /// Ends the node in good order and joins the thread.
  ~LocalNode() override;

  Result<Value> call(const Value& request) override;
  Status watch(const Value& request, const std::function<bool(const Value&)>& on_event) override;
  std::shared_ptr<const Snapshot> latest() const override;
  bool is_remote() const override { return false; }

 private:
  struct Parts;
  explicit LocalNode(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holm::node
