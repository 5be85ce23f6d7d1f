#include "client.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/api.h>

#include "tls.h"
#include "workload.h"

namespace flight = arrow::flight;
using arrow::Result;
using arrow::Status;
using Clock = std::chrono::steady_clock;

namespace {

struct Job {
  std::string name;
  Workload workload;

  flight::FlightCallOptions options() const {
    flight::FlightCallOptions options;
    options.write_options = workload.options;
    return options;
  }

  flight::FlightDescriptor descriptor() const { return flight::FlightDescriptor::Path({name}); }

  Status Check(int64_t batches, int64_t rows) const {
    const int64_t expected_rows = workload.batches * workload.batch->num_rows();
    if (batches == workload.batches && rows == expected_rows) return Status::OK();
    return Status::Invalid(batches, " batches of ", rows, " rows came, expected ",
                           workload.batches, " of ", expected_rows);
  }
};

struct Moved {
  int64_t batches = 0;
  std::optional<Clock::time_point> first_batch;
};

// Reads to the end, values untouched.
Status ReadAll(flight::MetadataRecordBatchReader& reader, const Job& job, Moved* moved) {
  int64_t rows = 0;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto chunk, reader.Next());
    if (!chunk.data) break;
    if (!moved->first_batch) moved->first_batch = Clock::now();
    ++moved->batches;
    rows += chunk.data->num_rows();
  }
  return job.Check(moved->batches, rows);
}

Status WriteAll(arrow::ipc::RecordBatchWriter& writer, const Job& job) {
  for (int64_t i = 0; i < job.workload.batches; ++i) {
    ARROW_RETURN_NOT_OK(writer.WriteRecordBatch(*job.workload.batch));
  }
  return Status::OK();
}

Result<Moved> Get(flight::FlightClient& client, const Job& job) {
  ARROW_ASSIGN_OR_RAISE(auto reader, client.DoGet(job.options(), flight::Ticket{job.name}));
  Moved moved;
  ARROW_RETURN_NOT_OK(ReadAll(*reader, job, &moved));
  return moved;
}

Result<Moved> Put(flight::FlightClient& client, const Job& job) {
  const auto& workload = job.workload;
  ARROW_ASSIGN_OR_RAISE(
      auto call, client.DoPut(job.options(), job.descriptor(), workload.batch->schema()));
  ARROW_RETURN_NOT_OK(WriteAll(*call.writer, job));
  ARROW_RETURN_NOT_OK(call.writer->DoneWriting());
  std::shared_ptr<arrow::Buffer> answer;
  ARROW_RETURN_NOT_OK(call.reader->ReadMetadata(&answer));
  ARROW_RETURN_NOT_OK(call.writer->Close());
  if (!answer || answer->ToString() != std::to_string(workload.batches)) {
    return Status::Invalid("the server answers \"", answer ? answer->ToString() : "",
                           "\", expected ", workload.batches, " batches");
  }
  return Moved{workload.batches, std::nullopt};
}

// Writes in a thread of its own, and reads in this one.
Result<Moved> Exchange(flight::FlightClient& client, const Job& job) {
  ARROW_ASSIGN_OR_RAISE(auto call, client.DoExchange(job.options(), job.descriptor()));
  auto writing = std::async(std::launch::async, [&]() -> Status {
    ARROW_RETURN_NOT_OK(call.writer->Begin(job.workload.batch->schema(), job.workload.options));
    ARROW_RETURN_NOT_OK(WriteAll(*call.writer, job));
    return call.writer->DoneWriting();
  });
  Moved moved;
  const Status read = ReadAll(*call.reader, job, &moved);
  if (!read.ok()) call.reader->Cancel();
  const Status written = writing.get();
  ARROW_RETURN_NOT_OK(read);
  ARROW_RETURN_NOT_OK(written);
  ARROW_RETURN_NOT_OK(call.writer->Close());
  // Both directions.
  return Moved{2 * moved.batches, std::nullopt};
}

Result<Moved> Call(const std::string& method, flight::FlightClient& client, const Job& job) {
  if (method == "get") return Get(client, job);
  if (method == "put") return Put(client, job);
  return Exchange(client, job);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double SecondsBetween(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

using Clients = std::vector<std::unique_ptr<flight::FlightClient>>;

Status RunOnce(const Clients& clients, const ClientArguments& arguments, const Job& job) {
  const double cpu = CpuSeconds();
  const auto start = Clock::now();
  std::vector<Result<Moved>> results;
  if (arguments.streams == 1) {
    results.push_back(Call(arguments.method, *clients[0], job));
  } else {
    std::vector<std::future<Result<Moved>>> calls;
    for (int i = 0; i < arguments.streams; ++i) {
      auto& client = *clients[i % clients.size()];
      calls.push_back(std::async(std::launch::async,
                                 [&] { return Call(arguments.method, client, job); }));
    }
    for (auto& call : calls) results.push_back(call.get());
  }
  const double seconds = SecondsBetween(start, Clock::now());
  const double used = CpuSeconds() - cpu;

  int64_t batches = 0;
  std::optional<double> first_batch;
  for (auto& result : results) {
    ARROW_ASSIGN_OR_RAISE(const auto moved, std::move(result));
    batches += moved.batches;
    if (moved.first_batch) {
      first_batch = std::max(first_batch.value_or(0), SecondsBetween(start, *moved.first_batch));
    }
  }
  const int64_t bytes = batches * job.workload.batch_bytes();
  std::printf("bytes=%lld batches=%lld seconds=%.6f GB/s=%.3f batches/s=%.1f",
              static_cast<long long>(bytes), static_cast<long long>(batches), seconds,
              static_cast<double>(bytes) / 1e9 / seconds, static_cast<double>(batches) / seconds);
  if (first_batch) std::printf(" first_batch_ms=%.3f", *first_batch * 1e3);
  std::printf(" cpu_seconds=%.3f\n", used);
  std::fflush(stdout);
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<flight::FlightClient>> Connect(const std::string& uri) {
  ARROW_ASSIGN_OR_RAISE(const auto location, flight::Location::Parse(uri));
  auto options = flight::FlightClientOptions::Defaults();
  if (location.scheme() == "grpc+tls") {
    ARROW_ASSIGN_OR_RAISE(options.tls_root_certs, ReadTlsFile("server.crt"));
  }
  ARROW_ASSIGN_OR_RAISE(auto client, flight::FlightClient::Connect(location, options));
  ARROW_RETURN_NOT_OK(client->GetFlightInfo(flight::FlightDescriptor::Path({"x"})));
  return client;
}

Status RunClient(const ClientArguments& arguments) {
  ARROW_ASSIGN_OR_RAISE(auto workload, FindWorkload(arguments.workload));
  const Job job{arguments.workload, std::move(workload)};
  Clients clients;
  for (int i = 0; i < arguments.connections; ++i) {
    ARROW_ASSIGN_OR_RAISE(auto client, Connect(arguments.uri));
    clients.push_back(std::move(client));
  }
  for (int i = 0; i < arguments.runs; ++i) {
    ARROW_RETURN_NOT_OK(RunOnce(clients, arguments, job));
  }
  return Status::OK();
}
