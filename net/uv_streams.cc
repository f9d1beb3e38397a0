#include "net/uv_streams.h"

#include "base/ensure.h"
#include "net/uv_stream.h"

namespace holm::net {

UvStreams::UvStreams(UvLoop& loop, StreamLimits limits)
    : loop_(loop), limits_(limits), read_buffer_(limits.read_bytes) {
  ENSURE(limits.read_bytes > 0);
}

UvStreams::~UvStreams() {
  for (const auto& [link, stream] : streams_) stream->abandon();
}

void UvStreams::send(LinkId link, Bytes bytes) {
  if (auto* stream = find(link)) stream->send(std::move(bytes));
}

std::size_t UvStreams::queued_bytes(LinkId link) const {
  const auto* stream = find(link);
  return stream == nullptr ? 0 : stream->queued_bytes();
}

void UvStreams::pause_reading(LinkId link) {
  if (auto* stream = find(link)) stream->pause_reading();
}

void UvStreams::resume_reading(LinkId link) {
  if (auto* stream = find(link)) stream->resume_reading();
}

void UvStreams::close(LinkId link) {
  if (auto* stream = find(link)) stream->close();
}

LinkId UvStreams::adopt(UvStream* stream) {
  ENSURE(events_ != nullptr);
  const auto link = next_link_++;
  stream->set_link(link);
  streams_.emplace(link, stream);
  return link;
}

UvStream* UvStreams::find(LinkId link) const {
  const auto found = streams_.find(link);
  return found == streams_.end() ? nullptr : found->second;
}

}  // namespace holm::net
