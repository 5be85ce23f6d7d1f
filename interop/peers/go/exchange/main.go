// do_exchange:echo on arrow-go, whose own programs do not have it, and the same with messages that
// gRPC compresses.
//
//	exchange server --port=N --scenario=do_exchange:echo
//	exchange client --host=HOST --port=N --scenario=(do_exchange:echo | compressed_messages)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
)

const (
	command = "echo"
	batches = 4
	rows    = 10
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) error {
	if len(words) == 0 {
		return errors.New("neither server nor client")
	}
	flags := flag.NewFlagSet("exchange", flag.ContinueOnError)
	host := flags.String("host", "localhost", "the server's host")
	port := flags.Int("port", 0, "the server's port")
	scenario := flags.String("scenario", "do_exchange:echo", "what to play")
	if err := flags.Parse(words[1:]); err != nil {
		return err
	}
	if words[0] == "server" {
		return serve(*port)
	}
	address := net.JoinHostPort(*host, strconv.Itoa(*port))
	if *scenario != "compressed_messages" {
		return call(address)
	}
	for _, compressor := range []string{gzip.Name, zstdCompressor{}.Name()} {
		if err := call(address, grpc.UseCompressor(compressor)); err != nil {
			return fmt.Errorf("%s: %w", compressor, err)
		}
	}
	return nil
}

type service struct {
	flight.BaseFlightServer
}

func serve(port int) error {
	server := flight.NewServerWithMiddleware(nil)
	server.RegisterFlightService(&service{})
	if err := server.Init(fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
		return err
	}
	_, bound, err := net.SplitHostPort(server.Addr().String())
	if err != nil {
		return err
	}
	fmt.Printf("Server listening on localhost:%s\n", bound)
	return server.Serve()
}

func (*service) DoExchange(stream flight.FlightService_DoExchangeServer) error {
	reader, err := flight.NewRecordReader(stream)
	if err != nil {
		return err
	}
	defer reader.Release()
	descriptor := reader.LatestFlightDescriptor()
	if descriptor.GetType() != flight.DescriptorCMD {
		return status.Error(codes.InvalidArgument, "a descriptor by command is expected")
	}
	if string(descriptor.GetCmd()) != command {
		return status.Error(codes.Unimplemented, "the only exchange is echo")
	}
	writer := flight.NewRecordWriter(stream, ipc.WithSchema(reader.Schema()))
	defer writer.Close()
	for reader.Next() {
		// Metadata that is not there stays away.
		err := writer.WriteWithAppMetadata(reader.RecordBatch(), reader.LatestAppMetadata())
		if err != nil {
			return err
		}
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func call(address string, options ...grpc.CallOption) error {
	credentials := grpc.WithTransportCredentials(insecure.NewCredentials())
	client, err := flight.NewClientWithMiddleware(address, nil, nil, credentials)
	if err != nil {
		return err
	}
	defer client.Close()
	stream, err := client.DoExchange(context.Background(), options...)
	if err != nil {
		return err
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int32}}, nil)
	writer := flight.NewRecordWriter(stream, ipc.WithSchema(schema))
	writer.SetFlightDescriptor(&flight.FlightDescriptor{
		Type: flight.DescriptorCMD, Cmd: []byte(command),
	})
	var reader *flight.Reader
	for index := range batches {
		batch := numbers(schema, index)
		var metadata []byte
		if index%2 == 0 {
			metadata = []byte(strconv.Itoa(index))
		}
		if err := writer.WriteWithAppMetadata(batch, metadata); err != nil {
			return err
		}
		if reader == nil {
			if reader, err = flight.NewRecordReader(stream); err != nil {
				return err
			}
			defer reader.Release()
		}
		if err := compare(reader, batch, metadata); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if reader.Next() {
		return errors.New("there are more batches than were sent")
	}
	return reader.Err()
}

func numbers(schema *arrow.Schema, first int) arrow.RecordBatch {
	builder := array.NewInt32Builder(memory.DefaultAllocator)
	defer builder.Release()
	for row := range rows {
		builder.Append(int32(first + row))
	}
	column := builder.NewArray()
	defer column.Release()
	return array.NewRecordBatch(schema, []arrow.Array{column}, rows)
}

func compare(reader *flight.Reader, batch arrow.RecordBatch, metadata []byte) error {
	if !reader.Next() {
		return fmt.Errorf("the exchange ended before its client: %w", reader.Err())
	}
	found := reader.LatestAppMetadata()
	if (found == nil) != (metadata == nil) || string(found) != string(metadata) {
		return fmt.Errorf("the metadata is %q, expected %q", found, metadata)
	}
	if !array.Equal(reader.RecordBatch().Column(0), batch.Column(0)) {
		return fmt.Errorf("a batch is %v, expected %v", reader.RecordBatch(), batch)
	}
	return nil
}
