package main

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A password, the token for it, a session by cookie, and another's token.
func login(address, roots, user, password, other string) error {
	// It keeps cookies, so it has a session.
	client, err := connect(address, roots, flight.NewClientCookieMiddleware())
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
	plain, err := connect(address, roots)
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

// What is wrong with a refusal.
func refused(err error) error {
	if code := status.Code(err); code != codes.Unauthenticated {
		return fmt.Errorf("expected UNAUTHENTICATED, found %v: %w", code, err)
	}
	return nil
}
