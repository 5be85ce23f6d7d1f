//! Schemas and envelopes that are wrong in one particular way, each with the error that says so.

use arrow_array::{Array, new_null_array};
use arrow_buffer::Buffer;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_ipc::{Buffer as Place, Endianness, MessageHeader, MetadataVersion, Type, UnionMode};
use arrow_schema::{DataType, Field, Schema};
use flatbuffers::WIPOffset;
use wingbeat_wire::ipc::{BatchDecoder, decode_encapsulated_schema, decode_schema, encode_schema};
use wingbeat_wire::{DecodeError, Limits};

use crate::forge::{
    Batch, Fbb, FieldParts, field_error, field_table, int, message, says, schema_header, table,
};
use crate::samples::{batch_of, columns, write};

#[test]
fn parameters_of_types() {
    type Build = fn(&mut Fbb) -> FieldParts;
    let cases: Vec<(&str, Build)> = vec![
        ("FixedSizeBinary.byteWidth: -1 is negative", |fbb| {
            table!(fbb, FixedSizeBinary, FixedSizeBinaryArgs { byteWidth: -1 })
        }),
        ("Int.bitWidth: found 7, expected 8, 16, 32 or 64", |fbb| {
            table!(fbb, Int, IntArgs { bitWidth: 7, is_signed: true })
        }),
        ("Decimal.bitWidth: found 96", |fbb| {
            table!(fbb, Decimal, DecimalArgs { precision: 3, scale: 1, bitWidth: 96 })
        }),
        ("Decimal.precision: found 39, expected 1 to 38", |fbb| {
            table!(fbb, Decimal, DecimalArgs { precision: 39, scale: 1, bitWidth: 128 })
        }),
        ("Decimal.precision: found 0", |fbb| {
            table!(fbb, Decimal, DecimalArgs { precision: 0, scale: 0, bitWidth: 32 })
        }),
        ("Decimal.scale: found 300", |fbb| {
            table!(fbb, Decimal, DecimalArgs { precision: 5, scale: 300, bitWidth: 256 })
        }),
        ("FloatingPoint.precision: 9 is none", |fbb| {
            table!(fbb, FloatingPoint, FloatingPointArgs { precision: arrow_ipc::Precision(9) })
        }),
        ("Date.unit: -2 is none", |fbb| {
            table!(fbb, Date, DateArgs { unit: arrow_ipc::DateUnit(-2) })
        }),
        ("Time.bitWidth: 64 bits do not go with the unit Second", |fbb| {
            table!(fbb, Time, TimeArgs { unit: arrow_ipc::TimeUnit::SECOND, bitWidth: 64 })
        }),
        ("Timestamp.unit: 4 is none", |fbb| {
            table!(fbb, Timestamp, TimestampArgs { unit: arrow_ipc::TimeUnit(4) })
        }),
        ("Timestamp.timezone: 300 bytes", |fbb| {
            let zone = fbb.create_string(&"z".repeat(300));
            table!(fbb, Timestamp, TimestampArgs { timezone: Some(zone) })
        }),
        ("Duration.unit: 77 is none", |fbb| {
            table!(fbb, Duration, DurationArgs { unit: arrow_ipc::TimeUnit(77) })
        }),
        ("Interval.unit: 3 is none", |fbb| {
            table!(fbb, Interval, IntervalArgs { unit: arrow_ipc::IntervalUnit(3) })
        }),
        ("Field.type: the field has no type", |_| FieldParts::default()),
        ("Field.type: type number 99 is not supported", |fbb| FieldParts {
            kind: Type(99),
            ..table!(fbb, Null, NullArgs {})
        }),
    ];
    for (expected, build) in cases {
        says(field_error(build), expected);
    }
}

#[test]
fn children_of_types() {
    says(
        field_error(|fbb| table!(fbb, List, ListArgs {})),
        "Field.children: List has 0 children, expected 1",
    );
    says(
        field_error(|fbb| {
            let children = vec![int(fbb, true)];
            FieldParts {
                children,
                ..table!(fbb, FixedSizeList, FixedSizeListArgs { listSize: -5 })
            }
        }),
        "FixedSizeList.listSize: -5 is negative",
    );
    says(
        field_error(|fbb| {
            let children = vec![int(fbb, true)];
            FieldParts { children, ..table!(fbb, RunEndEncoded, RunEndEncodedArgs {}) }
        }),
        "RunEndEncoded: 1 children, expected 2",
    );
    says(
        field_error(|fbb| {
            let float = table!(fbb, FloatingPoint, FloatingPointArgs {});
            let children = vec![field_table(fbb, float), int(fbb, true)];
            FieldParts { children, ..table!(fbb, RunEndEncoded, RunEndEncodedArgs {}) }
        }),
        "run ends are Float16, expected Int16, Int32 or Int64",
    );
}

