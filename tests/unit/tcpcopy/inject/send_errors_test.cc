// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/send_errors.hh"

#include <gtest/gtest.h>

#include <cerrno>

#include "tcpcopy/inject/injector.hh"

namespace tcpcopy::inject {
namespace {

/// Takes nothing: every packet is refused.
class Refusing : public Injector {
 public:
  explicit Refusing(int error) : error_(error) {}
  void send(const ReplaySegment& /*segment*/, std::span<const Bytes> /*payload*/) override {
    refuse(error_);
  }
  bool full() const override { return false; }
  void flush() override {}
  void send_packet(Bytes /*packet*/, const Address& /*destination*/) override { refuse(error_); }

 private:
  int error_;
};

TEST(SendErrors, EachIsOfAKind) {
  const std::pair<int, SendError> kinds[] = {
      {EPERM, SendError::kNotPermitted},      {EACCES, SendError::kNotPermitted},
      {ENOBUFS, SendError::kNoRoom},          {EAGAIN, SendError::kNoRoom},
      {EMSGSIZE, SendError::kTooLong},        {EHOSTUNREACH, SendError::kUnreachable},
      {ENETUNREACH, SendError::kUnreachable}, {ENETDOWN, SendError::kDeviceDown},
      {ENXIO, SendError::kDeviceDown},        {EINVAL, SendError::kOther}};
  for (const auto& [error, kind] : kinds) {
    EXPECT_EQ(send_error(error), kind) << error;
    EXPECT_FALSE(to_string(kind).empty());
    EXPECT_FALSE(explanation(kind).empty());
  }
}

TEST(SendErrors, AreCountedByKind) {
  Refusing injector(EPERM);
  injector.send({}, {});
  injector.send({}, {});
  Report report;
  injector.report(report);
  EXPECT_EQ(report.of("injected_refused", "not-permitted"), 2U);
  EXPECT_EQ(report.sum("injected_refused"), 2U);
}

}  // namespace
}  // namespace tcpcopy::inject
