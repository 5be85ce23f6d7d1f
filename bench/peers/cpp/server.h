// Serves the workloads from memory.
#pragma once

#include <string>

#include <arrow/status.h>

// Prints `listening on URI`, then serves until SIGTERM or SIGINT.
arrow::Status RunServer(const std::string& uri);
