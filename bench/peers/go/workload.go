package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// workload is a batch, and how often it is sent.
type workload struct {
	name    string
	batches int64
	batch   arrow.RecordBatch
}

type row struct {
	batches int64
	batch   func() arrow.RecordBatch
}

var table = map[string]row{
	"large":      {512, func() arrow.RecordBatch { return integers(131072, 4) }},
	"medium":     {4096, func() arrow.RecordBatch { return integers(16384, 4) }},
	"small":      {32768, func() arrow.RecordBatch { return integers(1024, 4) }},
	"tiny":       {65536, func() arrow.RecordBatch { return integers(16, 4) }},
	"wide":       {128, func() arrow.RecordBatch { return integers(1024, 1000) }},
	"strings":    {128, func() arrow.RecordBatch { return texts(65536) }},
	"dictionary": {256, func() arrow.RecordBatch { return dictionaries(65536) }},
	"nested":     {256, func() arrow.RecordBatch { return nested(16384) }},
	"lz4":        {64, func() arrow.RecordBatch { return smallIntegers(131072) }},
	"zstd":       {64, func() arrow.RecordBatch { return smallIntegers(131072) }},
	"one":        {1, one},
}

var (
	builtMutex sync.Mutex
	built      = map[string]arrow.RecordBatch{}
)

// findWorkload takes `NAME` or `NAME:BATCHES`. A batch is built when it is first asked for.
func findWorkload(text string) (*workload, error) {
	name, count, hasCount := strings.Cut(text, ":")
	row, ok := table[name]
	if !ok {
		return nil, fmt.Errorf("no workload %q", name)
	}
	batches := row.batches
	if hasCount {
		var err error
		if batches, err = strconv.ParseInt(count, 10, 64); err != nil || batches < 0 {
			return nil, fmt.Errorf("no number of batches: %q", text)
		}
	}
	builtMutex.Lock()
	defer builtMutex.Unlock()
	if built[name] == nil {
		built[name] = row.batch()
	}
	return &workload{name, batches, built[name]}, nil
}

// String is the ticket or the path.
func (w *workload) String() string { return fmt.Sprintf("%s:%d", w.name, w.batches) }

// options say how its batches are written.
func (w *workload) options(schema *arrow.Schema) []ipc.Option {
	options := []ipc.Option{ipc.WithSchema(schema)}
	switch w.name {
	case "lz4":
		options = append(options, ipc.WithLZ4())
	case "zstd":
		options = append(options, ipc.WithZstd())
	}
	return options
}

// batchBytes counts values and offsets, before compression.
func batchBytes(batch arrow.RecordBatch) int64 {
	var bytes int64
	for _, column := range batch.Columns() {
		bytes += arrayBytes(column)
	}
	return bytes
}

func arrayBytes(column arrow.Array) int64 {
	rows := int64(column.Len())
	switch column := column.(type) {
	case *array.Int64:
		return 8 * rows
	case *array.String:
		return 4*(rows+1) + int64(len(column.ValueBytes()))
	case *array.Dictionary:
		return 4 * rows
	case *array.List:
		return 4*(rows+1) + arrayBytes(column.ListValues())
	case *array.Struct:
		var bytes int64
		for i := 0; i < column.NumField(); i++ {
			bytes += arrayBytes(column.Field(i))
		}
		return bytes
	}
	panic(column.DataType())
}

func numbered(prefix string, columns int, column func(c int) arrow.Array) arrow.RecordBatch {
	names, arrays := make([]string, columns), make([]arrow.Array, columns)
	for c := range arrays {
		names[c], arrays[c] = prefix+strconv.Itoa(c), column(c)
	}
	return named(names, arrays)
}

func named(names []string, columns []arrow.Array) arrow.RecordBatch {
	fields := make([]arrow.Field, len(columns))
	for i, column := range columns {
		fields[i] = arrow.Field{Name: names[i], Type: column.DataType(), Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(columns[0].Len()))
}

func int64s(rows int, value func(r int) int64) arrow.Array {
	builder := array.NewInt64Builder(memory.DefaultAllocator)
	for r := range rows {
		builder.Append(value(r))
	}
	return builder.NewArray()
}

func strs(rows int, value func(r int) string) arrow.Array {
	builder := array.NewStringBuilder(memory.DefaultAllocator)
	for r := range rows {
		builder.Append(value(r))
	}
	return builder.NewArray()
}

func integers(rows, columns int) arrow.RecordBatch {
	return numbered("c", columns, func(c int) arrow.Array {
		return int64s(rows, func(r int) int64 { return int64(r*31 + c) })
	})
}

// smallIntegers are values that compress.
func smallIntegers(rows int) arrow.RecordBatch {
	return numbered("c", 4, func(c int) arrow.Array {
		return int64s(rows, func(r int) int64 { return int64(splitMix(uint64(r*31+c)) >> 32 % 1000) })
	})
}

// splitMix is the first number of SplitMix64 from this seed.
func splitMix(seed uint64) uint64 {
	z := seed + 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func texts(rows int) arrow.RecordBatch {
	return numbered("s", 4, func(c int) arrow.Array {
		return strs(rows, func(r int) string {
			letters := make([]byte, 8+(r*7+c*13)%48)
			for i := range letters {
				letters[i] = byte('a' + (r+c+i)%26)
			}
			return string(letters)
		})
	})
}

func dictionaries(rows int) arrow.RecordBatch {
	values := strs(1000, func(i int) string { return fmt.Sprintf("value-%06d", i) })
	kind := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: values.DataType()}
	return numbered("d", 4, func(c int) arrow.Array {
		keys := array.NewInt32Builder(memory.DefaultAllocator)
		for r := range rows {
			keys.Append(int32((r*31 + c) % 1000))
		}
		return array.NewDictionaryArray(kind, keys.NewArray(), values)
	})
}

func nested(rows int) arrow.RecordBatch {
	list := array.NewListBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64)
	items := list.ValueBuilder().(*array.Int64Builder)
	valid := array.NewBooleanBuilder(memory.DefaultAllocator)
	nulls := 0
	for r := range rows {
		valid.Append(r%7 != 6)
		if r%7 == 6 {
			nulls++
		}
		if r%10 == 9 {
			list.AppendNull()
			continue
		}
		list.Append(true)
		for i := range r % 8 {
			items.Append(int64(r + i))
		}
	}
	// Null structs still hold their children's values.
	children := []arrow.Array{
		int64s(rows, func(r int) int64 { return int64(r) }),
		strs(rows, strconv.Itoa),
	}
	fields := []arrow.Field{
		{Name: "a", Type: children[0].DataType(), Nullable: true},
		{Name: "b", Type: children[1].DataType(), Nullable: true},
	}
	validity := valid.NewBooleanArray().Data().Buffers()[1]
	structs, err := array.NewStructArrayWithFieldsAndNulls(children, fields, validity, nulls, 0)
	if err != nil {
		panic(err)
	}
	return named([]string{"l", "s"}, []arrow.Array{list.NewArray(), structs})
}

func one() arrow.RecordBatch {
	return named([]string{"x"}, []arrow.Array{int64s(1, func(int) int64 { return 1 })})
}
