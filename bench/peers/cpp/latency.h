// Times small calls, one after another on one connection.
#pragma once

#include <string>

#include <arrow/status.h>

// Prints the median and the 99th percentile of GetFlightInfo, and of a DoGet of one row.
arrow::Status RunLatency(const std::string& uri, int calls);
