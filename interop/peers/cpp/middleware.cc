// middleware
#include "scenario.h"

namespace {

constexpr char kName[] = "x-middleware";
constexpr char kValue[] = "expected value";

std::string Find(const flight::CallHeaders& headers) {
  const auto found = headers.find(kName);
  return found == headers.end() ? "" : std::string(found->second);
}

class ServerEcho : public flight::ServerMiddleware {
 public:
  explicit ServerEcho(std::string value) : value_(std::move(value)) {}

  std::string name() const override { return "echo"; }
  void SendingHeaders(flight::AddCallHeaders* headers) override {
    headers->AddHeader(kName, value_);
  }
  void CallCompleted(const Status&) override {}

 private:
  std::string value_;
};

class ServerEchoFactory : public flight::ServerMiddlewareFactory {
  Status StartCall(const flight::CallInfo&, const flight::ServerCallContext& context,
                   std::shared_ptr<flight::ServerMiddleware>* middleware) override {
    *middleware = std::make_shared<ServerEcho>(Find(context.incoming_headers()));
    return Status::OK();
  }
};

class ClientRecorder : public flight::ClientMiddleware {
 public:
  explicit ClientRecorder(std::string* received) : received_(received) {}

  void SendingHeaders(flight::AddCallHeaders* headers) override {
    headers->AddHeader(kName, kValue);
  }
  void ReceivedHeaders(const flight::CallHeaders& headers) override {
    const auto value = Find(headers);
    if (!value.empty()) *received_ = value;
  }
  void CallCompleted(const Status&) override {}

 private:
  std::string* received_;
};

class ClientRecorderFactory : public flight::ClientMiddlewareFactory {
 public:
  void StartCall(const flight::CallInfo&,
                 std::unique_ptr<flight::ClientMiddleware>* middleware) override {
    *middleware = std::make_unique<ClientRecorder>(&received);
  }

  std::string received;
};

class Server : public flight::FlightServerBase {
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& descriptor,
                       std::unique_ptr<flight::FlightInfo>* info) override {
    if (descriptor.cmd != "success") return Status::UnknownError("Unknown");
    // Nobody listens there: the flight is not read.
    ARROW_ASSIGN_OR_RAISE(auto location, flight::Location::ForGrpcTcp("localhost", 10010));
    const std::vector<flight::FlightEndpoint> endpoints{{{"foo"}, {location}, {}, ""}};
    ARROW_ASSIGN_OR_RAISE(auto made, flight::FlightInfo::Make(*arrow::schema({}), descriptor,
                                                              endpoints, -1, -1));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return Status::OK();
  }
};

class MiddlewareScenario : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(
      flight::FlightServerOptions* options) override {
    options->middleware.emplace_back("echo", std::make_shared<ServerEchoFactory>());
    return std::make_unique<Server>();
  }

  void Prepare(flight::FlightClientOptions* options) override {
    options->middleware.push_back(recorder_);
  }

  Status RunClient(flight::FlightClient& client) override {
    const auto failed = client.GetFlightInfo(flight::FlightDescriptor::Command(""));
    ARROW_RETURN_NOT_OK(Check(!failed.ok(), "a call succeeded that has to fail"));
    ARROW_RETURN_NOT_OK(CheckEqual<std::string>("the header", recorder_->received, kValue));
    recorder_->received.clear();
    ARROW_RETURN_NOT_OK(client.GetFlightInfo(flight::FlightDescriptor::Command("success")));
    return CheckEqual<std::string>("the header", recorder_->received, kValue);
  }

  std::shared_ptr<ClientRecorderFactory> recorder_ = std::make_shared<ClientRecorderFactory>();
};

}  // namespace

std::unique_ptr<Scenario> Middleware() { return std::make_unique<MiddlewareScenario>(); }
