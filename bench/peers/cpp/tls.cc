#include "tls.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

using arrow::Status;

arrow::Result<std::string> ReadTlsFile(const std::string& name) {
  const char* folder = std::getenv("BENCH_TLS_FOLDER");
  if (folder == nullptr) return Status::Invalid("BENCH_TLS_FOLDER is not set");
  std::ifstream file(std::string(folder) + "/" + name);
  if (!file) return Status::IOError("cannot read ", name);
  return std::string(std::istreambuf_iterator<char>(file), {});
}
