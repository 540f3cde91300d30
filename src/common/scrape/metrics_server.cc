// SPDX-License-Identifier: BSD-3-Clause
#include "common/scrape/metrics_server.hh"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <utility>

#include "common/metrics/metrics_text.hh"
#include "common/runtime/daemon.hh"
#include "common/runtime/socket.hh"
#include "tcpcopy/version.hh"

namespace tcpcopy::scrape {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::size_t kBytesPerRead = 1024;
constexpr const char* kOption = "--metrics";

microseconds cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) +
         duration_cast<microseconds>(std::chrono::nanoseconds(time.tv_nsec));
}

bool passes_by() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

MetricsServer::MetricsServer(runtime::EventLoop& loop, const Endpoint& listen, std::string prefix,
                             std::function<Report()> figures)
    : loop_(loop),
      prefix_(std::move(prefix)),
      figures_(std::move(figures)),
      start_(std::chrono::system_clock::now()),
      listener_(runtime::listen_on(kOption, listen)) {
  listener_watch_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_some(); });
}

void MetricsServer::accept_some() {
  Endpoint peer;
  while (accepted_ < kAcceptsPerPeriod) {
    runtime::UniqueFd fd = runtime::accept_from(listener_.get(), peer);
    if (!fd) {
      if (passes_by() || errno == ECONNABORTED) return;
      break;  // no descriptors: the connection still waits, so the loop would spin
    }
    ++accepted_;
    add(std::move(fd));
  }
  listener_watch_.change(0);
  tick_soon();
}

void MetricsServer::add(runtime::UniqueFd fd) {
  if (connections_.size() >= kMaxConnections) give_up(*connections_.front(), kMadeRoom);
  auto added = std::make_unique<Connection>();
  Connection& connection = *added;
  connection.fd = std::move(fd);
  connection.deadline = loop_.now() + kPatience;
  connection.watch =
      loop_.try_watch(connection.fd.get(), EPOLLIN,
                      [this, &connection](std::uint32_t events) { on_ready(connection, events); });
  connections_.push_back(std::move(added));
  if (!connection.watch) return give_up(connection, kNetworkError);
  tick_soon();
}

void MetricsServer::on_ready(Connection& connection, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) return write(connection);  // what else it says can wait
  read(connection);
}

void MetricsServer::read(Connection& connection) {
  std::array<char, kBytesPerRead> bytes{};
  const auto count = ::recv(connection.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (!passes_by()) give_up(connection, kNetworkError);
    return;
  }
  if (count == 0) return close(connection);
  take(connection, {bytes.data(), static_cast<std::size_t>(count)});
}

void MetricsServer::take(Connection& connection, std::string_view bytes) {
  if (connection.answered) {  // it is read so that closing destroys no answer (RFC 9112, 9.6)
    connection.discarded += bytes.size();
    if (connection.discarded > kMaxDiscarded) close(connection);
    return;
  }
  connection.request += bytes;
  const auto verdict = metrics::judge(connection.request);
  if (!verdict) return;
  connection.request = {};
  connection.answered = true;
  const auto* const status =
      std::find(std::begin(metrics::kStatuses), std::end(metrics::kStatuses), verdict->status);
  ++answers_[static_cast<std::size_t>(status - std::begin(metrics::kStatuses))];
  connection.answer =
      metrics::answer(*verdict, verdict->status == metrics::Status::kOk ? page() : "");
  write(connection);
}

void MetricsServer::write(Connection& connection) {
  std::string& answer = connection.answer;
  const auto count =
      ::send(connection.fd.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) {
    if (!passes_by()) return give_up(connection, kNetworkError);
  } else {
    answer.erase(0, static_cast<std::size_t>(count));
  }
  connection.watch.change(answer.empty() ? EPOLLIN : EPOLLOUT);
  if (answer.empty()) ::shutdown(connection.fd.get(), SHUT_WR);  // then it closes
}

void MetricsServer::close(const Connection& connection) {
  std::erase_if(connections_, [&](const auto& each) { return each.get() == &connection; });
}

void MetricsServer::give_up(const Connection& connection, End why) {
  ++ends_[why];
  close(connection);
}

const std::string& MetricsServer::page() {
  if (!page_.empty() && loop_.now() < page_until_) return page_;
  metrics::Process process;
  process.version = kProgramVersion;
  process.cpu = cpu_time();
  process.start = duration_cast<microseconds>(start_.time_since_epoch());
  process.memory_bytes = runtime::resident_memory();
  page_ = metrics::metrics_text(figures_(), prefix_, process);
  page_until_ = loop_.now() + kPeriod;
  return page_;
}

void MetricsServer::tick_soon() {
  if (std::exchange(ticking_, true)) return;
  tick_ = loop_.after(kPeriod, [this] { tick(); });
}

void MetricsServer::tick() {
  ticking_ = false;
  while (!connections_.empty() && connections_.front()->deadline <= loop_.now())
    give_up(*connections_.front(), kTimeLimit);
  accepted_ = 0;
  listener_watch_.change(EPOLLIN);
  if (!connections_.empty()) tick_soon();
}

void MetricsServer::report(Report& to) const {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    to.total({"metrics_answers", "answers", "to who asked for metrics", "status"}, answers_[i],
             to_string(metrics::kStatuses[i]));
  }
  constexpr std::array<std::string_view, kEnds> kNames{"time-limit", "made-room", "network-error"};
  for (std::size_t i = 0; i < kEnds; ++i) {
    to.total({"metrics_given_up", "connections", "of who asks for metrics", "reason"}, ends_[i],
             kNames[i]);
  }
}

}  // namespace tcpcopy::scrape
