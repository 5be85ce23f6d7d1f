package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// A server that knows ada: by arrow-go's middleware for passwords in headers, by its handler of
// handshakes, or not at all; the last one compresses what it sends.
func serve(mode string) error {
	service := &service{}
	var middleware []flight.ServerMiddleware
	switch mode {
	case "header":
		middleware = append(middleware, flight.CreateServerBasicAuthMiddleware(door{}))
	case "payload":
		service.SetAuthHandler(door{})
	case "gzip":
		encoding.RegisterCompressor(counting{encoding.GetCompressor(gzip.Name)})
	default:
		return fmt.Errorf("there is no mode %q", mode)
	}
	server := flight.NewServerWithMiddleware(middleware)
	server.RegisterFlightService(service)
	if err := server.Init("127.0.0.1:0"); err != nil {
		return err
	}
	fmt.Printf("listening on grpc://%s\n", server.Addr())
	return server.Serve()
}

type service struct {
	flight.BaseFlightServer
}

// Who calls, or how many messages were compressed.
func (*service) DoAction(action *flight.Action, stream flight.FlightService_DoActionServer) error {
	switch action.Type {
	case "identity":
		who, _ := flight.AuthFromContext(stream.Context()).(string)
		return stream.Send(&flight.Result{Body: []byte(who)})
	case "compressed":
		count := strconv.FormatInt(compressed.Load(), 10)
		return stream.Send(&flight.Result{Body: []byte(count)})
	}
	return status.Errorf(codes.Unimplemented, "there is no action %q", action.Type)
}

// Ten batches of a thousand numbers from 0 on.
func (*service) DoGet(_ *flight.Ticket, stream flight.FlightService_DoGetServer) error {
	if err := grpc.SetSendCompressor(stream.Context(), gzip.Name); err != nil {
		return status.Errorf(codes.FailedPrecondition, "the client takes no gzip: %v", err)
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int64}}, nil)
	writer := flight.NewRecordWriter(stream, ipc.WithSchema(schema))
	defer writer.Close()
	for first := int64(0); first < 10_000; first += 1000 {
		builder := array.NewInt64Builder(memory.DefaultAllocator)
		for x := first; x < first+1000; x++ {
			builder.Append(x)
		}
		batch := array.NewRecordBatch(schema, []arrow.Array{builder.NewArray()}, 1000)
		if err := writer.Write(batch); err != nil {
			return err
		}
	}
	return nil
}

var compressed atomic.Int64

// Counts the messages that it compresses.
type counting struct {
	encoding.Compressor
}

func (c counting) Compress(to io.Writer) (io.WriteCloser, error) {
	compressed.Add(1)
	return c.Compressor.Compress(to)
}

// Both ways in: the handler of handshakes is asked with a token of its own.
type door struct{}

const token = "token-of-ada"

func (door) Authenticate(conn flight.AuthConn) error {
	payload, err := conn.Read()
	if err != nil {
		return err
	}
	var auth flight.BasicAuth
	if err := proto.Unmarshal(payload, &auth); err != nil {
		return err
	}
	granted, err := door{}.Validate(auth.Username, auth.Password)
	if err != nil {
		return err
	}
	return conn.Send([]byte(granted))
}

func (door) Validate(user, password string) (string, error) {
	if user != "ada" || password != "feather" {
		return "", status.Error(codes.Unauthenticated, "who are you?")
	}
	return token, nil
}

func (door) IsValid(presented string) (any, error) {
	if presented != token {
		return nil, errors.New("another token")
	}
	return "ada", nil
}
