// SPDX-License-Identifier: BSD-3-Clause
// As much of HTTP/1.1 (RFC 9112) as it takes to be asked for one page: the head of a request,
// hostile until proven sane, to what is answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpcopy::metrics {

/// Bytes of a request's head, at most.
inline constexpr std::size_t kMaxRequest = 4096;

enum class Status : std::uint16_t {
  kOk = 200,
  kBadRequest = 400,
  kNotFound = 404,
  kMethodNotAllowed = 405,
};
inline constexpr Status kStatuses[] = {Status::kOk, Status::kBadRequest, Status::kNotFound,
                                       Status::kMethodNotAllowed};

/// `200`.
std::string_view to_string(Status status);

struct Verdict {
  Status status = Status::kBadRequest;
  bool head_only = false;  ///< HEAD: the answer has no body
};

/// @param bytes all that came so far.
/// @return nothing while the head is not whole, and may still become so.
std::optional<Verdict> judge(std::string_view bytes);

/// An answer, after which the connection is closed.
/// @param page for Status::kOk: what was asked for.
std::string answer(const Verdict& verdict, std::string_view page);

}  // namespace tcpcopy::metrics
