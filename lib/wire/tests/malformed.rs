//! Messages that are wrong in one particular way, each with the error that says so.

mod samples;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, StringArray, StringViewArray};
use arrow_buffer::Buffer;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_ipc::{
    Buffer as Place, CompressionType, Endianness, FieldNode, Message, MessageArgs, MessageHeader,
    MetadataVersion, Type, UnionMode,
};
use arrow_schema::{DataType, Field, Schema};
use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
use samples::{Parts, batch_of, columns, messages, words, write};
use wingbeat_wire::ipc::{BatchDecoder, DecodedMessage, decode_encapsulated_schema, decode_schema};
use wingbeat_wire::{DecodeError, Limits};

type Fbb = FlatBufferBuilder<'static>;
type Union = WIPOffset<UnionWIPOffset>;

/// A message with the header that `build` makes.
fn message(
    version: MetadataVersion,
    body_len: i64,
    build: impl FnOnce(&mut Fbb) -> (MessageHeader, Union),
) -> Vec<u8> {
    let mut fbb = Fbb::new();
    let (header_type, header) = build(&mut fbb);
    let args = MessageArgs {
        version,
        header_type,
        header: Some(header),
        bodyLength: body_len,
        custom_metadata: None,
    };
    let root = Message::create(&mut fbb, &args);
    fbb.finish(root, None);
    fbb.finished_data().to_vec()
}

/// A record batch by its numbers.
#[derive(Default, Clone)]
struct Batch<'a> {
    rows: i64,
    nodes: &'a [(i64, i64)],
    places: &'a [(i64, i64)],
    counts: Option<&'a [i64]>,
    codec: Option<i8>,
    dictionary: Option<(i64, bool)>,
}

impl Batch<'_> {
    fn build(&self, body_len: usize) -> Vec<u8> {
        message(MetadataVersion::V5, body_len as i64, |fbb| {
            let nodes: Vec<_> = self.nodes.iter().map(|(l, n)| FieldNode::new(*l, *n)).collect();
            let places: Vec<_> = self.places.iter().map(|(o, l)| Place::new(*o, *l)).collect();
            let nodes = fbb.create_vector(&nodes);
            let buffers = fbb.create_vector(&places);
            let counts = self.counts.map(|counts| fbb.create_vector(counts));
            let compression = self.codec.map(|codec| {
                let codec = CompressionType(codec);
                let args = arrow_ipc::BodyCompressionArgs { codec, ..Default::default() };
                arrow_ipc::BodyCompression::create(fbb, &args)
            });
            let args = arrow_ipc::RecordBatchArgs {
                length: self.rows,
                nodes: Some(nodes),
                buffers: Some(buffers),
                compression,
                variadicBufferCounts: counts,
            };
            let batch = arrow_ipc::RecordBatch::create(fbb, &args);
            let Some((id, delta)) = self.dictionary else {
                return (MessageHeader::RecordBatch, batch.as_union_value());
            };
            let args = arrow_ipc::DictionaryBatchArgs { id, data: Some(batch), isDelta: delta };
            let dictionary = arrow_ipc::DictionaryBatch::create(fbb, &args);
            (MessageHeader::DictionaryBatch, dictionary.as_union_value())
        })
    }

    /// Pushes the batch behind a schema with one column of `data_type`.
    fn push(&self, data_type: DataType, body: &[u8]) -> Result<DecodedMessage, DecodeError> {
        let mut decoder = decoder_for(data_type);
        decoder.push(&self.build(body.len()), &Buffer::from(body))
    }

    fn error(&self, data_type: DataType, body: &[u8]) -> String {
        self.push(data_type, body).unwrap_err().to_string()
    }
}

fn decoder_for(data_type: DataType) -> BatchDecoder {
    let schema = Arc::new(Schema::new(vec![Field::new("c", data_type, true)]));
    let parts = samples::take_apart(&write(&schema, &[], IpcWriteOptions::default()));
    let mut decoder = BatchDecoder::new(&Limits::default());
    decoder.push(&parts[0].header, &Buffer::default()).unwrap();
    decoder
}

