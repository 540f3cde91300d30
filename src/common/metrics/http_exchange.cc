// SPDX-License-Identifier: BSD-3-Clause
#include "common/metrics/http_exchange.hh"

#include <algorithm>

namespace tcpcopy::metrics {
namespace {

constexpr std::string_view kPath = "/metrics";
constexpr std::string_view kScheme = "http://";

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// @return the text up to the next end of line, CR LF or LF alone (RFC 9112, 2.2), which is taken
// off `rest` with it; nothing when there is none.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Of an absolute form the path alone is of interest (RFC 9112, 3.2.2).
bool is_our_path(std::string_view target) {
  if (target.starts_with(kScheme)) {
    target.remove_prefix(kScheme.size());
    target = target.substr(std::min(target.find('/'), target.size()));
  }
  return target.substr(0, target.find('?')) == kPath;
}

Verdict judge_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || !is_visible(target)) return {};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {};
  const bool head_only = method == "HEAD";
  if (method != "GET" && !head_only) return {Status::kMethodNotAllowed};
  return {is_our_path(target) ? Status::kOk : Status::kNotFound, head_only};
}

bool is_field(std::string_view line) { return is_token(line.substr(0, line.find(':'))); }

std::string_view reason(Status status) {
  switch (status) {
    case Status::kOk:
      return "OK";
    case Status::kBadRequest:
      break;
    case Status::kNotFound:
      return "Not Found";
    case Status::kMethodNotAllowed:
      return "Method Not Allowed";
  }
  return "Bad Request";
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::kOk:
      return "200";
    case Status::kBadRequest:
      break;
    case Status::kNotFound:
      return "404";
    case Status::kMethodNotAllowed:
      return "405";
  }
  return "400";
}

std::optional<Verdict> judge(std::string_view bytes) {
  std::string_view rest = bytes.substr(0, kMaxRequest);
  std::optional<std::string_view> line = take_line(rest);
  if (line && line->empty()) line = take_line(rest);  // RFC 9112, 2.2
  std::optional<Verdict> verdict;
  for (; line && !line->empty(); line = take_line(rest)) {
    if (!verdict) {
      verdict = judge_line(*line);
    } else if (!is_field(*line) || line->find(':') == std::string_view::npos) {
      verdict = Verdict{};
    }
    if (verdict->status == Status::kBadRequest) return verdict;
  }
  if (line) return verdict ? verdict : Verdict{};
  if (bytes.size() >= kMaxRequest) return Verdict{};
  return std::nullopt;
}

std::string answer(const Verdict& verdict, std::string_view page) {
  const bool ok = verdict.status == Status::kOk;
  const std::string_view body = ok ? page : "The metrics are at /metrics.\n";
  std::string text("HTTP/1.1 ");
  text.append(to_string(verdict.status)).append(" ").append(reason(verdict.status));
  text += "\r\nContent-Type: text/plain; ";
  if (ok) text += "version=0.0.4; ";
  text += "charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  if (verdict.status == Status::kMethodNotAllowed) text += "Allow: GET, HEAD\r\n";
  text += "Connection: close\r\n\r\n";
  if (!verdict.head_only) text += body;
  return text;
}

}  // namespace tcpcopy::metrics
