// SPDX-License-Identifier: BSD-3-Clause
#include "common/metrics/metrics_text.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpcopy::metrics {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Process kProcess{"2.0.0", 1500ms, 1'700'000'000'042ms, 4096};

TEST(MetricsText, NamesAreAsPrometheusWantsThem) {
  const auto name = [](std::string_view figure, std::string_view unit, bool is_total) {
    return metric_name("tcpcopy", {figure, unit, ""}, is_total);
  };
  EXPECT_EQ(name("sessions_opened", "sessions", true), "tcpcopy_sessions_opened_total");
  EXPECT_EQ(name("sessions_live", "sessions", false), "tcpcopy_sessions_live");
  EXPECT_EQ(name("bytes_lost", "bytes", true), "tcpcopy_lost_bytes_total");
  EXPECT_EQ(name("datagram_bytes_sent", "bytes", true), "tcpcopy_datagram_sent_bytes_total");
  EXPECT_EQ(name("link_unsent_bytes", "bytes", false), "tcpcopy_link_unsent_bytes");
  EXPECT_EQ(name("lag", "seconds", false), "tcpcopy_lag_seconds");
}

TEST(MetricsText, EachMetricStandsTogetherUnderItsHead) {
  const Figure packets{"packets_lost", "packets", "not delivered", "reason"};
  const Figure bytes{"bytes_lost", "bytes", "not delivered", "reason"};
  Report report;
  report.total(packets, 2, "half-open");
  report.total(bytes, 20, "half-open");
  report.total(packets, 3, "idle");
  report.total(bytes, 30, "idle");
  report.now({"sessions_live", "sessions", "there are now"}, 7);
  EXPECT_EQ(metrics_text(report, "tcpcopy", kProcess),
            "# HELP tcpcopy_packets_lost_total packets, by reason: not delivered\n"
            "# TYPE tcpcopy_packets_lost_total counter\n"
            "tcpcopy_packets_lost_total{reason=\"half-open\"} 2\n"
            "tcpcopy_packets_lost_total{reason=\"idle\"} 3\n"
            "# HELP tcpcopy_lost_bytes_total bytes, by reason: not delivered\n"
            "# TYPE tcpcopy_lost_bytes_total counter\n"
            "tcpcopy_lost_bytes_total{reason=\"half-open\"} 20\n"
            "tcpcopy_lost_bytes_total{reason=\"idle\"} 30\n"
            "# HELP tcpcopy_sessions_live sessions: there are now\n"
            "# TYPE tcpcopy_sessions_live gauge\n"
            "tcpcopy_sessions_live 7\n"
            "# HELP tcpcopy_build_info always 1, by version of the program\n"
            "# TYPE tcpcopy_build_info gauge\n"
            "tcpcopy_build_info{version=\"2.0.0\"} 1\n"
            "# HELP process_cpu_seconds_total seconds: of CPU, of the program and the kernel\n"
            "# TYPE process_cpu_seconds_total counter\n"
            "process_cpu_seconds_total 1.5\n"
            "# HELP process_resident_memory_bytes bytes: that the process takes now\n"
            "# TYPE process_resident_memory_bytes gauge\n"
            "process_resident_memory_bytes 4096\n"
            "# HELP process_start_time_seconds seconds: since 1970, when it was started\n"
            "# TYPE process_start_time_seconds gauge\n"
            "process_start_time_seconds 1700000000.042\n");
}

TEST(MetricsText, SpreadsAreHistograms) {
  Lag lag;
  for (const Duration time : std::initializer_list<Duration>{7us, 127us, 128us, 1ms, 1s})
    lag.note(time);
  lag.note(1h);
  Report report;
  report.spread({"lag", "seconds", "of bytes"}, lag);
  const std::string text = metrics_text(report, "tcpcopy", kProcess);
  EXPECT_THAT(text, HasSubstr("# HELP tcpcopy_lag_seconds seconds: of bytes\n"
                              "# TYPE tcpcopy_lag_seconds histogram\n"
                              "tcpcopy_lag_seconds_bucket{le=\"0.000128\"} 2\n"
                              "tcpcopy_lag_seconds_bucket{le=\"0.000256\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tcpcopy_lag_seconds_bucket{le=\"0.001024\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("tcpcopy_lag_seconds_bucket{le=\"1.048576\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("tcpcopy_lag_seconds_bucket{le=\"134.217728\"} 5\n"
                              "tcpcopy_lag_seconds_bucket{le=\"+Inf\"} 6\n"
                              "tcpcopy_lag_seconds_sum 3601.001262\n"
                              "tcpcopy_lag_seconds_count 6\n"));
}

TEST(MetricsText, OfAProcessThatHasNothingToSay) {
  const std::string text = metrics_text(Report(), "tcpcopy", {});
  EXPECT_THAT(text, HasSubstr("process_cpu_seconds_total 0\n"));
}

}  // namespace
}  // namespace tcpcopy::metrics
