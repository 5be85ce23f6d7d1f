// Moves a workload to or from a server.
#pragma once

#include <memory>
#include <string>

#include <arrow/flight/client.h>
#include <arrow/result.h>

struct ClientArguments {
  std::string uri;
  std::string method;
  std::string workload;
  int runs = 1;
  int streams = 1;
  int connections = 1;
};

// A client whose connection has carried one GetFlightInfo.
arrow::Result<std::unique_ptr<arrow::flight::FlightClient>> Connect(const std::string& uri);

// Prints a line for each run.
arrow::Status RunClient(const ClientArguments& arguments);