/// Asserts that an error says `part`.
#[track_caller]
fn says(error: impl ToString, part: &str) {
    let error = error.to_string();
    assert!(error.contains(part), "{error:?} does not say {part:?}");
}

/// A schema of one field that `build` makes from the field's name.
fn field_error(build: impl FnOnce(&mut Fbb) -> FieldParts) -> String {
    let header = message(MetadataVersion::V5, 0, |fbb| {
        let parts = build(fbb);
        let field = field_table(fbb, parts);
        schema_header(fbb, &[field], Endianness::Little)
    });
    decode_schema(&header, &Limits::default()).unwrap_err().to_string()
}

type FieldTable = WIPOffset<arrow_ipc::Field<'static>>;

#[derive(Default)]
struct FieldParts {
    kind: Type,
    table: Option<Union>,
    children: Vec<FieldTable>,
    dictionary: Option<WIPOffset<arrow_ipc::DictionaryEncoding<'static>>>,
    nullable: bool,
}

fn field_table(fbb: &mut Fbb, parts: FieldParts) -> FieldTable {
    let name = fbb.create_string("f");
    let children = fbb.create_vector(&parts.children);
    let args = arrow_ipc::FieldArgs {
        name: Some(name),
        nullable: parts.nullable,
        type_type: parts.kind,
        type_: parts.table,
        dictionary: parts.dictionary,
        children: Some(children),
        custom_metadata: None,
    };
    arrow_ipc::Field::create(fbb, &args)
}

fn schema_header(
    fbb: &mut Fbb,
    fields: &[FieldTable],
    endianness: Endianness,
) -> (MessageHeader, Union) {
    let fields = fbb.create_vector(fields);
    let args = arrow_ipc::SchemaArgs { endianness, fields: Some(fields), ..Default::default() };
    (MessageHeader::Schema, arrow_ipc::Schema::create(fbb, &args).as_union_value())
}

macro_rules! table {
    ($fbb:expr, $kind:ident, $args:ident { $($name:ident : $value:expr),* }) => {{
        #[allow(clippy::needless_update, reason = "some tables have more fields")]
        let args = arrow_ipc::$args { $($name: $value,)* ..Default::default() };
        let table = arrow_ipc::$kind::create($fbb, &args).as_union_value();
        FieldParts { kind: Type::$kind, table: Some(table), ..Default::default() }
    }};
}

fn int(fbb: &mut Fbb, nullable: bool) -> FieldTable {
    let parts = table!(fbb, Int, IntArgs { bitWidth: 32, is_signed: true });
    field_table(fbb, FieldParts { nullable, ..parts })
}

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
fn the_order_of_messages() {
    let batches = [batch_of(vec![("w", words(&["a"], vec![0, 0]))])];
    let parts = messages(&batches, IpcWriteOptions::default());
    let push = |order: &[usize]| {
        let mut decoder = BatchDecoder::new(&Limits::default());
        order
            .iter()
            .map(|index| decoder.push(&parts[*index].header, &parts[*index].body))
            .collect::<Result<Vec<_>, _>>()
            .unwrap_err()
            .to_string()
    };
    says(push(&[2]), "Message.header: a record batch before the schema");
    says(push(&[1]), "Message.header: a dictionary before the schema");
    says(push(&[0, 2]), "a batch uses dictionary 0, which was never sent");

    let mut decoder = decoder_for(DataType::Int32);
    let error = decoder.push(&parts[1].header, &parts[1].body).unwrap_err();
    says(error, "DictionaryBatch.id: 0 is not in the schema");
    let error = decoder.push(&parts[0].header, &parts[0].body).unwrap_err();
    says(error, "a second schema that differs from the first");
}

