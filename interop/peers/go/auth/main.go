// arrow-go at the door: the client of a server that lets in only whom it knows, and such a server.
// Of a client each step prints a line; the first one that goes wrong ends the program. ROOTS is a
// file of certificates, for TLS, or empty.
//
//	auth login HOST PORT ROOTS USER PASSWORD TOKEN_OF_ANOTHER
//	auth tokens HOST PORT ROOTS DATASET GOOD_TOKEN BAD_TOKEN...
//	auth serve (header | payload | gzip)
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) error {
	if len(words) == 2 && words[0] == "serve" {
		return serve(words[1])
	}
	if len(words) < 7 {
		return errors.New("usage: auth (login | tokens) HOST PORT ROOTS ...")
	}
	address, roots, rest := net.JoinHostPort(words[1], words[2]), words[3], words[4:]
	switch words[0] {
	case "login":
		return login(address, roots, rest[0], rest[1], rest[2])
	case "tokens":
		return tokens(address, roots, rest[0], rest[1], rest[2:])
	}
	return fmt.Errorf("there is no %q", words[0])
}

func connect(address, roots string, middleware ...flight.ClientMiddleware) (flight.Client, error) {
	transport := insecure.NewCredentials()
	if roots != "" {
		pem, err := os.ReadFile(roots)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("there is no certificate in %s", roots)
		}
		transport = credentials.NewClientTLSFromCert(pool, "")
	}
	options := grpc.WithTransportCredentials(transport)
	return flight.NewClientWithMiddleware(address, nil, middleware, options)
}

func list(ctx context.Context, client flight.Client) error {
	flights, err := client.ListFlights(ctx, &flight.Criteria{})
	if err != nil {
		return err
	}
	return drain(flights.Recv)
}

func drain[T any](receive func() (T, error)) error {
	for {
		if _, err := receive(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
