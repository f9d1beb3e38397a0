// One conversation of Links with another device, as far as it has come. For links.cc and
// admission.cc alone.
#pragma once

#include "node/link_view.h"
#include "node/links.h"

namespace holm::node {

inline constexpr std::string_view kCannotStore = "this device cannot store more at the moment";

/// What a removed device is told.
inline constexpr std::string_view kRemoved = "this device is no longer part of the team";

struct Links::Link {
  net::LinkId id = 0;
  std::unique_ptr<net::Session> session;
  net::Endpoint dialled;
  bool is_inbound = false;
  LinkStage stage = LinkStage::connecting;
  Replica* replica = nullptr;
  std::unique_ptr<LinkView> view;
  sync::Peer peer;
  crypto::KexPublic remote;
  DeviceId said;    ///< who the other side says it is; its key is proven, not that
  DeviceId device;  ///< who it is, once that is known here
  std::optional<work::members::InviteSecret> secret;  ///< a join of ours
  bool is_recovery = false;                           ///< a knock of ours with the phrase's key
  std::optional<Door> door;                           ///< theirs, until they are let in
  TeamId wanted;  ///< by a recovery, of ours or theirs; nil: asks which there are
  Digest handshake;
  Millis clock_gap{0};  ///< of who let this device in, against the clock here
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  bool is_connected = false;
  bool is_closing = false;
  std::optional<Error> why;
};

}  // namespace holm::node
