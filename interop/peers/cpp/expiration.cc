// expiration_time: do_get, list_actions, cancel_flight_info, renew_flight_endpoint
#include <chrono>
#include <functional>
#include <mutex>

#include "scenario.h"

namespace {

using Client = std::function<Status(flight::FlightClient&)>;

std::shared_ptr<arrow::Schema> NumberSchema() {
  return arrow::schema({arrow::field("number", arrow::uint32(), false)});
}

flight::Timestamp InSeconds(int seconds) {
  return flight::Timestamp::clock::now() + std::chrono::seconds(seconds);
}

class Server : public flight::FlightServerBase {
 public:
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& descriptor,
                       std::unique_ptr<flight::FlightInfo>* info) override {
    const std::lock_guard lock(mutex_);
    states_.assign(3, {});
    states_[1].expires = InSeconds(5);
    states_[2].expires = InSeconds(6);
    const std::vector<flight::FlightEndpoint> endpoints{
        {{"0: No expiration time"}, {}, states_[0].expires, ""},
        {{"1: 5 seconds"}, {}, states_[1].expires, ""},
        {{"2: 6 seconds"}, {}, states_[2].expires, ""},
    };
    ARROW_ASSIGN_OR_RAISE(auto made, flight::FlightInfo::Make(*NumberSchema(), descriptor,
                                                              endpoints, -1, -1));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return Status::OK();
  }

  Status DoGet(const flight::ServerCallContext&, const flight::Ticket& ticket,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    const std::lock_guard lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(const auto index, Index(ticket));
    State& state = states_[index];
    if (state.cancelled) return Status::KeyError("the flight was cancelled");
    if (state.expires && *state.expires < InSeconds(0)) return Status::KeyError("expired");
    if (!state.expires && state.read) return Status::KeyError("it can be read once only");
    state.read = true;
    arrow::UInt32Builder builder;
    ARROW_RETURN_NOT_OK(builder.Append(static_cast<uint32_t>(index)));
    ARROW_ASSIGN_OR_RAISE(auto column, builder.Finish());
    const auto batch = arrow::RecordBatch::Make(NumberSchema(), 1, {column});
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make({batch}));
    *stream = std::make_unique<flight::RecordBatchStream>(reader);
    return Status::OK();
  }

  Status DoAction(const flight::ServerCallContext&, const flight::Action& action,
                  std::unique_ptr<flight::ResultStream>* results) override {
    const std::lock_guard lock(mutex_);
    const std::string_view body(*action.body);
    std::string answer;
    if (action.type == flight::ActionType::kCancelFlightInfo.type) {
      ARROW_ASSIGN_OR_RAISE(const auto request, flight::CancelFlightInfoRequest::Deserialize(body));
      ARROW_ASSIGN_OR_RAISE(answer, Cancel(*request.info));
    } else if (action.type == flight::ActionType::kRenewFlightEndpoint.type) {
      ARROW_ASSIGN_OR_RAISE(auto request, flight::RenewFlightEndpointRequest::Deserialize(body));
      ARROW_ASSIGN_OR_RAISE(answer, Renew(std::move(request.endpoint)));
    } else {
      return Status::NotImplemented("there is no action ", action.type);
    }
    const auto result = arrow::Buffer::FromString(std::move(answer));
    *results = std::make_unique<flight::SimpleResultStream>(std::vector<flight::Result>{{result}});
    return Status::OK();
  }

  Status ListActions(const flight::ServerCallContext&,
                     std::vector<flight::ActionType>* actions) override {
    *actions = {flight::ActionType::kCancelFlightInfo, flight::ActionType::kRenewFlightEndpoint};
    return Status::OK();
  }

 private:
  struct State {
    std::optional<flight::Timestamp> expires;
    bool read = false;
    bool cancelled = false;
  };

  arrow::Result<size_t> Index(const flight::Ticket& ticket) {
    const auto index = static_cast<size_t>(std::stoul(ticket.ticket));
    if (index >= states_.size()) return Status::KeyError("there is no such endpoint");
    return index;
  }

  arrow::Result<std::string> Cancel(const flight::FlightInfo& info) {
    auto status = flight::CancelStatus::kCancelled;
    for (const auto& endpoint : info.endpoints()) {
      ARROW_ASSIGN_OR_RAISE(const auto index, Index(endpoint.ticket));
      if (states_[index].cancelled) status = flight::CancelStatus::kNotCancellable;
      states_[index].cancelled = true;
    }
    return flight::CancelFlightInfoResult(status).SerializeToString();
  }

  arrow::Result<std::string> Renew(flight::FlightEndpoint endpoint) {
    ARROW_ASSIGN_OR_RAISE(const auto index, Index(endpoint.ticket));
    if (states_[index].cancelled) return Status::Invalid("the flight was cancelled");
    states_[index].expires = InSeconds(10);
    endpoint.ticket.ticket += ": renewed (+ 10 seconds)";
    endpoint.expiration_time = states_[index].expires;
    return endpoint.SerializeToString();
  }

  std::mutex mutex_;
  std::vector<State> states_;
};

