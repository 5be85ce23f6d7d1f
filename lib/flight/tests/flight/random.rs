//! Random schemas and batches through DoGet, DoPut and DoExchange, over a real socket.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use wingbeat::arrow::array::RecordBatch;
use wingbeat::arrow::datatypes::SchemaRef;
use wingbeat::{
    BatchStream, CallContext, ClientOptions, Compression, EncodeOptions, Exchange,
    FlightDescriptor, FlightService, MessageSize, Result, Ticket, Upload,
};
use wingbeat_testkit::{batch, types};

use crate::support::{Served, soon, tcp};

/// Keeps the last upload and hands it out; echoes exchanges.
#[derive(Default)]
struct Keeper(Mutex<Option<(SchemaRef, Vec<RecordBatch>)>>);

impl FlightService for Keeper {
    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let schema = upload.schema().await?;
        let mut batches = Vec::new();
        while let Some(batch) = upload.next_batch().await? {
            batches.push(batch);
        }
        *self.0.lock().unwrap() = Some((schema, batches));
        Ok(())
    }

    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        let (schema, batches) = self.0.lock().unwrap().clone().unwrap();
        Ok(BatchStream::from_batches(schema, batches))
    }

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

/// The rows of `sent` and `back` are the same, whatever the borders of their batches.
fn assert_same_rows(sent: &[RecordBatch], back: &[RecordBatch]) {
    let mut back = back.iter().filter(|batch| batch.num_rows() > 0);
    for sent in sent {
        let mut row = 0;
        while row < sent.num_rows() {
            let piece = back.next().expect("more rows were sent");
            assert!(row + piece.num_rows() <= sent.num_rows());
            let expected = sent.slice(row, piece.num_rows());
            for (found, expected) in piece.columns().iter().zip(expected.columns()) {
                assert_eq!(found, expected, "from row {row}");
            }
            row += piece.num_rows();
        }
    }
    assert!(back.next().is_none(), "fewer rows were sent");
}

async fn round_trip(served: &Served, batches: Vec<RecordBatch>, options: EncodeOptions) {
    let schema = batches[0].schema();
    let client = served.client.clone();
    let client = client.with_options(ClientOptions::default().with_encode(options));
    let path = FlightDescriptor::path(["random"]);

    let upload = BatchStream::from_batches(schema.clone(), batches.clone());
    soon(client.do_put(path.clone(), upload).finish()).await.unwrap();
    let stream = soon(client.do_get(Ticket::new("random"))).await.unwrap();
    assert_eq!(stream.schema(), &schema);
    assert_same_rows(&batches, &soon(stream.collect_batches()).await.unwrap());

    let (mut sender, mut receiver) = client.do_exchange(path).split();
    sender.start(schema).await.unwrap();
    let sending = async {
        for batch in &batches {
            sender.send(batch.clone()).await.unwrap();
        }
        sender.finish();
    };
    let receiving = async {
        let mut back = Vec::new();
        while let Some(batch) = receiver.next_batch().await.unwrap() {
            back.push(batch);
        }
        back
    };
    let ((), back) = soon(async { tokio::join!(sending, receiving) }).await;
    assert_same_rows(&batches, &back);
}

fn options() -> impl Strategy<Value = EncodeOptions> {
    let max = prop_oneof![
        Just(MessageSize::Whole),
        Just(MessageSize::AsPeerTakes),
        (500usize..6000).prop_map(MessageSize::AtMost)
    ];
    let compression = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Compression::Lz4Frame)),
        1 => Just(Some(Compression::Zstd { level: 1 })),
    ];
    (max, compression, any::<bool>()).prop_map(|(max, compression, deltas)| {
        EncodeOptions::default()
            .with_message_size(max)
            .with_compression(compression)
            .with_dictionary_deltas(deltas)
    })
}

#[test]
fn any_schema_survives_a_socket() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(tcp(Arc::new(Keeper::default())));
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() };
    let rows = prop::collection::vec(0usize..500, 1..4);
    let cases = (types::any_schema(), rows, any::<u64>(), options());
    let result = TestRunner::new(config).run(&cases, |(schema, rows, seed, options)| {
        let schema = Arc::new(schema);
        let batches =
            rows.iter().zip(seed..).map(|(rows, seed)| batch(&schema, *rows, seed)).collect();
        runtime.block_on(round_trip(&served, batches, options));
        Ok(())
    });
    result.unwrap();
}