#[test]
fn deltas_need_a_base() {
    let data_type = batch_of(vec![("w", words(&["a"], vec![0]))]).column(0).data_type().clone();
    let delta = Batch {
        rows: 1,
        nodes: &[(1, 0)],
        places: &[(0, 0), (0, 8), (8, 1)],
        dictionary: Some((0, true)),
        ..Default::default()
    };
    let mut body = vec![0; 16];
    body[4] = 1;
    let error = delta.push(data_type.clone(), &body).unwrap_err();
    says(error, "DictionaryBatch.isDelta: a delta for dictionary 0, which was never sent");
    let base = Batch { dictionary: Some((0, false)), ..delta.clone() };
    assert_eq!(base.push(data_type.clone(), &body).unwrap(), DecodedMessage::Dictionary);
    let lying = Batch { rows: 2, ..base };
    says(lying.error(data_type, &body), "dictionary 0 has 1 values, says 2");
}

#[test]
fn dictionaries_are_limited_in_total() {
    let batches: Vec<_> = (0..50)
        .map(|i| {
            let text = format!("{i:0>1000}");
            batch_of(vec![("w", words(&[&text], vec![0]))])
        })
        .collect();
    let replaced = messages(&batches, IpcWriteOptions::default());
    let limits = Limits::default().with_dictionary_bytes_max(10_000);
    let mut decoder = BatchDecoder::new(&limits);
    // Each takes the place of the one before.
    for part in &replaced {
        decoder.push(&part.header, &part.body).unwrap();
    }
    // Deltas add up.
    let delta = Batch {
        rows: 1,
        nodes: &[(1, 0)],
        places: &[(0, 0), (0, 8), (8, 1000)],
        dictionary: Some((0, true)),
        ..Default::default()
    };
    let mut body = vec![b'x'; 1008];
    body[..8].copy_from_slice(&[0, 0, 0, 0, 0xe8, 3, 0, 0]);
    let header = delta.build(body.len());
    let body = Buffer::from(&body[..]);
    let errors: Vec<_> = (0..20).filter_map(|_| decoder.push(&header, &body).err()).collect();
    assert!(errors.len() >= 10);
    assert!(errors[0].is_limit());
    says(&errors[0], "dictionaries (bytes) is ");
}

#[test]
fn numbers_of_nodes_and_buffers() {
    let fine = Batch { rows: 1, nodes: &[(1, 0)], places: &[(0, 0), (0, 4)], ..Default::default() };
    let body = [1, 0, 0, 0];
    assert!(fine.push(DataType::Int32, &body).is_ok());
    let case = |batch: Batch<'_>| batch.error(DataType::Int32, &body);
    says(case(Batch { nodes: &[], ..fine.clone() }), "RecordBatch.nodes: column 0 \"c\": fewer");
    says(case(Batch { places: &[(0, 0)], ..fine.clone() }), "buffers: column 0 \"c\": fewer");
    says(
        case(Batch { nodes: &[(1, 0), (1, 0)], ..fine.clone() }),
        "RecordBatch.nodes: 1 more than the schema has a place for",
    );
    says(
        case(Batch { places: &[(0, 0), (0, 4), (0, 4)], ..fine.clone() }),
        "RecordBatch.buffers: 1 more than the schema has a place for",
    );
    says(
        case(Batch { counts: Some(&[0]), ..fine.clone() }),
        "RecordBatch.variadicBufferCounts: 1 more than the schema has a place for",
    );
    let views = Batch { places: &[(0, 0), (0, 0)], ..fine };
    says(views.error(DataType::Utf8View, &body), "variadicBufferCounts: column 0 \"c\": fewer");
    let views = Batch { counts: Some(&[-1]), ..views };
    says(views.error(DataType::Utf8View, &body), "-1 buffers, with 0 left");
    let views = Batch { counts: Some(&[i64::MAX]), ..views };
    says(views.error(DataType::Utf8View, &body), "9223372036854775807 buffers, with 0 left");
}

