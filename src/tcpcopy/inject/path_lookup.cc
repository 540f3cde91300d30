// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/path_lookup.hh"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <span>
#include <vector>

#include "common/net/bytes.hh"
#include "common/runtime/socket_address.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::inject {
namespace {

constexpr std::size_t kAlignment = 4;  // of all parts of a netlink message

std::size_t aligned(std::size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

// A request: header, a fixed part, attributes.
class Request {
 public:
  template <typename Fixed>
  Request(std::uint16_t type, const Fixed& fixed) : bytes_(sizeof(nlmsghdr)) {
    header_.nlmsg_type = type;
    header_.nlmsg_flags = NLM_F_REQUEST;
    append(&fixed, sizeof fixed);
  }

  void add(std::uint16_t type, const void* value, std::size_t size) {
    const rtattr attribute{static_cast<unsigned short>(sizeof(rtattr) + size), type};
    append(&attribute, sizeof attribute);
    append(value, size);
  }
  void add(std::uint16_t type, const Address& address) {
    std::array<std::byte, 4> bits{};
    net::store_be32(bits.data(), address.v4_bits());
    add(type, bits.data(), bits.size());
  }
  void add(std::uint16_t type, int value) { add(type, &value, sizeof value); }

  Bytes bytes() {
    header_.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    return bytes_;
  }

 private:
  void append(const void* data, std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + aligned(size));
    std::memcpy(&bytes_[at], data, size);
  }

  nlmsghdr header_{};
  std::vector<std::byte> bytes_;
};

// The kernel's answer from the fixed part on; empty when it is an error.
template <typename Fixed>
std::vector<std::byte> ask(Request& request, std::uint16_t answer_type) {
  const runtime::UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const Bytes question = request.bytes();
  if (!fd || ::send(fd.get(), question.data(), question.size(), 0) < 0) return {};
  std::vector<std::byte> answer(8192);
  const ssize_t size = ::recv(fd.get(), answer.data(), answer.size(), 0);
  nlmsghdr header{};
  if (size < static_cast<ssize_t>(sizeof header + sizeof(Fixed))) return {};
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != answer_type || header.nlmsg_len > static_cast<std::size_t>(size)) {
    return {};
  }
  answer.resize(header.nlmsg_len);
  answer.erase(answer.begin(), answer.begin() + sizeof header);
  return answer;
}

// The value of an attribute; empty when it is not there.
Bytes attribute(Bytes attributes, std::uint16_t type) {
  while (attributes.size() >= sizeof(rtattr)) {
    rtattr header{};
    std::memcpy(&header, attributes.data(), sizeof header);
    if (header.rta_len < sizeof header || header.rta_len > attributes.size()) break;
    if (header.rta_type == type) {
      return attributes.subspan(sizeof header, header.rta_len - sizeof header);
    }
    if (aligned(header.rta_len) >= attributes.size()) break;
    attributes = attributes.subspan(aligned(header.rta_len));
  }
  return {};
}

}  // namespace

std::optional<Route> route_to(const Address& destination, int device) {
  rtmsg question{};
  question.rtm_family = AF_INET;
  question.rtm_dst_len = 32;
  Request request(RTM_GETROUTE, question);
  request.add(RTA_DST, destination);
  if (device != 0) request.add(RTA_OIF, device);
  const auto answer = ask<rtmsg>(request, RTM_NEWROUTE);
  if (answer.empty()) return std::nullopt;
  rtmsg fixed{};
  std::memcpy(&fixed, answer.data(), sizeof fixed);
  const Bytes attributes = Bytes(answer).subspan(sizeof fixed);
  const Bytes out = attribute(attributes, RTA_OIF);
  if (out.size() != sizeof(int)) return std::nullopt;
  Route route;
  std::memcpy(&route.device, out.data(), sizeof route.device);
  const Bytes gateway = attribute(attributes, RTA_GATEWAY);
  route.next_hop = gateway.size() == 4 ? Address::v4(net::load_be32(gateway.data())) : destination;
  route.loopback = fixed.rtm_type == RTN_LOCAL;
  return route;
}

std::optional<MacAddress> neighbour(int device, const Address& next_hop) {
  ndmsg question{};
  question.ndm_family = AF_INET;
  question.ndm_ifindex = device;
  Request request(RTM_GETNEIGH, question);
  request.add(NDA_DST, next_hop);
  const auto answer = ask<ndmsg>(request, RTM_NEWNEIGH);
  if (answer.empty()) return std::nullopt;
  ndmsg fixed{};
  std::memcpy(&fixed, answer.data(), sizeof fixed);
  const Bytes found = attribute(Bytes(answer).subspan(sizeof fixed), NDA_LLADDR);
  MacAddress address;
  const bool known = (fixed.ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) == 0;
  if (!known || found.size() != address.octets.size()) return std::nullopt;
  std::memcpy(address.octets.data(), found.data(), found.size());
  return address;
}

void ask_for_neighbour(const Address& next_hop) {
  const runtime::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = runtime::to_sockaddr({next_hop, runtime::kDiscardPort});
  if (fd) {
    ::sendto(fd.get(), nullptr, 0, MSG_DONTWAIT, runtime::generic(address), sizeof address);
  }
}

}  // namespace tcpcopy::inject
