// Our scenarios on Arrow C++, with the contract of Arrow's harness:
//   peer server --port=N [--scenario=NAME]
//   peer client --host=HOST --port=N (--scenario=NAME | --path=FILE)
#include <csignal>
#include <iostream>
#include <map>

#include "scenario.h"

namespace {

arrow::Result<std::unique_ptr<Scenario>> Find(std::map<std::string, std::string>& args) {
  using Maker = std::unique_ptr<Scenario> (*)();
  static const std::map<std::string, Maker> kScenarios = {
      {"auth:basic_proto", AuthBasicProto},
      {"middleware", Middleware},
      {"ordered", Ordered},
      {"expiration_time:do_get", ExpirationTimeDoGet},
      {"expiration_time:list_actions", ExpirationTimeListActions},
      {"expiration_time:cancel_flight_info", ExpirationTimeCancelFlightInfo},
      {"expiration_time:renew_flight_endpoint", ExpirationTimeRenewFlightEndpoint},
      {"do_exchange:echo", DoExchangeEcho},
      {"location:reuse_connection", LocationReuseConnection},
      {"session_options", SessionOptions},
      {"poll_flight_info", PollFlightInfo},
      {"app_metadata_flight_info_endpoint", AppMetadataFlightInfoEndpoint},
      {"rich_errors", RichErrors},
  };
  const std::string& name = args["scenario"];
  if (name.empty()) return DataFiles(args["path"]);
  const auto found = kScenarios.find(name);
  if (found == kScenarios.end()) return Status::Invalid("there is no scenario ", name);
  return found->second();
}

Status Serve(Scenario& scenario, int port) {
  ARROW_ASSIGN_OR_RAISE(auto location, flight::Location::ForGrpcTcp("127.0.0.1", port));
  flight::FlightServerOptions options(location);
  const auto server = scenario.MakeServer(&options);
  ARROW_RETURN_NOT_OK(server->Init(options));
  ARROW_RETURN_NOT_OK(server->SetShutdownOnSignals({SIGTERM, SIGINT}));
  std::cout << "Server listening on localhost:" << server->port() << std::endl;
  return server->Serve();
}

Status Call(Scenario& scenario, const std::string& host, int port) {
  ARROW_ASSIGN_OR_RAISE(auto location, flight::Location::ForGrpcTcp(host, port));
  auto options = flight::FlightClientOptions::Defaults();
  scenario.Prepare(&options);
  ARROW_ASSIGN_OR_RAISE(auto client, flight::FlightClient::Connect(location, options));
  ARROW_RETURN_NOT_OK(scenario.RunClient(*client));
  return client->Close();
}

Status Main(const std::vector<std::string>& words) {
  std::map<std::string, std::string> args = {{"host", "localhost"}, {"port", "0"}};
  for (size_t at = 1; at < words.size(); ++at) {
    const auto equals = words[at].find('=');
    if (!words[at].starts_with("--") || equals == std::string::npos) {
      return Status::Invalid("not understood: ", words[at]);
    }
    args[words[at].substr(2, equals - 2)] = words[at].substr(equals + 1);
  }
  const int port = std::stoi(args["port"]);
  ARROW_ASSIGN_OR_RAISE(const auto scenario, Find(args));
  if (!words.empty() && words[0] == "server") return Serve(*scenario, port);
  return Call(*scenario, args["host"], port);
}

}  // namespace

int main(int argc, char** argv) {
  const Status status = Main({argv + 1, argv + argc});
  if (status.ok()) return 0;
  std::cerr << status.ToString() << std::endl;
  return 1;
}
