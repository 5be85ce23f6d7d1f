// rich_errors, which is ours: an action fails with the status whose number it is called by.
#include "scenario.h"

namespace {

const arrow::StatusCode kStatuses[] = {
    arrow::StatusCode::OutOfMemory,
    arrow::StatusCode::KeyError,
    arrow::StatusCode::TypeError,
    arrow::StatusCode::Invalid,
    arrow::StatusCode::IOError,
    arrow::StatusCode::CapacityError,
    arrow::StatusCode::IndexError,
    arrow::StatusCode::Cancelled,
    arrow::StatusCode::UnknownError,
    arrow::StatusCode::NotImplemented,
    arrow::StatusCode::SerializationError,
    arrow::StatusCode::RError,
    arrow::StatusCode::CodeGenError,
    arrow::StatusCode::ExpressionValidationError,
    arrow::StatusCode::ExecutionError,
    arrow::StatusCode::AlreadyExists,
};

std::string Number(arrow::StatusCode code) { return std::to_string(static_cast<int>(code)); }

// The status, its text and its details.
Status Make(arrow::StatusCode code) {
  const auto details = std::string("\0\xff", 2) + Number(code);
  return Status(code, "status " + Number(code) + ": ärger",
                std::make_shared<flight::FlightStatusDetail>(flight::FlightStatusCode::Unavailable,
                                                             details));
}

class Server : public flight::FlightServerBase {
  Status DoAction(const flight::ServerCallContext&, const flight::Action& action,
                  std::unique_ptr<flight::ResultStream>*) override {
    for (const auto code : kStatuses) {
      if (action.type == Number(code)) return Make(code);
    }
    return Status::Invalid("there is no such status");
  }
};

class Errors : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<Server>();
  }

  Status RunClient(flight::FlightClient& client) override {
    for (const auto code : kStatuses) ARROW_RETURN_NOT_OK(Compare(Fail(client, code), Make(code)));
    return Status::OK();
  }

  static Status Fail(flight::FlightClient& client, arrow::StatusCode code) {
    ARROW_ASSIGN_OR_RAISE(auto results, client.DoAction({Number(code), nullptr}));
    return results->Next().status();
  }

  static Status Compare(const Status& found, const Status& expected) {
    ARROW_RETURN_NOT_OK(CheckEqual("the status", found.CodeAsString(), expected.CodeAsString()));
    ARROW_RETURN_NOT_OK(CheckEqual("the text", found.message(), expected.message()));
    const auto have = flight::FlightStatusDetail::UnwrapStatus(found);
    const auto want = flight::FlightStatusDetail::UnwrapStatus(expected);
    ARROW_RETURN_NOT_OK(Check(have != nullptr, "there is no detail"));
    ARROW_RETURN_NOT_OK(CheckEqual("the detail", have->CodeAsString(), want->CodeAsString()));
    return CheckEqual("the extra info", have->extra_info(), want->extra_info());
  }
};

}  // namespace

std::unique_ptr<Scenario> RichErrors() { return std::make_unique<Errors>(); }
