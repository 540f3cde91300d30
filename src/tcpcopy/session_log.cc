// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session_log.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace tcpcopy::replayer {
namespace {

std::string_view words(session::SessionEvent::What what) {
  using What = session::SessionEvent::What;
  switch (what) {
    case What::kOpened:
      return "opened";
    case What::kNotOpened:
      return "not opened";
    case What::kConnected:
      return "connected";
    case What::kCutOff:
      return "its connection to the target is over";
    case What::kTurnQuiet:
      return "goes on behind an answer of another length";
    case What::kTurnExpired:
      return "goes on without an answer";
    case What::kEnded:
      return "ended";
  }
  return "";
}

}  // namespace

std::string describe(const session::SessionEvent& event) {
  std::string text = event.captured.client.to_string();
  if (event.what == session::SessionEvent::What::kNotOpened) {
    text += fmt::format(" (to {})", event.target.server.to_string());
  } else {
    text += fmt::format(" ({} to {})", event.target.client.to_string(),
                        event.target.server.to_string());
  }
  text += fmt::format(": {}", words(event.what));
  if (!event.detail.empty()) text += fmt::format(": {}", event.detail);
  return text;
}

bool SessionLog::wanted(const Endpoint& client) const {
  if (!client_) return true;
  return client_->address == client.address && (client_->port == 0 || client_->port == client.port);
}

bool SessionLog::room() {
  if (loop_.now() >= second_began_at_ + std::chrono::seconds(1)) {
    second_began_at_ = loop_.now();
    lines_ = 0;
    if (const unsigned left_out = std::exchange(left_out_, 0); left_out > 0) {
      spdlog::log(client_ ? spdlog::level::info : spdlog::level::debug,
                  "{} lines of sessions were left out: more than {} in a second", left_out,
                  kMostLines);
    }
  }
  if (lines_ == kMostLines) {
    ++left_out_;
    return false;
  }
  ++lines_;
  return true;
}

void SessionLog::on_event(const session::SessionEvent& event) {
  if (!wanted(event.captured.client) || !room()) return;
  // Who asked for one client wants to see it at any level.
  spdlog::log(client_ ? spdlog::level::info : spdlog::level::debug, "session {}", describe(event));
}

}  // namespace tcpcopy::replayer
