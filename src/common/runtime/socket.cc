// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/socket.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "common/runtime/errors.hh"
#include "common/runtime/socket_address.hh"

namespace tcpcopy::runtime {
namespace {

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

UniqueFd tcp_socket() {
  return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// The kernel itself waits for an address that is not there (ip(7), IP_FREEBIND).
int bind_to(int fd, const Endpoint& endpoint) {
  const sockaddr_in address = to_sockaddr(endpoint);
  if (::bind(fd, generic(address), sizeof address) == 0) return 0;
  if (errno != EADDRNOTAVAIL) return -1;
  set_option(fd, IPPROTO_IP, IP_FREEBIND, 1);
  if (::bind(fd, generic(address), sizeof address) != 0) return -1;
  spdlog::warn("this host does not have the address {} (-b) yet; waiting for it",
               endpoint.address.to_string());
  return 0;
}

}  // namespace

std::string error_text(int error) { return std::generic_category().message(error); }

std::vector<Address> local_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) throw SystemError("getifaddrs: " + error_text(errno));
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<Address> addresses;
  for (; list != nullptr; list = list->ifa_next) {
    if (list->ifa_addr == nullptr || list->ifa_addr->sa_family != AF_INET) continue;
    const void* generic_address = list->ifa_addr;
    const auto* address = static_cast<const sockaddr_in*>(generic_address);
    addresses.push_back(Address::v4(ntohl(address->sin_addr.s_addr)));
  }
  return addresses;
}

UniqueFd listen_on(const Endpoint& endpoint) {
  constexpr int kBacklog = 1024;  // a burst of strangers must not keep a tcpcopy out
  UniqueFd fd = tcp_socket();
  if (!fd) throw SystemError("socket: " + error_text(errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind_to(fd.get(), endpoint) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    const int error = errno;
    std::string text = "cannot listen on " + endpoint.to_string() + ": " + error_text(error);
    if (error == EADDRINUSE) text += "; another process has this port, choose one with -p";
    throw UsageError(text);
  }
  return fd;
}

UniqueFd listen_on(std::string_view option, const Endpoint& endpoint) {
  constexpr int kBacklog = 64;
  UniqueFd fd = tcp_socket();
  if (!fd) throw SystemError("socket: " + error_text(errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  const sockaddr_in address = to_sockaddr(endpoint);
  if (::bind(fd.get(), generic(address), sizeof address) == 0 &&
      ::listen(fd.get(), kBacklog) == 0) {
    return fd;
  }
  const int error = errno;
  const std::string text =
      fmt::format("{}: cannot listen on {}: {}", option, endpoint.to_string(), error_text(error));
  if (error == EADDRINUSE) throw UsageError(text + "; another process has this port");
  if (error == EADDRNOTAVAIL) throw SystemError(text + "; this host does not have the address");
  throw SystemError(text);
}

UniqueFd accept_from(int listener, Endpoint& peer) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  UniqueFd fd(::accept4(listener, generic(address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) peer = {Address::v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
  return fd;
}

UniqueFd begin_connect(const Endpoint& endpoint) {
  UniqueFd fd = tcp_socket();
  if (!fd) return fd;
  const sockaddr_in address = to_sockaddr(endpoint);
  if (::connect(fd.get(), generic(address), sizeof address) != 0 && errno != EINPROGRESS) return {};
  return fd;
}

int connect_result(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

void prepare_link(int fd, Duration patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
  const int third = std::max(1, static_cast<int>(seconds / 3));
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, third);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, third);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
}

void limit_unacknowledged(int fd, Duration patience) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(ms));
}

void coalesce_input(int fd, int bytes) {
  ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

Duration unanswered_for(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || info.tcpi_unacked == 0) {
    return Duration(0);
  }
  return std::chrono::milliseconds(info.tcpi_last_ack_recv);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace tcpcopy::runtime
