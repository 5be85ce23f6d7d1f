// do_exchange:echo
#include "scenario.h"

namespace {

class Server : public flight::FlightServerBase {
  Status DoExchange(const flight::ServerCallContext&,
                    std::unique_ptr<flight::FlightMessageReader> reader,
                    std::unique_ptr<flight::FlightMessageWriter> writer) override {
    if (reader->descriptor().type != flight::FlightDescriptor::CMD) {
      return Status::Invalid("a descriptor by command is expected");
    }
    if (reader->descriptor().cmd != "echo") {
      return Status::NotImplemented("the only exchange is echo");
    }
    bool begun = false;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (!chunk.data && !chunk.app_metadata) return Status::OK();
      if (!begun && chunk.data) {
        begun = true;
        ARROW_RETURN_NOT_OK(writer->Begin(chunk.data->schema()));
      }
      if (chunk.data && chunk.app_metadata) {
        ARROW_RETURN_NOT_OK(writer->WriteWithMetadata(*chunk.data, chunk.app_metadata));
      } else if (chunk.data) {
        ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*chunk.data));
      } else {
        ARROW_RETURN_NOT_OK(writer->WriteMetadata(chunk.app_metadata));
      }
    }
  }
};

class Echo : public Scenario {
  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<Server>();
  }

  Status RunClient(flight::FlightClient& client) override {
    ARROW_ASSIGN_OR_RAISE(auto exchange,
                          client.DoExchange(flight::FlightDescriptor::Command("echo")));
    const auto schema = arrow::schema({arrow::field("x", arrow::int32(), false)});
    ARROW_RETURN_NOT_OK(exchange.writer->Begin(schema));
    for (int32_t at = 0; at < 4; ++at) {
      arrow::Int32Builder builder;
      for (int32_t row = 0; row < 10; ++row) ARROW_RETURN_NOT_OK(builder.Append(at + row));
      ARROW_ASSIGN_OR_RAISE(auto column, builder.Finish());
      const auto batch = arrow::RecordBatch::Make(schema, 10, {column});
      const bool with_metadata = at % 2 == 0;
      if (with_metadata) {
        const auto metadata = arrow::Buffer::FromString(std::to_string(at));
        ARROW_RETURN_NOT_OK(exchange.writer->WriteWithMetadata(*batch, metadata));
      } else {
        ARROW_RETURN_NOT_OK(exchange.writer->WriteRecordBatch(*batch));
      }
      ARROW_ASSIGN_OR_RAISE(const auto chunk, exchange.reader->Next());
      ARROW_RETURN_NOT_OK(Check(chunk.data && chunk.data->Equals(*batch), "a batch differs"));
      ARROW_RETURN_NOT_OK(Check((chunk.app_metadata != nullptr) == with_metadata,
                                "there is metadata where none was sent, or none"));
      if (with_metadata) {
        ARROW_RETURN_NOT_OK(CheckEqual("the metadata", chunk.app_metadata->ToString(),
                                       std::to_string(at)));
      }
    }
    ARROW_RETURN_NOT_OK(exchange.writer->DoneWriting());
    ARROW_ASSIGN_OR_RAISE(const auto rest, exchange.reader->Next());
    ARROW_RETURN_NOT_OK(Check(!rest.data && !rest.app_metadata, "there is more than was sent"));
    return exchange.writer->Close();
  }
};

}  // namespace

std::unique_ptr<Scenario> DoExchangeEcho() { return std::make_unique<Echo>(); }
