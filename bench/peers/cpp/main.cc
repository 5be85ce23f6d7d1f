// The contestant on Arrow C++.

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "client.h"
#include "latency.h"
#include "server.h"

namespace {

int Usage() {
  std::cerr << "usage: peer server --bind URI\n"
               "       peer client URI get|put|exchange WORKLOAD RUNS"
               " [--streams N] [--connections N]\n"
               "       peer latency URI N\n";
  return 2;
}

int Exit(const arrow::Status& status) {
  if (status.ok()) return 0;
  std::cerr << status.ToString() << std::endl;
  return 1;
}

std::optional<int> Positive(const std::string& text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 1) return std::nullopt;
  return number;
}

int Client(const std::vector<std::string>& words) {
  if (words.size() < 5 || words.size() % 2 == 0) return Usage();
  ClientArguments arguments{words[1], words[2], words[3]};
  const auto& method = arguments.method;
  const auto runs = Positive(words[4]);
  if ((method != "get" && method != "put" && method != "exchange") || !runs) return Usage();
  arguments.runs = *runs;
  for (size_t i = 5; i < words.size(); i += 2) {
    const auto number = Positive(words[i + 1]);
    const bool is_streams = words[i] == "--streams";
    if ((!is_streams && words[i] != "--connections") || !number) return Usage();
    (is_streams ? arguments.streams : arguments.connections) = *number;
  }
  return Exit(RunClient(arguments));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string command = words.empty() ? "" : words[0];
  if (command == "server" && words.size() == 3 && words[1] == "--bind") {
    return Exit(RunServer(words[2]));
  }
  if (command == "client") return Client(words);
  if (command == "latency" && words.size() == 3) {
    const auto calls = Positive(words[2]);
    return calls ? Exit(RunLatency(words[1], *calls)) : Usage();
  }
  return Usage();
}
