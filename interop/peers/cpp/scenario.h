// What a scenario is: a server to make and a client to run.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/api.h>

namespace flight = arrow::flight;
using arrow::Status;

class Scenario {
 public:
  virtual ~Scenario() = default;

  virtual std::unique_ptr<flight::FlightServerBase> MakeServer(
      flight::FlightServerOptions* options) = 0;

  virtual void Prepare(flight::FlightClientOptions*) {}

  virtual Status RunClient(flight::FlightClient& client) = 0;
};

std::unique_ptr<Scenario> AuthBasicProto();
std::unique_ptr<Scenario> Middleware();
std::unique_ptr<Scenario> Ordered();
std::unique_ptr<Scenario> ExpirationTimeDoGet();
std::unique_ptr<Scenario> ExpirationTimeListActions();
std::unique_ptr<Scenario> ExpirationTimeCancelFlightInfo();
std::unique_ptr<Scenario> ExpirationTimeRenewFlightEndpoint();
std::unique_ptr<Scenario> DoExchangeEcho();
std::unique_ptr<Scenario> LocationReuseConnection();
std::unique_ptr<Scenario> SessionOptions();
std::unique_ptr<Scenario> PollFlightInfo();
std::unique_ptr<Scenario> AppMetadataFlightInfoEndpoint();
std::unique_ptr<Scenario> RichErrors();
// The data files have no name. `path` is only for the client.
std::unique_ptr<Scenario> DataFiles(const std::string& path);

// Fails with that text unless it holds.
inline Status Check(bool holds, const std::string& text) {
  return holds ? Status::OK() : Status::Invalid(text);
}

// Fails unless `found` is what was expected.
template <typename T>
Status CheckEqual(const std::string& what, const T& found, const T& expected) {
  if (found == expected) return Status::OK();
  std::ostringstream text;
  text << what << " is " << found << ", expected " << expected;
  return Status::Invalid(text.str());
}

// The data of an endpoint that lies on this server.
inline arrow::Result<std::shared_ptr<arrow::Table>> ReadHere(
    flight::FlightClient& client, const flight::FlightEndpoint& endpoint) {
  ARROW_RETURN_NOT_OK(Check(endpoint.locations.empty(), "an endpoint has locations"));
  ARROW_ASSIGN_OR_RAISE(auto reader, client.DoGet(endpoint.ticket));
  return reader->ToTable();
}
