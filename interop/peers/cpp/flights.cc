// The scenarios about what GetFlightInfo and PollFlightInfo say: ordered, location:reuse_connection,
// app_metadata_flight_info_endpoint, poll_flight_info
#include <arrow/ipc/dictionary.h>

#include "scenario.h"

namespace {

using Info = std::unique_ptr<flight::FlightInfo>;

arrow::Result<Info> MakeInfo(const arrow::Schema& schema,
                             const flight::FlightDescriptor& descriptor,
                             const std::vector<flight::FlightEndpoint>& endpoints,
                             bool ordered = false, std::string app_metadata = "") {
  ARROW_ASSIGN_OR_RAISE(auto info, flight::FlightInfo::Make(schema, descriptor, endpoints, -1, -1,
                                                            ordered, std::move(app_metadata)));
  return std::make_unique<flight::FlightInfo>(std::move(info));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Numbers(const std::vector<int32_t>& numbers) {
  arrow::Int32Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(numbers));
  ARROW_ASSIGN_OR_RAISE(auto column, builder.Finish());
  const auto schema = arrow::schema({arrow::field("number", arrow::int32(), false)});
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(numbers.size()), {column});
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> NumbersOf(const std::string& ticket) {
  if (ticket == "1") return Numbers({1, 2, 3});
  if (ticket == "2") return Numbers({10, 20, 30});
  if (ticket == "3") return Numbers({100, 200, 300});
  return Status::KeyError("there is no such ticket");
}

class OrderedServer : public flight::FlightServerBase {
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& descriptor,
                       Info* info) override {
    const bool ordered = descriptor.cmd == "ordered";
    const std::vector<std::string> tickets =
        ordered ? std::vector<std::string>{"1", "2", "3"} : std::vector<std::string>{"1", "3", "2"};
    std::vector<flight::FlightEndpoint> endpoints;
    for (const auto& ticket : tickets) endpoints.push_back({{ticket}, {}, {}, ""});
    ARROW_ASSIGN_OR_RAISE(const auto batch, Numbers({}));
    return MakeInfo(*batch->schema(), descriptor, endpoints, ordered).Value(info);
  }

  Status DoGet(const flight::ServerCallContext&, const flight::Ticket& ticket,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    ARROW_ASSIGN_OR_RAISE(auto batch, NumbersOf(ticket.ticket));
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make({batch}));
    *stream = std::make_unique<flight::RecordBatchStream>(reader);
    return Status::OK();
  }
};

class OrderedScenario : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<OrderedServer>();
  }

  Status RunClient(flight::FlightClient& client) override {
    ARROW_ASSIGN_OR_RAISE(const auto info,
                          client.GetFlightInfo(flight::FlightDescriptor::Command("ordered")));
    ARROW_RETURN_NOT_OK(Check(info->ordered(), "the flight is not ordered"));
    std::vector<std::shared_ptr<arrow::Table>> tables;
    for (const auto& endpoint : info->endpoints()) {
      ARROW_ASSIGN_OR_RAISE(tables.emplace_back(), ReadHere(client, endpoint));
    }
    ARROW_ASSIGN_OR_RAISE(const auto found, arrow::ConcatenateTables(tables));
    arrow::RecordBatchVector batches(3);
    for (size_t at = 0; at < 3; ++at) {
      ARROW_ASSIGN_OR_RAISE(batches[at], NumbersOf(std::to_string(at + 1)));
    }
    ARROW_ASSIGN_OR_RAISE(const auto expected, arrow::Table::FromRecordBatches(batches));
    return Check(found->Equals(*expected), "the data differ: " + found->ToString());
  }
};

class ReuseServer : public flight::FlightServerBase {
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& descriptor,
                       Info* info) override {
    const flight::FlightEndpoint endpoint{
        {"reuse"}, {flight::Location::ReuseConnection()}, {}, ""};
    return MakeInfo(*arrow::schema({}), descriptor, {endpoint}).Value(info);
  }
};

