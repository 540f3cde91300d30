// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/send_errors.hh"
#include <cerrno>

namespace tcpcopy::inject {

SendError send_error(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return SendError::kNotPermitted;
    case ENOBUFS:
    case EAGAIN:
      return SendError::kNoRoom;
    case EMSGSIZE:
      return SendError::kTooLong;
    case EHOSTUNREACH:
    case ENETUNREACH:
      return SendError::kUnreachable;
    case ENETDOWN:
    case ENODEV:
    case ENXIO:
      return SendError::kDeviceDown;
    default:
      return SendError::kOther;
  }
}

std::string_view to_string(SendError error) {
  switch (error) {
    case SendError::kNotPermitted:
      return "not-permitted";
    case SendError::kNoRoom:
      return "no-room";
    case SendError::kTooLong:
      return "too-long";
    case SendError::kUnreachable:
      return "unreachable";
    case SendError::kDeviceDown:
      return "device-down";
    case SendError::kOther:
      return "other";
  }
  return "unknown";
}

std::string_view explanation(SendError error) {
  switch (error) {
    case SendError::kNotPermitted:
      return "a rule of this host's firewall, in its output chain, rejects replayed packets: "
             "exempt them, see docs/deployment.md";
    case SendError::kNoRoom:
      return "the device's queue is full: the target's side is slower than the replay; "
             "a longer queue helps (ip link set DEVICE txqueuelen N)";
    case SendError::kTooLong:
      return "the way to the target takes shorter packets than it did: they are cut anew within 5 "
             "s, unless -M says otherwise";
    case SendError::kUnreachable:
      return "no route to the target, or nobody answers to ARP for it: ip route get TARGET";
    case SendError::kDeviceDown:
      return "the device is down or gone: ip link";
    case SendError::kOther:
      return "see the error's name";
  }
  return "";
}

}  // namespace tcpcopy::inject
