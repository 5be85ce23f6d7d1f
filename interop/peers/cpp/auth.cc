// auth:basic_proto
#include "scenario.h"

namespace {

constexpr char kUsername[] = "arrow";
constexpr char kPassword[] = "flight";

class ServerAuth : public flight::ServerAuthHandler {
 public:
  Status Authenticate(const flight::ServerCallContext&, flight::ServerAuthSender* outgoing,
                      flight::ServerAuthReader* incoming) override {
    std::string payload;
    ARROW_RETURN_NOT_OK(incoming->Read(&payload));
    ARROW_ASSIGN_OR_RAISE(const auto auth, flight::BasicAuth::Deserialize(payload));
    if (auth.username != kUsername || auth.password != kPassword) return Refused();
    return outgoing->Write(auth.username);
  }

  Status IsValid(const flight::ServerCallContext&, const std::string& token,
                 std::string* peer_identity) override {
    if (token != kUsername) return Refused();
    *peer_identity = kUsername;
    return Status::OK();
  }

 private:
  static Status Refused() {
    return flight::MakeFlightError(flight::FlightStatusCode::Unauthenticated, "not valid");
  }
};

class ClientAuth : public flight::ClientAuthHandler {
 public:
  Status Authenticate(flight::ClientAuthSender* outgoing,
                      flight::ClientAuthReader* incoming) override {
    ARROW_ASSIGN_OR_RAISE(const auto payload,
                          flight::BasicAuth(kUsername, kPassword).SerializeToString());
    ARROW_RETURN_NOT_OK(outgoing->Write(payload));
    return incoming->Read(&token_);
  }

  Status GetToken(std::string* token) override {
    *token = token_;
    return Status::OK();
  }

 private:
  std::string token_;
};

class Server : public flight::FlightServerBase {
  Status DoAction(const flight::ServerCallContext& context, const flight::Action&,
                  std::unique_ptr<flight::ResultStream>* results) override {
    const auto body = arrow::Buffer::FromString(context.peer_identity());
    *results = std::make_unique<flight::SimpleResultStream>(std::vector<flight::Result>{{body}});
    return Status::OK();
  }
};

class Auth : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(
      flight::FlightServerOptions* options) override {
    options->auth_handler = std::make_shared<ServerAuth>();
    return std::make_unique<Server>();
  }

  Status RunClient(flight::FlightClient& client) override {
    const flight::Action action;
    const Status refused = Act(client, action);
    const auto detail = flight::FlightStatusDetail::UnwrapStatus(refused);
    ARROW_RETURN_NOT_OK(
        Check(detail && detail->code() == flight::FlightStatusCode::Unauthenticated,
              "expected UNAUTHENTICATED, got " + refused.ToString()));

    ARROW_RETURN_NOT_OK(client.Authenticate({}, std::make_unique<ClientAuth>()));
    ARROW_ASSIGN_OR_RAISE(auto results, client.DoAction(action));
    ARROW_ASSIGN_OR_RAISE(const auto result, results->Next());
    ARROW_RETURN_NOT_OK(Check(result != nullptr, "there is no result"));
    ARROW_RETURN_NOT_OK(CheckEqual<std::string>("the result", result->body->ToString(), kUsername));
    ARROW_ASSIGN_OR_RAISE(const auto more, results->Next());
    return Check(more == nullptr, "there is a second result");
  }

  // To its first result: before that the client may not know what the server says.
  static Status Act(flight::FlightClient& client, const flight::Action& action) {
    ARROW_ASSIGN_OR_RAISE(auto results, client.DoAction(action));
    return results->Next().status();
  }
};

}  // namespace

std::unique_ptr<Scenario> AuthBasicProto() { return std::make_unique<Auth>(); }