class ReuseScenario : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<ReuseServer>();
  }

  Status RunClient(flight::FlightClient& client) override {
    ARROW_ASSIGN_OR_RAISE(const auto info,
                          client.GetFlightInfo(flight::FlightDescriptor::Command("reuse")));
    ARROW_RETURN_NOT_OK(CheckEqual<size_t>("the endpoints", info->endpoints().size(), 1));
    const auto& locations = info->endpoints()[0].locations;
    ARROW_RETURN_NOT_OK(CheckEqual<size_t>("the locations", locations.size(), 1));
    return CheckEqual<std::string>("the location", locations[0].ToString(),
                                   "arrow-flight-reuse-connection://?");
  }
};

class AppMetadataServer : public flight::FlightServerBase {
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& descriptor,
                       Info* info) override {
    if (descriptor.type != flight::FlightDescriptor::CMD) {
      return Status::Invalid("a descriptor by command is expected");
    }
    const flight::FlightEndpoint endpoint{{}, {}, {}, descriptor.cmd};
    return MakeInfo(*arrow::schema({}), descriptor, {endpoint}, false, descriptor.cmd).Value(info);
  }
};

class AppMetadataScenario : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<AppMetadataServer>();
  }

  Status RunClient(flight::FlightClient& client) override {
    ARROW_ASSIGN_OR_RAISE(const auto info,
                          client.GetFlightInfo(flight::FlightDescriptor::Command("foobar")));
    ARROW_RETURN_NOT_OK(
        CheckEqual<std::string>("the flight's metadata", info->app_metadata(), "foobar"));
    ARROW_RETURN_NOT_OK(CheckEqual<size_t>("the endpoints", info->endpoints().size(), 1));
    return CheckEqual<std::string>("the endpoint's metadata", info->endpoints()[0].app_metadata,
                                   "foobar");
  }
};

class PollServer : public flight::FlightServerBase {
  Status PollFlightInfo(const flight::ServerCallContext&,
                        const flight::FlightDescriptor& descriptor,
                        std::unique_ptr<flight::PollInfo>* result) override {
    const auto schema = arrow::schema({arrow::field("number", arrow::uint32(), false)});
    const flight::FlightEndpoint endpoint{{"long-running query"}, {}, {}, ""};
    ARROW_ASSIGN_OR_RAISE(auto info, MakeInfo(*schema, descriptor, {endpoint}));
    auto poll = std::make_unique<flight::PollInfo>();
    poll->info = std::move(info);
    if (descriptor.cmd == "poll") {
      poll->progress = 1.0;
    } else {
      poll->descriptor = flight::FlightDescriptor::Command("poll");
      poll->progress = 0.1;
      poll->expiration_time = flight::Timestamp::clock::now() + std::chrono::seconds(10);
    }
    *result = std::move(poll);
    return Status::OK();
  }
};

class PollScenario : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<PollServer>();
  }

  Status RunClient(flight::FlightClient& client) override {
    ARROW_ASSIGN_OR_RAISE(const auto running,
                          client.PollFlightInfo(flight::FlightDescriptor::Command("heavy query")));
    ARROW_RETURN_NOT_OK(Check(running->info != nullptr, "the running query has no info"));
    ARROW_RETURN_NOT_OK(Check(running->descriptor.has_value(), "the query is complete at once"));
    ARROW_RETURN_NOT_OK(Check(running->progress.has_value() && *running->progress >= 0 &&
                                  *running->progress <= 1,
                              "the running query has no progress"));
    ARROW_RETURN_NOT_OK(Check(running->expiration_time.has_value(), "the query never expires"));

    ARROW_ASSIGN_OR_RAISE(const auto done, client.PollFlightInfo(*running->descriptor));
    ARROW_RETURN_NOT_OK(Check(done->info != nullptr, "the complete query has no info"));
    ARROW_RETURN_NOT_OK(Check(!done->descriptor.has_value(), "the query is not complete"));
    ARROW_RETURN_NOT_OK(Check(done->progress == 1.0, "the progress is not 1"));
    return Check(!done->expiration_time.has_value(), "the complete query expires");
  }
};

}  // namespace

std::unique_ptr<Scenario> Ordered() { return std::make_unique<OrderedScenario>(); }
std::unique_ptr<Scenario> LocationReuseConnection() { return std::make_unique<ReuseScenario>(); }
std::unique_ptr<Scenario> AppMetadataFlightInfoEndpoint() {
  return std::make_unique<AppMetadataScenario>();
}
std::unique_ptr<Scenario> PollFlightInfo() { return std::make_unique<PollScenario>(); }