#[test]
fn entries_of_maps() {
    let map = |keys: usize, key_nullable: bool, entries_nullable: bool| {
        field_error(|fbb| {
            let children = (0..keys).map(|_| int(fbb, key_nullable)).collect();
            let pair = table!(fbb, Struct_, Struct_Args {});
            let pair = FieldParts { children, nullable: entries_nullable, ..pair };
            let children = vec![field_table(fbb, pair)];
            FieldParts { children, ..table!(fbb, Map, MapArgs { keysSorted: false }) }
        })
    };
    says(map(3, false, false), "Map: entries have 3 fields, expected key and value");
    says(map(2, true, false), "Map: entries and keys must not be nullable");
    says(map(2, false, true), "Map: entries and keys must not be nullable");
    let flat = field_error(|fbb| {
        let children = vec![int(fbb, false)];
        FieldParts { children, ..table!(fbb, Map, MapArgs { keysSorted: false }) }
    });
    says(flat, "Map: entries are Int32, expected a struct");
}

#[test]
fn ids_of_unions() {
    let union = |mode: i16, ids: &[i32]| {
        field_error(|fbb| {
            let children = vec![int(fbb, true), int(fbb, true)];
            let ids = Some(fbb.create_vector(ids));
            let mode = UnionMode(mode);
            FieldParts { children, ..table!(fbb, Union, UnionArgs { mode: mode, typeIds: ids }) }
        })
    };
    says(union(2, &[0, 1]), "Union.mode: 2 is none of the known values");
    says(union(0, &[0]), "Union.typeIds: 1 ids for 2 children");
    says(union(0, &[0, 128]), "Union.typeIds: found 128, expected 0 to 127");
    says(union(1, &[0, -1]), "Union.typeIds: found -1, expected 0 to 127");
    says(union(1, &[5, 5]), "duplicate type id: 5");
    let empty = field_error(|fbb| table!(fbb, Union, UnionArgs {}));
    says(empty, "Field.children: a union without children is not supported");
}

#[test]
fn dictionaries_of_schemas() {
    let encoding = |fbb: &mut Fbb, width: i32, kind: i16| {
        let args = arrow_ipc::IntArgs { bitWidth: width, is_signed: true };
        let index = arrow_ipc::Int::create(fbb, &args);
        let args = arrow_ipc::DictionaryEncodingArgs {
            id: 4,
            indexType: Some(index),
            dictionaryKind: arrow_ipc::DictionaryKind(kind),
            ..Default::default()
        };
        Some(arrow_ipc::DictionaryEncoding::create(fbb, &args))
    };
    let encoded = |width: i32, kind: i16| {
        field_error(|fbb| {
            let dictionary = encoding(fbb, width, kind);
            FieldParts { dictionary, ..table!(fbb, Utf8, Utf8Args {}) }
        })
    };
    says(encoded(9, 0), "Int.bitWidth: found 9");
    says(encoded(8, 3), "Field.dictionary: dictionary kind number 3 is not supported");
    let header = message(MetadataVersion::V5, 0, |fbb| {
        let fields =
            [table!(fbb, Utf8, Utf8Args {}), table!(fbb, Binary, BinaryArgs {})].map(|parts| {
                let dictionary = encoding(fbb, 8, 0);
                field_table(fbb, FieldParts { dictionary, ..parts })
            });
        schema_header(fbb, &fields, Endianness::Little)
    });
    let error = decode_schema(&header, &Limits::default()).unwrap_err();
    says(error, "dictionary 4 is declared with two different value types");
}

#[test]
fn schemas_beyond_limits() {
    let deep = |depth: usize| {
        message(MetadataVersion::V5, 0, |fbb| {
            let mut field = int(fbb, true);
            for _ in 1..depth {
                let list = table!(fbb, List, ListArgs {});
                field = field_table(fbb, FieldParts { children: vec![field], ..list });
            }
            schema_header(fbb, &[field], Endianness::Little)
        })
    };
    let limits = Limits::default();
    assert_eq!(limits.nesting_depth_max, 64);
    decode_schema(&deep(64), &limits).unwrap();
    for depth in [65, 70, 5000] {
        let error = decode_schema(&deep(depth), &limits).unwrap_err();
        assert!(error.is_limit());
        says(error, "Schema.fields (nesting depth) is 65, above the limit of 64");
    }
    // However high the limit, the stack is safe.
    let error = decode_schema(&deep(5000), &limits.clone().with_nesting_depth_max(1 << 40));
    assert!(error.unwrap_err().is_limit());

    let wide = message(MetadataVersion::V5, 0, |fbb| {
        let field = int(fbb, true);
        schema_header(fbb, &vec![field; 1001], Endianness::Little)
    });
    decode_schema(&wide, &limits).unwrap();
    let error = decode_schema(&wide, &limits.with_fields_max(1000)).unwrap_err();
    says(&error, "Schema.fields is 1001, above the limit of 1000");
    assert!(error.is_limit());
}