#[test]
fn lengths_and_null_counts() {
    let fine = Batch { rows: 1, nodes: &[(1, 0)], places: &[(0, 1), (0, 4)], ..Default::default() };
    let case = |batch: Batch<'_>| batch.error(DataType::Int32, &[1, 0, 0, 0]);
    says(case(Batch { rows: -1, ..fine.clone() }), "RecordBatch.length: -1 is no number of rows");
    says(case(Batch { rows: 2, ..fine.clone() }), "1 rows in a batch of 2");
    says(case(Batch { nodes: &[(-4, 0)], ..fine.clone() }), "-4 is no number of rows");
    let huge = Batch { nodes: &[(i64::MAX, 0)], ..fine.clone() };
    assert!(huge.push(DataType::Int32, &[0; 4]).unwrap_err().is_limit());
    says(
        case(Batch { nodes: &[(1, -1)], ..fine.clone() }),
        "FieldNode.null_count: column 0 \"c\": -1 of 1",
    );
    says(case(Batch { nodes: &[(1, 2)], ..fine.clone() }), "2 of 1 rows");
    says(case(Batch { nodes: &[(1, 1)], ..fine.clone() }), "1 announced, 0 found");
    let absent = Batch { nodes: &[(1, 1)], places: &[(0, 0), (0, 4)], ..fine };
    says(case(absent), "RecordBatch.buffers is cut short: needs 1 bytes, has 0");
}

#[test]
fn places_outside_the_body() {
    let fine = Batch { rows: 1, nodes: &[(1, 0)], places: &[(0, 0), (0, 4)], ..Default::default() };
    let case = |places: &[(i64, i64)]| {
        Batch { places, ..fine.clone() }.error(DataType::Int32, &[1, 0, 0, 0])
    };
    says(case(&[(0, 0), (1, 4)]), "message body is cut short: needs 5 bytes, has 4");
    says(case(&[(0, 0), (i64::MAX, i64::MAX)]), "message body is cut short");
    says(case(&[(0, 0), (-8, 4)]), "offset -8 is out of range");
    says(case(&[(0, 0), (0, -4)]), "length -4 is out of range");
    says(case(&[(0, 9), (0, 4)]), "message body is cut short: needs 9 bytes, has 4");
    says(case(&[(0, 0), (0, 3)]), "RecordBatch.buffers is cut short: needs 4 bytes, has 3");
    // The message itself says how long its body is.
    let error = decoder_for(DataType::Int32).push(&fine.build(100), &Buffer::from(&[0; 99][..]));
    says(error.unwrap_err(), "message body is cut short: needs 100 bytes, has 99");
}