Status DoGet(flight::FlightClient& client) {
  ARROW_ASSIGN_OR_RAISE(const auto info, client.GetFlightInfo(
                                             flight::FlightDescriptor::Command("expiration_time")));
  ARROW_RETURN_NOT_OK(CheckEqual<size_t>("the endpoints", info->endpoints().size(), 3));
  for (uint32_t at = 0; at < 3; ++at) {
    const auto& endpoint = info->endpoints()[at];
    ARROW_RETURN_NOT_OK(
        Check(endpoint.expiration_time.has_value() == (at > 0), "the wrong endpoint expires"));
    ARROW_ASSIGN_OR_RAISE(const auto table, ReadHere(client, endpoint));
    ARROW_RETURN_NOT_OK(CheckEqual<int64_t>("the rows", table->num_rows(), 1));
    ARROW_ASSIGN_OR_RAISE(const auto number, table->column(0)->GetScalar(0));
    ARROW_RETURN_NOT_OK(
        Check(number->Equals(arrow::UInt32Scalar(at)), "the number is " + number->ToString()));
  }
  return Status::OK();
}

Status ListActions(flight::FlightClient& client) {
  ARROW_ASSIGN_OR_RAISE(const auto actions, client.ListActions());
  std::vector<std::string> names;
  for (const auto& action : actions) names.push_back(action.type);
  std::sort(names.begin(), names.end());
  return Check(names == std::vector<std::string>{"CancelFlightInfo", "RenewFlightEndpoint"},
               "the actions are others");
}

Status Cancel(flight::FlightClient& client) {
  ARROW_ASSIGN_OR_RAISE(auto info,
                        client.GetFlightInfo(flight::FlightDescriptor::Command("expiration")));
  const auto endpoints = info->endpoints();
  ARROW_ASSIGN_OR_RAISE(const auto result,
                        client.CancelFlightInfo(flight::CancelFlightInfoRequest(std::move(info))));
  ARROW_RETURN_NOT_OK(
      CheckEqual("the status", result.status, flight::CancelStatus::kCancelled));
  for (const auto& endpoint : endpoints) {
    ARROW_RETURN_NOT_OK(
        Check(!ReadHere(client, endpoint).ok(), "an endpoint of a cancelled flight can be read"));
  }
  return Status::OK();
}

Status Renew(flight::FlightClient& client) {
  ARROW_ASSIGN_OR_RAISE(const auto info,
                        client.GetFlightInfo(flight::FlightDescriptor::Command("expiration")));
  int renewed = 0;
  for (const auto& endpoint : info->endpoints()) {
    if (!endpoint.expiration_time) continue;
    const flight::RenewFlightEndpointRequest request(endpoint);
    ARROW_ASSIGN_OR_RAISE(const auto after, client.RenewFlightEndpoint(request));
    ARROW_RETURN_NOT_OK(Check(after.expiration_time.has_value() &&
                                  *after.expiration_time > *endpoint.expiration_time,
                              "a renewed endpoint does not expire later"));
    ++renewed;
  }
  return CheckEqual("the renewed endpoints", renewed, 2);
}

class Expiration : public Scenario {
 public:
  explicit Expiration(Client client) : client_(std::move(client)) {}

  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<Server>();
  }

  Status RunClient(flight::FlightClient& client) override { return client_(client); }

 private:
  Client client_;
};

}  // namespace

std::unique_ptr<Scenario> ExpirationTimeDoGet() { return std::make_unique<Expiration>(DoGet); }
std::unique_ptr<Scenario> ExpirationTimeListActions() {
  return std::make_unique<Expiration>(ListActions);
}
std::unique_ptr<Scenario> ExpirationTimeCancelFlightInfo() {
  return std::make_unique<Expiration>(Cancel);
}
std::unique_ptr<Scenario> ExpirationTimeRenewFlightEndpoint() {
  return std::make_unique<Expiration>(Renew);
}