#[test]
fn a_schema_that_repeats_itself_exponentially() {
    // Each struct names the one before it ten times: 10^12 fields in a few kilobytes.
    let header = message(MetadataVersion::V5, 0, |fbb| {
        let mut field = int(fbb, true);
        for _ in 0..12 {
            let parts = table!(fbb, Struct_, Struct_Args {});
            field = field_table(fbb, FieldParts { children: vec![field; 10], ..parts });
        }
        schema_header(fbb, &[field], Endianness::Little)
    });
    assert!(header.len() < 4096);
    says(decode_schema(&header, &Limits::default()).unwrap_err(), "repeats its parts");
}

#[test]
fn envelopes() {
    let limits = Limits::default();
    let schema = |version, endianness| {
        let header = message(version, 0, |fbb| schema_header(fbb, &[], endianness));
        decode_schema(&header, &limits)
    };
    assert_eq!(schema(MetadataVersion::V4, Endianness::Little).unwrap(), Schema::empty());
    let old = schema(MetadataVersion::V3, Endianness::Little).unwrap_err();
    says(old, "metadata version V3 (older than V4) is not supported");
    let new = schema(MetadataVersion(7), Endianness::Little).unwrap_err();
    says(new, "unknown metadata version number 7 is not supported");
    let big = schema(MetadataVersion::V5, Endianness::Big).unwrap_err();
    says(big, "big-endian data is not supported");
    let odd = schema(MetadataVersion::V5, Endianness(5)).unwrap_err();
    says(odd, "Schema.endianness: 5 is neither little (0) nor big (1)");

    says(decode_schema(&[], &limits).unwrap_err(), "not a valid flatbuffer");
    let data = Batch::default().build(0);
    says(decode_schema(&data, &limits).unwrap_err(), "expected a schema, found data");

    let negative =
        message(MetadataVersion::V5, -1, |fbb| schema_header(fbb, &[], Endianness::Little));
    says(decode_schema(&negative, &limits).unwrap_err(), "Message.bodyLength: -1 is no length");
}

#[test]
fn message_types_other_than_data() {
    let mut decoder = BatchDecoder::new(&Limits::default());
    let unknown = message(MetadataVersion::V5, 0, |fbb| {
        let (_, header) = schema_header(fbb, &[], Endianness::Little);
        (MessageHeader(9), header)
    });
    let error = decoder.push(&unknown, &Buffer::default()).unwrap_err();
    says(error, "Message.header: message type number 9 is not supported");
    let tensor = message(MetadataVersion::V5, 0, |fbb| {
        let table = table!(fbb, Int, IntArgs { bitWidth: 8, is_signed: true }).table;
        let shape = fbb.create_vector::<WIPOffset<arrow_ipc::TensorDim<'_>>>(&[]);
        let args = arrow_ipc::TensorArgs {
            type_type: Type::Int,
            type_: table,
            shape: Some(shape),
            data: Some(&Place::new(0, 0)),
            ..Default::default()
        };
        (MessageHeader::Tensor, arrow_ipc::Tensor::create(fbb, &args).as_union_value())
    });
    let error = decoder.push(&tensor, &Buffer::default()).unwrap_err();
    says(error, "Message.header: a Tensor message is not supported");
}

#[test]
fn encapsulated_schemas_cut_short() {
    let limits = Limits::default();
    let stream = write(&batch_of(columns()).schema(), &[], IpcWriteOptions::default());
    let len = u32::from_le_bytes(stream[4..8].try_into().unwrap()) as usize + 8;
    for end in 0..len {
        let error = decode_encapsulated_schema(&stream[..end], &limits).unwrap_err();
        assert!(matches!(error, DecodeError::Truncated { .. }), "{end}: {error}");
    }
    decode_encapsulated_schema(&stream[..len], &limits).unwrap();
    let end_of_stream = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    says(decode_encapsulated_schema(&end_of_stream, &limits).unwrap_err(), "the length is 0");
    let negative = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x80];
    says(decode_encapsulated_schema(&negative, &limits).unwrap_err(), "is no length");
}

#[test]
fn run_ends_are_never_null_whatever_the_writer_says() {
    let field = |nullable| {
        let run_ends = Field::new("run_ends", DataType::Int32, nullable);
        let values = Field::new("values", DataType::Utf8, true);
        let runs = DataType::RunEndEncoded(run_ends.into(), values.into());
        Schema::new(vec![Field::new("runs", runs, true)])
    };
    let decoded = decode_schema(&encode_schema(&field(true)), &Limits::default()).unwrap();
    assert_eq!(decoded, field(false));
    // As it was, arrays of this type would be refused.
    let array = new_null_array(decoded.field(0).data_type(), 3);
    array.to_data().validate_full().unwrap();
}
