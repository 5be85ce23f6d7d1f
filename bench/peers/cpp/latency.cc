#include "latency.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/api.h>

#include "client.h"

namespace flight = arrow::flight;
using arrow::Status;
using Clock = std::chrono::steady_clock;

namespace {

Status Measure(const char* name, int calls, const std::function<Status()>& call) {
  for (int i = 0; i < std::min(calls, 100); ++i) ARROW_RETURN_NOT_OK(call());
  std::vector<double> micros;
  for (int i = 0; i < calls; ++i) {
    const auto start = Clock::now();
    ARROW_RETURN_NOT_OK(call());
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(micros.begin(), micros.end());
  const auto percentile = [&](size_t p) { return micros[(micros.size() - 1) * p / 100]; };
  std::printf("%s calls=%d p50_us=%.1f p99_us=%.1f\n", name, calls, percentile(50),
              percentile(99));
  std::fflush(stdout);
  return Status::OK();
}

}  // namespace

Status RunLatency(const std::string& uri, int calls) {
  ARROW_ASSIGN_OR_RAISE(const auto client, Connect(uri));
  const auto descriptor = flight::FlightDescriptor::Path({"x"});
  ARROW_RETURN_NOT_OK(Measure("get_flight_info", calls, [&] {
    return client->GetFlightInfo(descriptor).status();
  }));
  return Measure("do_get", calls, [&]() -> Status {
    ARROW_ASSIGN_OR_RAISE(const auto reader, client->DoGet(flight::Ticket{"one"}));
    int64_t rows = 0;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (!chunk.data) break;
      rows += chunk.data->num_rows();
    }
    return rows == 1 ? Status::OK() : Status::Invalid(rows, " rows came, expected 1");
  });
}
