//! One column of each kind, there and back through a socket.

use std::collections::HashMap;
use std::sync::Arc;

use wingbeat::arrow::array::*;
use wingbeat::arrow::buffer::{OffsetBuffer, ScalarBuffer};
use wingbeat::arrow::datatypes::*;
use wingbeat::{
    CallContext, Compression, EncodeOptions, Exchange, FlightDescriptor, FlightService, Result,
};
use wingbeat::{ClientOptions, FlightStreamChunk};

use crate::support::{soon, tcp};

struct Echo;

impl FlightService for Echo {
    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let (mut sender, mut receiver) = exchange.split();
        if let Some(schema) = receiver.schema().await? {
            sender.start(schema).await?;
        }
        while let Some(chunk) = receiver.next().await? {
            sender.send(chunk).await?;
        }
        Ok(())
    }
}

fn flat() -> Vec<ArrayRef> {
    vec![
        Arc::new(Int8Array::from(vec![Some(-1), None, Some(3)])),
        Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0)])),
        Arc::new(Float16Array::from(vec![None, Some(Default::default()), None])),
        Arc::new(Float64Array::from(vec![Some(f64::MIN), None, Some(0.5)])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(Decimal32Array::from(vec![1, -2, 3]).with_precision_and_scale(5, 2).unwrap()),
        Arc::new(Decimal64Array::from(vec![1, -2, 3]).with_precision_and_scale(15, 2).unwrap()),
        Arc::new(Decimal128Array::from(vec![1, -2, 3]).with_precision_and_scale(30, 2).unwrap()),
        Arc::new(
            Decimal256Array::from_iter_values([1, -2, 3].map(i256::from))
                .with_precision_and_scale(70, 2)
                .unwrap(),
        ),
        Arc::new(Date32Array::from(vec![Some(1), None, Some(-1)])),
        Arc::new(Date64Array::from(vec![0, 86_400_000, -86_400_000])),
        Arc::new(Time32SecondArray::from(vec![1, 2, 3])),
        Arc::new(Time64NanosecondArray::from(vec![1, 2, 3])),
        Arc::new(TimestampMicrosecondArray::from(vec![1, 2, 3]).with_timezone("Europe/Oslo")),
        Arc::new(DurationMillisecondArray::from(vec![1, 2, 3])),
        Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 3); 3])),
        Arc::new(StringArray::from(vec![Some("a"), None, Some("ü")])),
        Arc::new(LargeStringArray::from(vec![Some("a"), None, Some("")])),
        Arc::new(StringViewArray::from(vec![
            Some("short"),
            None,
            Some("longer than twelve bytes"),
        ])),
        Arc::new(BinaryArray::from(vec![Some(&b"\0"[..]), None, Some(b"")])),
        Arc::new(BinaryViewArray::from(vec![
            Some(&b"\0"[..]),
            None,
            Some(b"also a long one here"),
        ])),
        Arc::new(FixedSizeBinaryArray::try_from_iter([*b"ab", *b"cd", *b"ef"].iter()).unwrap()),
        Arc::new(NullArray::new(3)),
    ]
}

fn nested() -> Vec<ArrayRef> {
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x", "y", "z"]));
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let fields: Fields =
        vec![Field::new("i", DataType::Int32, true), Field::new("t", DataType::Utf8, true)].into();
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]);
    let view = ListViewArray::new(
        item.clone(),
        ScalarBuffer::from(vec![1, 0, 0]),
        ScalarBuffer::from(vec![2, 1, 3]),
        ints.clone(),
        None,
    );
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for i in 0..3 {
        map.keys().append_value(format!("key {i}"));
        map.values().append_value(i);
        map.append(true).unwrap();
    }
    let union_fields = UnionFields::from_fields(fields.iter().cloned().collect::<Vec<_>>());
    let sparse = UnionArray::try_new(
        union_fields.clone(),
        vec![0_i8, 1, 0].into(),
        None,
        vec![ints.clone(), text.clone()],
    );
    let dense = UnionArray::try_new(
        union_fields,
        vec![1_i8, 0, 1].into(),
        Some(vec![0, 0, 2].into()),
        vec![ints.clone(), text.clone()],
    );
    let runs =
        RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1, 3]), &ints.slice(0, 2)).unwrap();
    let dictionary: DictionaryArray<Int8Type> =
        vec![Some("a"), None, Some("a")].into_iter().collect();
    let list_of_dictionary = ListArray::new(
        Arc::new(Field::new_list_field(dictionary.data_type().clone(), true)),
        OffsetBuffer::from_lengths([1, 0, 2]),
        Arc::new(dictionary.clone()),
        None,
    );
    vec![
        Arc::new(list),
        Arc::new(FixedSizeListArray::new(item, 1, ints.clone(), None)),
        Arc::new(view),
        Arc::new(StructArray::new(fields, vec![ints, text], None)),
        Arc::new(map.finish()),
        Arc::new(sparse.unwrap()),
        Arc::new(dense.unwrap()),
        Arc::new(runs),
        Arc::new(dictionary),
        Arc::new(list_of_dictionary),
    ]
}

fn batch() -> RecordBatch {
    let columns: Vec<ArrayRef> = flat().into_iter().chain(nested()).collect();
    let field = |(at, column): (usize, &ArrayRef)| {
        let field = Field::new(format!("c{at}"), column.data_type().clone(), true);
        field.with_metadata(HashMap::from([("at".to_owned(), at.to_string())]))
    };
    let fields: Vec<Field> = columns.iter().enumerate().map(field).collect();
    let metadata = HashMap::from([("who".to_owned(), "goose".to_owned())]);
    RecordBatch::try_new(Arc::new(Schema::new_with_metadata(fields, metadata)), columns).unwrap()
}

#[tokio::test]
async fn every_kind_of_column() {
    let served = tcp(Echo).await;
    for compression in [None, Some(Compression::Lz4Frame), Some(Compression::Zstd { level: 1 })] {
        let encode = EncodeOptions::default().with_compression(compression);
        let client =
            served.client.clone().with_options(ClientOptions::default().with_encode(encode));
        let (mut sender, mut receiver) =
            client.do_exchange(FlightDescriptor::path(["echo"])).split();
        let batch = batch();
        sender.start(batch.schema()).await.unwrap();
        assert_eq!(soon(receiver.schema()).await.unwrap(), Some(batch.schema()));
        for sent in [batch.clone(), batch.slice(1, 2), batch.slice(2, 0), batch.slice(0, 1)] {
            sender.send(FlightStreamChunk::from(sent.clone())).await.unwrap();
            let back = soon(receiver.next_batch()).await.unwrap().unwrap();
            assert_eq!(back.num_rows(), sent.num_rows());
            for (at, (sent, back)) in sent.columns().iter().zip(back.columns()).enumerate() {
                assert_eq!(sent.as_ref(), back.as_ref(), "column {at}, {}", sent.data_type());
            }
        }
        sender.finish();
        assert!(soon(receiver.next()).await.unwrap().is_none());
    }
}
