// session_options. The session middleware of Arrow C++ is part of Flight SQL, which the wheel does
// not hold, so the server has its own; the cookies of the client are the library's.
#include <atomic>
#include <map>
#include <mutex>

#include <arrow/flight/client_cookie_middleware.h>

#include "scenario.h"

namespace {

constexpr char kCookie[] = "arrow_flight_session_id";
constexpr char kKey[] = "session";

using Options = std::map<std::string, flight::SessionOptionValue>;

// The id in a Cookie header; empty when there is none.
std::string IdOf(const flight::CallHeaders& headers) {
  const auto [begin, end] = headers.equal_range("cookie");
  for (auto header = begin; header != end; ++header) {
    const std::string text(header->second);
    const std::string name = std::string(kCookie) + "=";
    const auto at = text.find(name);
    if (at != std::string::npos) {
      const auto rest = text.substr(at + name.size());
      return rest.substr(0, rest.find(';'));
    }
  }
  return "";
}

class Session : public flight::ServerMiddleware {
 public:
  Session(std::string id, bool is_new) : id_(std::move(id)), is_new_(is_new) {}

  std::string name() const override { return kKey; }
  void SendingHeaders(flight::AddCallHeaders* headers) override {
    if (is_new_) headers->AddHeader("set-cookie", std::string(kCookie) + "=" + id_);
  }
  void CallCompleted(const Status&) override {}
  const std::string& id() const { return id_; }

 private:
  std::string id_;
  bool is_new_;
};

class SessionFactory : public flight::ServerMiddlewareFactory {
  Status StartCall(const flight::CallInfo&, const flight::ServerCallContext& context,
                   std::shared_ptr<flight::ServerMiddleware>* middleware) override {
    std::string id = IdOf(context.incoming_headers());
    const bool is_new = id.empty();
    if (is_new) id = "session-" + std::to_string(++count_);
    *middleware = std::make_shared<Session>(std::move(id), is_new);
    return Status::OK();
  }

  std::atomic<int> count_ = 0;
};

class Server : public flight::FlightServerBase {
  Status DoAction(const flight::ServerCallContext& context, const flight::Action& action,
                  std::unique_ptr<flight::ResultStream>* results) override {
    const auto& id = static_cast<Session*>(context.GetMiddleware(kKey))->id();
    const std::string_view body = action.body ? std::string_view(*action.body) : "";
    const std::lock_guard lock(mutex_);
    std::string answer;
    if (action.type == flight::ActionType::kSetSessionOptions.type) {
      ARROW_ASSIGN_OR_RAISE(const auto request,
                            flight::SetSessionOptionsRequest::Deserialize(body));
      ARROW_ASSIGN_OR_RAISE(answer, Set(request.session_options, &sessions_[id]));
    } else if (action.type == flight::ActionType::kGetSessionOptions.type) {
      flight::GetSessionOptionsResult result;
      result.session_options = sessions_[id];
      ARROW_ASSIGN_OR_RAISE(answer, result.SerializeToString());
    } else if (action.type == flight::ActionType::kCloseSession.type) {
      sessions_.erase(id);
      ARROW_ASSIGN_OR_RAISE(
          answer,
          flight::CloseSessionResult(flight::CloseSessionStatus::kClosed).SerializeToString());
    } else {
      return Status::NotImplemented("there is no action ", action.type);
    }
    const auto result = arrow::Buffer::FromString(std::move(answer));
    *results = std::make_unique<flight::SimpleResultStream>(std::vector<flight::Result>{{result}});
    return Status::OK();
  }

  static arrow::Result<std::string> Set(const Options& changes, Options* options) {
    flight::SetSessionOptionsResult result;
    for (const auto& [name, value] : changes) {
      if (name == "lol_invalid") {
        result.errors[name] = {flight::SetSessionOptionErrorValue::kInvalidName};
      } else if (value == flight::SessionOptionValue("lol_invalid")) {
        result.errors[name] = {flight::SetSessionOptionErrorValue::kInvalidValue};
      } else if (std::holds_alternative<std::monostate>(value)) {
        options->erase(name);
      } else {
        (*options)[name] = value;
      }
    }
    return result.SerializeToString();
  }

  std::mutex mutex_;
  std::map<std::string, Options> sessions_;
};

class Sessions : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(
      flight::FlightServerOptions* options) override {
    options->middleware.emplace_back(kKey, std::make_shared<SessionFactory>());
    return std::make_unique<Server>();
  }

  void Prepare(flight::FlightClientOptions* options) override {
    options->middleware.push_back(flight::GetCookieFactory());
  }

  Status RunClient(flight::FlightClient& client) override {
    const std::vector<std::string> list{"a", "b", "sea", "dee", " ", "  ", "geee", "(づ｡◕‿‿◕｡)づ"};
    const std::string text = "a,b,sea,dee, ,  ,geee,(づ｡◕‿‿◕｡)づ";
    const flight::SetSessionOptionsRequest first({
        {"foolong", int64_t{123}},
        {"bardouble", 456.0},
        {"lol_invalid", std::string("this won't get set")},
        {"key_with_invalid_value", std::string("lol_invalid")},
        {"big_ol_string_list", list},
    });
    ARROW_ASSIGN_OR_RAISE(const auto set, client.SetSessionOptions({}, first));
    const flight::SetSessionOptionsResult errors({
        {"lol_invalid", {flight::SetSessionOptionErrorValue::kInvalidName}},
        {"key_with_invalid_value", {flight::SetSessionOptionErrorValue::kInvalidValue}},
    });
    ARROW_RETURN_NOT_OK(Check(set.Equals(errors), "the errors are " + set.ToString()));
    ARROW_RETURN_NOT_OK(Expect(
        client, {{"foolong", int64_t{123}}, {"bardouble", 456.0}, {"big_ol_string_list", list}}));

    const flight::SetSessionOptionsRequest second(
        {{"foolong", std::monostate{}}, {"big_ol_string_list", text}});
    ARROW_ASSIGN_OR_RAISE(const auto updated, client.SetSessionOptions({}, second));
    ARROW_RETURN_NOT_OK(Check(updated.errors.empty(), "the errors are " + updated.ToString()));
    return Expect(client, {{"bardouble", 456.0}, {"big_ol_string_list", text}});
  }

  static Status Expect(flight::FlightClient& client, const Options& options) {
    ARROW_ASSIGN_OR_RAISE(const auto found, client.GetSessionOptions({}, {}));
    const flight::GetSessionOptionsResult expected(options);
    return Check(found.Equals(expected), "the options are " + found.ToString());
  }
};

}  // namespace

std::unique_ptr<Scenario> SessionOptions() { return std::make_unique<Sessions>(); }
