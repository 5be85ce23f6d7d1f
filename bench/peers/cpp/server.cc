#include "server.h"

#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/api.h>

#include "tls.h"
#include "workload.h"

namespace flight = arrow::flight;
using arrow::Status;

namespace {

// The batch of a workload, again and again.
class Repeated : public arrow::RecordBatchReader {
 public:
  explicit Repeated(const Workload& workload)
      : batch_(workload.batch), left_(workload.batches) {}

  std::shared_ptr<arrow::Schema> schema() const override { return batch_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = left_ > 0 ? batch_ : nullptr;
    --left_;
    return Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t left_;
};

class Server : public flight::FlightServerBase {
 public:
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& request,
                       std::unique_ptr<flight::FlightInfo>* info) override {
    const auto schema = arrow::schema({arrow::field("x", arrow::int64())});
    const std::vector<flight::FlightEndpoint> endpoints{{flight::Ticket{"one"}, {}, {}, ""}};
    ARROW_ASSIGN_OR_RAISE(auto made,
                          flight::FlightInfo::Make(*schema, request, endpoints, -1, -1));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return Status::OK();
  }

  Status DoGet(const flight::ServerCallContext&, const flight::Ticket& request,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    ARROW_ASSIGN_OR_RAISE(const auto workload, FindWorkload(request.ticket));
    *stream = std::make_unique<flight::RecordBatchStream>(std::make_shared<Repeated>(workload),
                                                          workload.options);
    return Status::OK();
  }

  Status DoPut(const flight::ServerCallContext&,
               std::unique_ptr<flight::FlightMessageReader> reader,
               std::unique_ptr<flight::FlightMetadataWriter> writer) override {
    int64_t batches = 0;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (!chunk.data) break;
      ++batches;
    }
    return writer->WriteMetadata(*arrow::Buffer::FromString(std::to_string(batches)));
  }

  Status DoExchange(const flight::ServerCallContext&,
                    std::unique_ptr<flight::FlightMessageReader> reader,
                    std::unique_ptr<flight::FlightMessageWriter> writer) override {
    const auto& path = reader->descriptor().path;
    if (path.size() != 1) return Status::Invalid("the path is not one name");
    ARROW_ASSIGN_OR_RAISE(const auto workload, FindWorkload(path[0]));
    ARROW_ASSIGN_OR_RAISE(const auto schema, reader->GetSchema());
    ARROW_RETURN_NOT_OK(writer->Begin(schema, workload.options));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (!chunk.data) break;
      ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*chunk.data));
    }
    return Status::OK();
  }
};

}  // namespace

Status RunServer(const std::string& uri) {
  ARROW_ASSIGN_OR_RAISE(const auto location, flight::Location::Parse(uri));
  Server server;
  flight::FlightServerOptions options(location);
  if (location.scheme() == "grpc+tls") {
    flight::CertKeyPair pair;
    ARROW_ASSIGN_OR_RAISE(pair.pem_cert, ReadTlsFile("server.crt"));
    ARROW_ASSIGN_OR_RAISE(pair.pem_key, ReadTlsFile("server.key"));
    options.tls_certificates.push_back(pair);
  }
  ARROW_RETURN_NOT_OK(server.Init(options));
  ARROW_RETURN_NOT_OK(server.SetShutdownOnSignals({SIGTERM, SIGINT}));
  const bool is_unix = location.scheme() == "grpc+unix";
  const auto colon = uri.rfind(':');
  std::cout << "listening on "
            << (is_unix ? uri : uri.substr(0, colon + 1) + std::to_string(server.port()))
            << std::endl;
  return server.Serve();
}