fn le(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

#[test]
fn offsets_and_texts() {
    let text = |offsets: &[i32], text: &[u8]| {
        let mut body = le(offsets);
        let start = body.len() as i64;
        body.extend(text);
        let rows = offsets.len() as i64 - 1;
        let batch = Batch {
            rows,
            nodes: &[(rows, 0)],
            places: &[(0, 0), (0, start), (start, text.len() as i64)],
            ..Default::default()
        };
        batch.error(DataType::Utf8, &body)
    };
    says(text(&[0, 3, 2], b"abc"), "offsets: column 0 \"c\": not rising from zero or above");
    says(text(&[-1, 2], b"abc"), "not rising from zero or above");
    says(text(&[0, 4], b"abc"), "values of variable length is cut short: needs 4 bytes, has 3");
    says(text(&[0, 2], b"\xff\xfe"), "non UTF-8 data");
    says(text(&[0, 1, 2], "ä".as_bytes()), "Split UTF-8 codepoint at offset 1");
}

#[test]
fn views_outside_their_buffers() {
    let column: ArrayRef =
        Arc::new(StringViewArray::from(vec!["a text that is longer than a view holds inline"]));
    let parts = messages(&[batch_of(vec![("v", column)])], IpcWriteOptions::default());
    let push = |change: fn(&mut [u8])| {
        let mut decoder = BatchDecoder::new(&Limits::default());
        decoder.push(&parts[0].header, &parts[0].body).unwrap();
        let mut body = parts[1].body.to_vec();
        change(&mut body);
        decoder.push(&parts[1].header, &Buffer::from(&body[..])).unwrap_err().to_string()
    };
    says(push(|body| body[8] = 1), "Invalid buffer index at 0: got index 1 but only has 1");
    says(push(|body| body[12] = 200), "Invalid buffer slice at 0");
    says(push(|body| body[4] = b'x'), "Mismatch between embedded prefix and data");
    says(push(|body| body[3] = 0x7f), "above the limit of 1073741824");
}

#[test]
fn keys_runs_and_ids_out_of_range() {
    let mut decoder = BatchDecoder::new(&Limits::default());
    let parts =
        messages(&[batch_of(vec![("w", words(&["a", "b"], vec![0, 1, 1]))])], Default::default());
    decoder.push(&parts[0].header, &parts[0].body).unwrap();
    decoder.push(&parts[1].header, &parts[1].body).unwrap();
    let mut body = parts[2].body.to_vec();
    body[1] = 2;
    let error = decoder.push(&parts[2].header, &Buffer::from(&body[..])).unwrap_err();
    says(error, "Invalid dictionary key 2 at index 1, expected 0 <= key < 2");

    let runs = DataType::RunEndEncoded(
        Arc::new(Field::new("run_ends", DataType::Int32, false)),
        Arc::new(Field::new("values", DataType::Int32, true)),
    );
    let run = |rows: i64, ends: &[i32]| {
        let count = ends.len() as i64;
        let body = le(ends);
        let batch = Batch {
            rows,
            nodes: &[(rows, 0), (count, 0), (count, 0)],
            places: &[(0, 0), (0, 4 * count), (0, 0), (0, 4 * count)],
            ..Default::default()
        };
        batch.push(runs.clone(), &body).map(drop)
    };
    assert_eq!(run(3, &[1, 5]), Ok(()));
    says(run(3, &[2, 2, 3]).unwrap_err(), "run ends that do not rise from above zero");
    says(run(3, &[-1, 3]).unwrap_err(), "run ends that do not rise from above zero");
    says(run(3, &[1, 2]).unwrap_err(), "the last run ends at 2, 3 rows announced");
    says(run(3, &[]).unwrap_err(), "the last run ends at 0, 3 rows announced");
    let endless = run(0x7fff_ffff, &[0x7fff_ffff]).unwrap_err();
    says(endless, "FieldNode.length (rows without data) is 2147483647");
}

#[test]
fn list_views_and_unions_out_of_range() {
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let view = |offset: i32, size: i32| {
        let batch = Batch {
            rows: 1,
            nodes: &[(1, 0), (2, 0)],
            places: &[(0, 0), (0, 4), (4, 4), (0, 0), (0, 8)],
            ..Default::default()
        };
        batch.push(DataType::ListView(Arc::clone(&item)), &le(&[offset, size])).map(drop)
    };
    assert_eq!(view(0, 2), Ok(()));
    says(view(1, 2).unwrap_err(), "within the bounds of the child array");
    says(view(-1, 1).unwrap_err(), "list view: column 0 \"c\": a negative offset or size");
    says(view(1, -1).unwrap_err(), "list view: column 0 \"c\": a negative offset or size");

    let fields = arrow_schema::UnionFields::try_new(
        [2, 5],
        [Field::new("a", DataType::Int32, true), Field::new("b", DataType::Int32, true)],
    )
    .unwrap();
    let union = |mode, id: u8, offset: u8, len: i64| {
        let dense = mode == arrow_schema::UnionMode::Dense;
        let mut body = vec![0; 16];
        body[0] = id;
        body[4] = offset;
        let mut places = vec![(0, 1), (4, 4), (0, 0), (8, 8), (0, 0), (8, 8)];
        if !dense {
            places.remove(1);
        }
        let nodes = [(1, 0), (len, 0), (1, 0)];
        let batch = Batch { rows: 1, nodes: &nodes, places: &places, ..Default::default() };
        batch.push(DataType::Union(fields.clone(), mode), &body).map(drop)
    };
    use arrow_schema::UnionMode::{Dense, Sparse};
    assert_eq!(union(Dense, 2, 0, 2), Ok(()));
    assert_eq!(union(Sparse, 5, 0, 1), Ok(()));
    says(union(Dense, 3, 0, 1).unwrap_err(), "must match one of the field type ids");
    says(union(Dense, 0x80, 0, 1).unwrap_err(), "must match one of the field type ids");
    says(union(Dense, 2, 1, 1).unwrap_err(), "within the length of the Array");
    says(union(Sparse, 2, 0, 2).unwrap_err(), "must be equal in length");
}

#[test]
fn children_of_another_length() {
    let pair = DataType::Struct(vec![Field::new("a", DataType::Int32, true)].into());
    let batch = Batch {
        rows: 1,
        nodes: &[(1, 0), (2, 0)],
        places: &[(0, 0), (0, 0), (0, 8)],
        ..Default::default()
    };
    says(batch.error(pair, &[0; 8]), "Incorrect array length for StructArray field \"a\"");
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let fixed = DataType::FixedSizeList(Arc::clone(&item), 3);
    says(batch.error(fixed, &[0; 8]), "items of fixed size lists is cut short: needs 3 bytes");
    let list = Batch { places: &[(0, 0), (0, 8), (0, 0), (0, 8)], ..batch };
    says(
        list.error(DataType::List(item), &le(&[0, 3])),
        "Max offset of 3 exceeds length of values 2",
    );
}

#[test]
fn a_column_that_must_not_be_null() {
    let schema = Arc::new(Schema::new(vec![Field::new("c", DataType::Int32, false)]));
    let parts = samples::take_apart(&write(&schema, &[], IpcWriteOptions::default()));
    let mut decoder = BatchDecoder::new(&Limits::default());
    decoder.push(&parts[0].header, &Buffer::default()).unwrap();
    let batch =
        Batch { rows: 1, nodes: &[(1, 1)], places: &[(0, 1), (0, 4)], ..Default::default() };
    let error = decoder.push(&batch.build(4), &Buffer::from(&[0; 4][..])).unwrap_err();
    says(error, "Column 'c' is declared as non-nullable but contains null values");
}

#[test]
fn compressed_buffers_that_lie() {
    let lz4 = CompressionType::LZ4_FRAME.0;
    let zstd = CompressionType::ZSTD.0;
    let push = |codec: i8, claim: i64, data: &[u8]| {
        let mut body = claim.to_le_bytes().to_vec();
        body.extend(data);
        let len = body.len() as i64;
        let batch = Batch {
            rows: 1,
            nodes: &[(1, 0)],
            places: &[(0, 0), (0, len)],
            codec: Some(codec),
            ..Default::default()
        };
        batch.push(DataType::Int32, &body)
    };
    assert!(push(lz4, -1, &[1, 0, 0, 0]).is_ok());
    says(push(9, -1, &[1, 0, 0, 0]).unwrap_err(), "BodyCompression.codec: codec number 9");
    for codec in [lz4, zstd] {
        let terabyte = push(codec, 1 << 40, &[0; 100]).unwrap_err();
        assert!(terabyte.is_limit());
        says(terabyte, "decompressed body (bytes) is 1099511627776, above the limit of 1073741824");
        says(push(codec, -2, &[0; 4]).unwrap_err(), "-2 is no uncompressed size");
        says(
            push(codec, 1 << 30, &[0; 100]).unwrap_err(),
            "claims 1073741824 bytes, which 100 compressed bytes never hold",
        );
        says(push(codec, 0, &[]).unwrap_err(), "RecordBatch.buffers is cut short: needs 4 bytes");
    }
    says(push(lz4, 4, &[7; 20]).unwrap_err(), "found 0x07070707, expected an LZ4 frame");
    says(push(zstd, 4, &[7; 20]).unwrap_err(), "not valid zstd data");

    let packed = zstd::encode_all(&[1_u8, 0, 0, 0, 9, 9][..], 3).unwrap();
    says(push(zstd, 7, &packed).unwrap_err(), "claims 7 bytes, holds 6");
    says(push(zstd, 4, &packed).unwrap_err(), "not valid zstd data");
    assert!(push(zstd, 6, &packed).is_ok());
    // Above the size that is believed at once, the data is read piece by piece.
    let large = zstd::encode_all(&vec![0_u8; 20 << 20][..], 3).unwrap();
    assert!(push(zstd, 20 << 20, &large).is_ok());
    says(push(zstd, (20 << 20) + 1, &large).unwrap_err(), "claims 20971521 bytes, holds 20971520");
    says(push(zstd, (20 << 20) - 1, &large).unwrap_err(), "claims 20971519 bytes, holds 20971520");

    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    std::io::Write::write_all(&mut writer, &[1, 0, 0, 0, 9, 9]).unwrap();
    let packed = writer.finish().unwrap();
    assert!(push(lz4, 6, &packed).is_ok());
    says(push(lz4, 7, &packed).unwrap_err(), "claims 7 bytes, holds 6");
    assert!(push(lz4, 5, &packed).is_err());
    says(push(lz4, 6, &packed[..packed.len() - 4]).unwrap_err(), "compressed buffer is cut short");
}

#[test]
fn every_form_of_an_lz4_frame() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    let numbers: Vec<i32> = (0..1_000_000).map(|i| (i % 991) * (i % 13) + i / 1000).collect();
    let raw = le(&numbers);
    for mode in [BlockMode::Independent, BlockMode::Linked] {
        for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB]
        {
            for checked in [false, true] {
                let info = FrameInfo::new()
                    .block_mode(mode)
                    .block_size(size)
                    .block_checksums(checked)
                    .content_checksum(checked)
                    .content_size(checked.then_some(raw.len() as u64));
                let mut writer = FrameEncoder::with_frame_info(info, Vec::new());
                std::io::Write::write_all(&mut writer, &raw).unwrap();
                let mut body = (raw.len() as i64).to_le_bytes().to_vec();
                body.extend(writer.finish().unwrap());
                let rows = numbers.len() as i64;
                let batch = Batch {
                    rows,
                    nodes: &[(rows, 0)],
                    places: &[(0, 0), (0, body.len() as i64)],
                    codec: Some(0),
                    ..Default::default()
                };
                let DecodedMessage::Batch(found) = batch.push(DataType::Int32, &body).unwrap()
                else {
                    panic!("not a batch");
                };
                assert_eq!(found.column(0).as_ref(), &Int32Array::from(numbers.clone()));
            }
        }
    }
}

