// The contestant on Arrow Go.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

const usage = `usage: peer server --bind URI
       peer client URI get|put|exchange WORKLOAD RUNS
       peer latency URI N`

var errUsage = errors.New(usage)

func main() {
	err := run(os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

func run(words []string) error {
	switch {
	case len(words) == 3 && words[0] == "server" && words[1] == "--bind":
		return runServer(words[2])
	case len(words) == 5 && words[0] == "client":
		runs, err := strconv.Atoi(words[4])
		if err != nil || runs < 1 {
			return errUsage
		}
		return runClient(words[1], words[2], words[3], runs)
	case len(words) == 3 && words[0] == "latency":
		calls, err := strconv.Atoi(words[2])
		if err != nil || calls < 1 {
			return errUsage
		}
		return runLatency(words[1], calls)
	}
	return errUsage
}
