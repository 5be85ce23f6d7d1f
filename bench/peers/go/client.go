package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// connect returns a client whose connection has carried one GetFlightInfo.
func connect(uri string) (flight.Client, error) {
	scheme, address, _ := strings.Cut(uri, "://")
	if scheme == "grpc+unix" {
		address = "unix://" + address
	}
	client, err := flight.NewClientWithMiddleware(address, nil, nil,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		return nil, err
	}
	_, err = client.GetFlightInfo(context.Background(), descriptor("x"))
	return client, err
}

func descriptor(name string) *flight.FlightDescriptor {
	return &flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: []string{name}}
}

// runClient prints a line for each run.
func runClient(uri, method, name string, runs int) error {
	calls := map[string]func(flight.Client, *workload) (int64, time.Time, error){
		"get": get, "put": put, "exchange": exchange,
	}
	call := calls[method]
	if call == nil {
		return errUsage
	}
	workload, err := findWorkload(name)
	if err != nil {
		return err
	}
	client, err := connect(uri)
	if err != nil {
		return err
	}
	defer client.Close()
	batchBytes := batchBytes(workload.batch)
	for range runs {
		cpu, start := cpuSeconds(), time.Now()
		batches, first, err := call(client, workload)
		if err != nil {
			return err
		}
		seconds, used := time.Since(start).Seconds(), cpuSeconds()-cpu
		bytes := batches * batchBytes
		fmt.Printf("bytes=%d batches=%d seconds=%.6f GB/s=%.3f batches/s=%.1f", bytes, batches,
			seconds, float64(bytes)/1e9/seconds, float64(batches)/seconds)
		if !first.IsZero() {
			fmt.Printf(" first_batch_ms=%.3f", first.Sub(start).Seconds()*1e3)
		}
		fmt.Printf(" cpu_seconds=%.3f\n", used)
	}
	return nil
}

func get(client flight.Client, workload *workload) (int64, time.Time, error) {
	ticket := &flight.Ticket{Ticket: []byte(workload.String())}
	stream, err := client.DoGet(context.Background(), ticket)
	if err != nil {
		return 0, time.Time{}, err
	}
	return read(stream, workload)
}

func put(client flight.Client, workload *workload) (int64, time.Time, error) {
	var none time.Time
	stream, err := client.DoPut(context.Background())
	if err != nil {
		return 0, none, err
	}
	if err := write(stream, workload); err != nil {
		return 0, none, err
	}
	answer, err := stream.Recv()
	if err != nil {
		return 0, none, err
	}
	if string(answer.AppMetadata) != strconv.FormatInt(workload.batches, 10) {
		return 0, none, fmt.Errorf("the server answers %q, expected %d batches",
			answer.AppMetadata, workload.batches)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return 0, none, fmt.Errorf("no end after the answer: %v", err)
	}
	return workload.batches, none, nil
}

// exchange writes in a goroutine of its own, and reads in this one.
func exchange(client flight.Client, workload *workload) (int64, time.Time, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := client.DoExchange(ctx)
	if err != nil {
		return 0, time.Time{}, err
	}
	written := make(chan error, 1)
	go func() { written <- write(stream, workload) }()
	batches, _, err := read(stream, workload)
	if err != nil {
		return 0, time.Time{}, err
	}
	// Both directions.
	return 2 * batches, time.Time{}, <-written
}

type sender interface {
	flight.DataStreamWriter
	CloseSend() error
}

func write(stream sender, workload *workload) error {
	writer := flight.NewRecordWriter(stream, workload.options(workload.batch.Schema())...)
	writer.SetFlightDescriptor(descriptor(workload.String()))
	for range workload.batches {
		if err := writer.Write(workload.batch); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return stream.CloseSend()
}

// read reads to the end, values untouched.
func read(stream flight.DataStreamReader, workload *workload) (int64, time.Time, error) {
	var batches, rows int64
	var first time.Time
	reader, err := flight.NewRecordReader(stream)
	if err != nil {
		return 0, first, err
	}
	defer reader.Release()
	for reader.Next() {
		if first.IsZero() {
			first = time.Now()
		}
		batches++
		rows += reader.RecordBatch().NumRows()
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return 0, first, err
	}
	expectedRows := workload.batches * workload.batch.NumRows()
	if batches != workload.batches || rows != expectedRows {
		return 0, first, fmt.Errorf("%d batches of %d rows came, expected %d of %d", batches, rows,
			workload.batches, expectedRows)
	}
	return batches, first, nil
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
