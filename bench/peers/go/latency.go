package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
)

// runLatency times small calls, one after another on one connection.
func runLatency(uri string, calls int) error {
	client, err := connect(uri)
	if err != nil {
		return err
	}
	defer client.Close()
	err = measure("get_flight_info", calls, func() error {
		_, err := client.GetFlightInfo(context.Background(), descriptor("x"))
		return err
	})
	if err != nil {
		return err
	}
	return measure("do_get", calls, func() error { return readOne(client) })
}

func readOne(client flight.Client) error {
	stream, err := client.DoGet(context.Background(), &flight.Ticket{Ticket: []byte("one")})
	if err != nil {
		return err
	}
	reader, err := flight.NewRecordReader(stream)
	if err != nil {
		return err
	}
	defer reader.Release()
	var rows int64
	for reader.Next() {
		rows += reader.RecordBatch().NumRows()
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if rows != 1 {
		return fmt.Errorf("%d rows came, expected 1", rows)
	}
	return nil
}

func measure(name string, calls int, call func() error) error {
	for range min(calls, 100) {
		if err := call(); err != nil {
			return err
		}
	}
	micros := make([]float64, calls)
	for i := range micros {
		start := time.Now()
		if err := call(); err != nil {
			return err
		}
		micros[i] = time.Since(start).Seconds() * 1e6
	}
	slices.Sort(micros)
	fmt.Printf("%s calls=%d p50_us=%.1f p99_us=%.1f\n", name, calls,
		micros[(calls-1)*50/100], micros[(calls-1)*99/100])
	return nil
}
