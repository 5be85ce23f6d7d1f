package main

import (
	"io"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
)

// grpc-go brings gzip alone.
type zstdCompressor struct{}

func init() {
	encoding.RegisterCompressor(zstdCompressor{})
}

func (zstdCompressor) Name() string {
	return "zstd"
}

func (zstdCompressor) Compress(to io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(to)
}

func (zstdCompressor) Decompress(from io.Reader) (io.Reader, error) {
	return zstd.NewReader(from)
}
