package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
)

// runServer prints `listening on URI`, then serves until SIGTERM or SIGINT.
func runServer(uri string) error {
	scheme, address, _ := strings.Cut(uri, "://")
	network := "tcp"
	if scheme == "grpc+unix" {
		network = "unix"
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	server := flight.NewServerWithMiddleware(nil,
		grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))
	server.InitListener(listener)
	server.RegisterFlightService(&service{})
	server.SetShutdownOnSignals(syscall.SIGTERM, os.Interrupt)
	fmt.Printf("listening on %s://%s\n", scheme, listener.Addr())
	return server.Serve()
}

type service struct {
	flight.BaseFlightServer
}

func (*service) GetFlightInfo(
	_ context.Context, descriptor *flight.FlightDescriptor,
) (*flight.FlightInfo, error) {
	fields := []arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}
	schema := arrow.NewSchema(fields, nil)
	return &flight.FlightInfo{
		Schema:           flight.SerializeSchema(schema, memory.DefaultAllocator),
		FlightDescriptor: descriptor,
		Endpoint:         []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: []byte("one")}}},
		TotalRecords:     -1,
		TotalBytes:       -1,
	}, nil
}

func (*service) DoGet(ticket *flight.Ticket, stream flight.FlightService_DoGetServer) error {
	workload, err := findWorkload(string(ticket.Ticket))
	if err != nil {
		return err
	}
	writer := flight.NewRecordWriter(stream, workload.options(workload.batch.Schema())...)
	defer writer.Close()
	for range workload.batches {
		if err := writer.Write(workload.batch); err != nil {
			return err
		}
	}
	return nil
}

func (*service) DoPut(stream flight.FlightService_DoPutServer) error {
	reader, err := flight.NewRecordReader(stream)
	if err != nil {
		return err
	}
	defer reader.Release()
	batches := 0
	for reader.Next() {
		batches++
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return stream.Send(&flight.PutResult{AppMetadata: []byte(strconv.Itoa(batches))})
}

func (*service) DoExchange(stream flight.FlightService_DoExchangeServer) error {
	reader, err := flight.NewRecordReader(stream)
	if err != nil {
		return err
	}
	defer reader.Release()
	path := reader.LatestFlightDescriptor().GetPath()
	if len(path) != 1 {
		return errors.New("the path is not one name")
	}
	workload, err := findWorkload(path[0])
	if err != nil {
		return err
	}
	writer := flight.NewRecordWriter(stream, workload.options(reader.Schema())...)
	defer writer.Close()
	for reader.Next() {
		if err := writer.Write(reader.RecordBatch()); err != nil {
			return err
		}
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