#[test]
fn overlapping_buffers_are_counted() {
    // 1000 columns that all name the same megabyte are a gigabyte to validate.
    let fields: Vec<_> =
        (0..1000).map(|i| Field::new(i.to_string(), DataType::Binary, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let limits = Limits::default().with_decoded_bytes_max(100 << 20);
    let mut decoder = BatchDecoder::new(&limits);
    let parts = samples::take_apart(&write(&schema, &[], IpcWriteOptions::default()));
    decoder.push(&parts[0].header, &Buffer::default()).unwrap();
    let places: Vec<_> = (0..1000).flat_map(|_| [(0, 0), (0, 8), (0, 1 << 20)]).collect();
    let batch = Batch { rows: 1, nodes: &[(1, 0); 1000], places: &places, ..Default::default() };
    let body = vec![0; 1 << 20];
    let error = decoder.push(&batch.build(body.len()), &Buffer::from(&body[..])).unwrap_err();
    assert!(error.is_limit());
    says(error, "overlapping buffers (bytes)");
}

#[test]
fn rows_without_data_are_limited() {
    let batch = Batch { rows: 1 << 30, nodes: &[(1 << 30, 0)], ..Default::default() };
    let error = batch.push(DataType::Null, &[]).unwrap_err();
    assert!(error.is_limit());
    says(error, "FieldNode.length (rows without data) is 1073741824, above the limit of 134217728");
}

#[test]
fn samples_are_what_they_seem() {
    // The hand-written builder above and arrow-ipc's writer agree.
    let column: ArrayRef = Arc::new(StringArray::from(vec!["abc"]));
    let Parts { body, .. } = messages(
        &[batch_of(vec![("c", Arc::clone(&column))])],
        IpcWriteOptions::try_new(8, false, MetadataVersion::V5).unwrap(),
    )
    .remove(1);
    let batch = Batch {
        rows: 1,
        nodes: &[(1, 0)],
        places: &[(0, 0), (0, 8), (8, 3)],
        ..Default::default()
    };
    let DecodedMessage::Batch(found) = batch.push(DataType::Utf8, &body).unwrap() else {
        panic!("not a batch");
    };
    assert_eq!(found.column(0), &column);
}
