// The certificate of grpc+tls://.
#pragma once

#include <string>

#include <arrow/result.h>

// What a file of the folder BENCH_TLS_FOLDER holds: server.crt, which signs itself, or server.key.
arrow::Result<std::string> ReadTlsFile(const std::string& name);
