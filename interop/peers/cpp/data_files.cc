// The data files, which have no name in the harness. What a file holds is read from the Arrow IPC
// stream beside it, since this build of Arrow C++ has no reader for the harness's JSON.
#include <map>
#include <mutex>

#include <arrow/io/file.h>
#include <arrow/ipc/api.h>

#include "scenario.h"

namespace {

struct Data {
  std::shared_ptr<arrow::Schema> schema;
  arrow::RecordBatchVector batches;
};

arrow::Result<Data> ReadFile(const std::string& path) {
  const auto stream = path.substr(0, path.rfind('.')) + ".arrows";
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(stream));
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(file));
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  return Data{reader->schema(), std::move(batches)};
}

// Numbers the batches of a stream in their app_metadata.
class Numbered : public flight::FlightDataStream {
 public:
  explicit Numbered(std::unique_ptr<flight::FlightDataStream> inner) : inner_(std::move(inner)) {}

  std::shared_ptr<arrow::Schema> schema() override { return inner_->schema(); }
  arrow::Result<flight::FlightPayload> GetSchemaPayload() override {
    return inner_->GetSchemaPayload();
  }
  arrow::Result<flight::FlightPayload> Next() override {
    ARROW_ASSIGN_OR_RAISE(auto payload, inner_->Next());
    if (payload.ipc_message.type == arrow::ipc::MessageType::RECORD_BATCH) {
      payload.app_metadata = arrow::Buffer::FromString(std::to_string(next_++));
    }
    return payload;
  }

 private:
  std::unique_ptr<flight::FlightDataStream> inner_;
  int next_ = 0;
};

class Server : public flight::FlightServerBase {
  Status GetFlightInfo(const flight::ServerCallContext&, const flight::FlightDescriptor& descriptor,
                       std::unique_ptr<flight::FlightInfo>* info) override {
    if (descriptor.path.empty()) return Status::Invalid("a descriptor by path is expected");
    ARROW_ASSIGN_OR_RAISE(const auto data, Find(descriptor.path[0]));
    int64_t rows = 0;
    for (const auto& batch : data.batches) rows += batch->num_rows();
    ARROW_ASSIGN_OR_RAISE(auto location, flight::Location::ForGrpcTcp("127.0.0.1", port()));
    const flight::FlightEndpoint endpoint{{descriptor.path[0]}, {location}, {}, ""};
    ARROW_ASSIGN_OR_RAISE(
        auto made, flight::FlightInfo::Make(*data.schema, descriptor, {endpoint}, rows, -1));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return Status::OK();
  }

  Status DoPut(const flight::ServerCallContext&,
               std::unique_ptr<flight::FlightMessageReader> reader,
               std::unique_ptr<flight::FlightMetadataWriter> writer) override {
    const auto descriptor = reader->descriptor();
    if (descriptor.path.empty()) return Status::Invalid("a descriptor by path is expected");
    Data data;
    ARROW_ASSIGN_OR_RAISE(data.schema, reader->GetSchema());
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (!chunk.data) break;
      ARROW_RETURN_NOT_OK(chunk.data->ValidateFull());
      data.batches.push_back(chunk.data);
      if (chunk.app_metadata) ARROW_RETURN_NOT_OK(writer->WriteMetadata(*chunk.app_metadata));
    }
    const std::lock_guard lock(mutex_);
    uploads_[descriptor.path[0]] = std::move(data);
    return Status::OK();
  }

  Status DoGet(const flight::ServerCallContext&, const flight::Ticket& ticket,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    ARROW_ASSIGN_OR_RAISE(auto data, Find(ticket.ticket));
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make(data.batches, data.schema));
    *stream = std::make_unique<Numbered>(std::make_unique<flight::RecordBatchStream>(reader));
    return Status::OK();
  }

  arrow::Result<Data> Find(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = uploads_.find(path);
    if (found == uploads_.end()) return Status::KeyError("there is no flight ", path);
    return found->second;
  }

  std::mutex mutex_;
  std::map<std::string, Data> uploads_;
};

class Files : public Scenario {
 public:
  explicit Files(std::string path) : path_(std::move(path)) {}

  std::unique_ptr<flight::FlightServerBase> MakeServer(flight::FlightServerOptions*) override {
    return std::make_unique<Server>();
  }

  Status RunClient(flight::FlightClient& client) override {
    ARROW_ASSIGN_OR_RAISE(const auto data, ReadFile(path_));
    const auto descriptor = flight::FlightDescriptor::Path({path_});
    ARROW_RETURN_NOT_OK(Put(client, descriptor, data));
    ARROW_ASSIGN_OR_RAISE(const auto info, client.GetFlightInfo(descriptor));
    ARROW_RETURN_NOT_OK(Check(!info->endpoints().empty(), "the flight has no endpoints"));
    for (const auto& endpoint : info->endpoints()) {
      ARROW_RETURN_NOT_OK(Check(!endpoint.locations.empty(), "an endpoint has no locations"));
      for (const auto& location : endpoint.locations) {
        ARROW_ASSIGN_OR_RAISE(auto there, flight::FlightClient::Connect(location));
        ARROW_ASSIGN_OR_RAISE(auto reader, there->DoGet(endpoint.ticket));
        ARROW_RETURN_NOT_OK(Compare(*reader, data));
      }
    }
    return Status::OK();
  }

 private:
  static Status Put(flight::FlightClient& client, const flight::FlightDescriptor& descriptor,
                    const Data& data) {
    ARROW_ASSIGN_OR_RAISE(auto put, client.DoPut(descriptor, data.schema));
    for (size_t at = 0; at < data.batches.size(); ++at) {
      const auto number = std::to_string(at);
      ARROW_RETURN_NOT_OK(
          put.writer->WriteWithMetadata(*data.batches[at], arrow::Buffer::FromString(number)));
      std::shared_ptr<arrow::Buffer> answer;
      ARROW_RETURN_NOT_OK(put.reader->ReadMetadata(&answer));
      ARROW_RETURN_NOT_OK(Check(answer != nullptr, "the upload was ended early"));
      ARROW_RETURN_NOT_OK(CheckEqual("the answer to a batch", answer->ToString(), number));
    }
    return put.writer->Close();
  }

  static Status Compare(flight::FlightStreamReader& reader, const Data& data) {
    ARROW_ASSIGN_OR_RAISE(const auto schema, reader.GetSchema());
    ARROW_RETURN_NOT_OK(Check(schema->Equals(*data.schema, /*check_metadata=*/true),
                              "the schema is " + schema->ToString(true)));
    for (size_t at = 0; at < data.batches.size(); ++at) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader.Next());
      ARROW_RETURN_NOT_OK(Check(chunk.data != nullptr, "there are too few batches"));
      ARROW_RETURN_NOT_OK(chunk.data->ValidateFull());
      ARROW_RETURN_NOT_OK(Check(chunk.app_metadata != nullptr, "a batch has no metadata"));
      ARROW_RETURN_NOT_OK(
          CheckEqual("the metadata", chunk.app_metadata->ToString(), std::to_string(at)));
      ARROW_RETURN_NOT_OK(Check(chunk.data->Equals(*data.batches[at], true),
                                "a batch is " + chunk.data->ToString()));
    }
    ARROW_ASSIGN_OR_RAISE(const auto rest, reader.Next());
    return Check(rest.data == nullptr, "there are too many batches");
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<Scenario> DataFiles(const std::string& path) {
  return std::make_unique<Files>(path);
}
