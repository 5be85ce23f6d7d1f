package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A token that is good, and what those are told whose is not, in all calls.
func tokens(address, roots, dataset, good string, bad []string) error {
	client, err := connect(address, roots)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, call := range calls(client, dataset)[:3] {
		if err := call(with(good)); err != nil {
			return fmt.Errorf("the good token: %w", err)
		}
	}
	fmt.Println("let in")
	answers := make(map[string]bool)
	for _, token := range bad {
		for at, call := range append(calls(client, dataset), calls(client, "no/"+dataset)...) {
			err := call(with(token))
			if err == nil {
				return fmt.Errorf("call %d went well with %q", at, token)
			}
			text, _, _ := strings.Cut(status.Convert(err).Message(), " (request id")
			answers[fmt.Sprintf("%v: %s", status.Code(err), text)] = true
		}
	}
	var found []string
	for answer := range answers {
		found = append(found, answer)
	}
	slices.Sort(found)
	fmt.Println(strings.Join(found, "\n"))
	return nil
}

func with(token string) context.Context {
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
}

// The first three go well where the dataset is there.
func calls(client flight.Client, dataset string) []func(context.Context) error {
	path := &flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: []string{dataset}}
	return []func(context.Context) error{
		func(ctx context.Context) error {
			return list(ctx, client)
		},
		func(ctx context.Context) error {
			_, err := client.GetFlightInfo(ctx, path)
			return err
		},
		func(ctx context.Context) error {
			stream, err := client.DoGet(ctx, &flight.Ticket{Ticket: []byte(dataset)})
			if err != nil {
				return err
			}
			return drain(stream.Recv)
		},
		func(ctx context.Context) error {
			stream, err := client.DoAction(ctx, &flight.Action{Type: "drop", Body: []byte(dataset)})
			if err != nil {
				return err
			}
			return drain(stream.Recv)
		},
		func(ctx context.Context) error {
			stream, err := client.DoPut(ctx)
			if err != nil {
				return err
			}
			// What is sent after the answer is lost, which is the answer's matter.
			_ = stream.Send(&flight.FlightData{FlightDescriptor: path})
			err = drain(stream.Recv)
			if err == nil {
				return errors.New("no answer")
			}
			return err
		},
	}
}
