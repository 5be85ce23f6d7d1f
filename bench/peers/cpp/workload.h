// The workloads: what a batch of each holds, and how often it is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/ipc/options.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

struct Workload {
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t batches = 0;
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();

  // Bytes of values and offsets of one batch, before compression.
  int64_t batch_bytes() const;
};

// `NAME` or `NAME:BATCHES`. The batch of a name is built once in a process.
arrow::Result<Workload> FindWorkload(const std::string& text);
