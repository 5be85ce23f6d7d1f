// arrow-go as the client of a server that lets in only whom it knows. Each step prints a line; the
// first one that goes wrong ends the program.
//
//	auth HOST PORT USER PASSWORD TOKEN_OF_ANOTHER
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: auth HOST PORT USER PASSWORD TOKEN_OF_ANOTHER")
		os.Exit(2)
	}
	if err := run(net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address, user, password, other string) error {
	// It keeps cookies, so it has a session.
	client, err := connect(address, flight.NewClientCookieMiddleware())
	if err != nil {
		return err
	}
	defer client.Close()
	nobody := context.Background()
	if err := refused(list(nobody, client)); err != nil {
		return fmt.Errorf("without credentials: %w", err)
	}
	if _, err := client.AuthenticateBasicToken(nobody, user, password+"x"); refused(err) != nil {
		return fmt.Errorf("wrong password: %w", refused(err))
	}
	fmt.Println("strangers refused")

	// arrow-go's password has no padding; the token comes back in a header.
	known, err := client.AuthenticateBasicToken(nobody, user, password)
	if err != nil {
		return fmt.Errorf("basic token: %w", err)
	}
	if err := list(known, client); err != nil {
		return fmt.Errorf("list with the token: %w", err)
	}
	fmt.Println("basic token")

	values, err := flight.NewSessionOptionValues(map[string]any{"size": "tall"})
	if err != nil {
		return err
	}
	set := flight.SetSessionOptionsRequest{SessionOptions: values}
	if _, err := client.SetSessionOptions(known, &set); err != nil {
		return fmt.Errorf("set options: %w", err)
	}
	options, err := client.GetSessionOptions(known, &flight.GetSessionOptionsRequest{})
	if err != nil {
		return fmt.Errorf("get options: %w", err)
	}
	if found := options.GetSessionOptions()["size"].GetStringValue(); found != "tall" {
		return fmt.Errorf("the option is %q", found)
	}
	fmt.Println("cookie")

	// The cookie goes with another caller's token.
	thief := metadata.AppendToOutgoingContext(nobody, "authorization", "Bearer "+other)
	_, err = client.GetSessionOptions(thief, &flight.GetSessionOptionsRequest{})
	if err := refused(err); err != nil {
		return fmt.Errorf("another's session: %w", err)
	}
	plain, err := connect(address)
	if err != nil {
		return err
	}
	defer plain.Close()
	if err := list(thief, plain); err != nil {
		return fmt.Errorf("bearer: %w", err)
	}
	fmt.Println("bearer")
	return nil
}

func connect(address string, middleware ...flight.ClientMiddleware) (flight.Client, error) {
	plaintext := grpc.WithTransportCredentials(insecure.NewCredentials())
	return flight.NewClientWithMiddleware(address, nil, middleware, plaintext)
}

func list(ctx context.Context, client flight.Client) error {
	flights, err := client.ListFlights(ctx, &flight.Criteria{})
	if err != nil {
		return err
	}
	for {
		if _, err := flights.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// What is wrong with a refusal.
func refused(err error) error {
	if code := status.Code(err); code != codes.Unauthenticated {
		return fmt.Errorf("expected UNAUTHENTICATED, found %v: %w", code, err)
	}
	return nil
}
