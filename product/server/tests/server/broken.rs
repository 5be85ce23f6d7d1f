//! DoPut that breaks off: nothing of it is ever seen.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use wingbeat::arrow::datatypes::Schema;
use wingbeat::{BatchStream, Client, Code, Error};

use crate::logs;
use crate::support::{
    PATIENCE, TestServer, eventually, list, path, put, read, rows, with, write_file,
};

/// A server with a flight `kept`, and the files it then has.
async fn with_kept() -> (TestServer, Client, Vec<String>) {
    logs::catch();
    let server = TestServer::start().await;
    let client = server.client();
    put(&client, path("kept"), &[rows(0, 3)]).await.unwrap();
    let files = server.files();
    (server, client, files)
}

/// Nothing is left of the uploads, and `kept` is as it was.
async fn nothing_left(server: &TestServer, client: &Client, files: &[String]) {
    eventually("nothing is staged", || server.files() == files).await;
    assert_eq!(list(client, "").await.unwrap(), ["kept"]);
    assert_eq!(read(client, path("kept")).await.unwrap(), rows(0, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_dropped() {
    let (server, client, files) = with_kept().await;
    for name in ["half", "kept"] {
        let id = format!("dropped-{name}");
        let (mut sender, stream) = BatchStream::channel(rows(0, 0).schema(), 1);
        let results = with(&client, "x-request-id", &id).do_put(path(name), stream);
        sender.send(rows(70, 5)).await.unwrap();
        eventually("it is staged", || server.staged() == 1).await;
        drop(sender);
        results.finish().await.unwrap_err();
        assert_eq!(logs::call(&id).await["code"], "CANCELLED");
        nothing_left(&server, &client, &files).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_fails() {
    let (server, client, files) = with_kept().await;
    let chunks = vec![Ok(rows(70, 5)), Ok(rows(75, 5)), Err(Error::data_loss("a torn tape"))];
    let stream = BatchStream::from_stream(rows(0, 0).schema(), stream::iter(chunks));
    let error = client.do_put(path("half"), stream).finish().await.unwrap_err();
    assert!(error.message().contains("a torn tape"), "{error}");
    nothing_left(&server, &client, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_vanishes() {
    let (server, client, files) = with_kept().await;
    let address = server.address.clone();
    // A client with threads of its own, which end with its connection open.
    let gone = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    gone.spawn(async move {
        let client = Client::new(address).unwrap();
        let endless = stream::repeat_with(|| Ok::<_, Error>(rows(70, 1000))).take(1);
        let endless = endless.chain(stream::pending());
        let stream = BatchStream::from_stream(rows(0, 0).schema(), endless);
        client.do_put(path("half"), stream).finish().await
    });
    eventually("it is staged", || server.staged() == 1).await;
    gone.shutdown_background();
    nothing_left(&server, &client, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops() {
    let server = TestServer::with(|config| {
        config.stall_timeout = std::time::Duration::from_millis(300);
    })
    .await;
    let client = server.client();
    let (mut sender, stream) = BatchStream::channel(rows(0, 0).schema(), 1);
    let results = client.do_put(path("half"), stream);
    sender.send(rows(0, 5)).await.unwrap();
    let error = tokio::time::timeout(PATIENCE, results.finish()).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    assert!(error.message().contains("sent nothing for 0.3 s"), "{error}");
    assert!(error.message().contains("request id"), "{error}");
    eventually("nothing is staged", || server.files().is_empty()).await;
    // The writer learns it as well, once what carries its batches has ended.
    let refused = async {
        loop {
            if let Err(error) = sender.send(rows(5, 5)).await {
                break error;
            }
        }
    };
    let error = tokio::time::timeout(PATIENCE, refused).await.unwrap();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_the_file_cannot_hold() {
    use wingbeat::arrow::array::{ArrayRef, DictionaryArray, RecordBatch};
    use wingbeat::arrow::datatypes::Int8Type;

    let (server, client, files) = with_kept().await;
    // More values than the key type can count, over all batches.
    let words = |from: usize| {
        let values: DictionaryArray<Int8Type> = (from..from + 100)
            .map(|i| format!("w{i}"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect();
        RecordBatch::try_from_iter([("d", Arc::new(values) as ArrayRef)]).unwrap()
    };
    let arrow = with(&client, "wingbeat-format", "arrow");
    let put = put(&arrow, path("half"), &[words(0), words(100), words(200)]).await;
    match put {
        // Whether it fits is for the format; when it does not, nothing may be left of it.
        Ok(done) => {
            assert_eq!(done["rows"], 300);
            crate::support::act(&client, "drop", "half").await.unwrap();
        }
        Err(error) => assert_eq!(error.code(), Code::Unimplemented, "{error}"),
    }
    nothing_left(&server, &client, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_without_a_schema() {
    let (server, client, files) = with_kept().await;
    let error = raw::put(&server.address, stream::iter([raw::descriptor("half")])).await;
    assert_eq!(error.code(), tonic::Code::InvalidArgument, "{error}");
    assert!(error.message().contains("schema"), "{error}");
    nothing_left(&server, &client, &files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_says_nothing_at_all() {
    let server = TestServer::with(|config| {
        config.stall_timeout = std::time::Duration::from_millis(200);
    })
    .await;
    // Neither a descriptor, nor a schema after it.
    for begun in [vec![], vec![raw::descriptor("half")]] {
        let messages = stream::iter(begun).chain(stream::pending());
        let put = raw::put(&server.address, messages);
        let error = tokio::time::timeout(PATIENCE, put).await.unwrap();
        assert_eq!(error.code(), tonic::Code::DeadlineExceeded, "{error}");
        assert!(error.message().contains("sent nothing"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_of_no_columns_and_no_rows() {
    let server = TestServer::start().await;
    let client = server.client();
    let stream = BatchStream::from_batches(Arc::new(Schema::empty()), []);
    client.do_put(path("nothing"), stream).finish().await.unwrap().unwrap();
    assert_eq!(client.get_schema(path("nothing")).await.unwrap().fields().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_vanishes_while_it_is_known() {
    let server = TestServer::start().await;
    let client = server.client();
    let file = server.root().join("t.parquet");
    write_file(&file, &rows(0, 3));
    assert_eq!(list(&client, "").await.unwrap(), ["t"]);
    std::fs::remove_file(&file).unwrap();
    let error = client.get_flight_info(path("t")).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound, "{error}");
}

/// Calls that Wingbeat's client does not make.
mod raw {
    use bytes::{Buf, BufMut, Bytes};
    use futures_util::Stream;
    use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
    use tonic::transport::Channel;
    use wingbeat::{FlightDescriptor, Message};

    /// FlightData with a descriptor and nothing else.
    pub(super) fn descriptor(name: &str) -> Bytes {
        let descriptor = FlightDescriptor::path([name]).encode();
        let mut message = vec![0x0a, u8::try_from(descriptor.len()).unwrap()];
        message.extend_from_slice(&descriptor);
        message.into()
    }

    /// The status with which a DoPut of these messages ends.
    pub(super) async fn put(
        address: &str,
        messages: impl Stream<Item = Bytes> + Send + 'static,
    ) -> tonic::Status {
        let uri = address.replace("grpc://", "http://");
        let channel = Channel::from_shared(uri).unwrap().connect().await.unwrap();
        let mut client = tonic::client::Grpc::new(channel);
        client.ready().await.unwrap();
        let path = "/arrow.flight.protocol.FlightService/DoPut".parse().unwrap();
        let request = tonic::Request::new(messages);
        match client.streaming(request, path, Plain).await {
            Err(status) => status,
            Ok(answer) => answer.into_inner().message().await.unwrap_err(),
        }
    }

    /// Messages as bytes.
    #[derive(Clone, Copy)]
    struct Plain;

    impl Codec for Plain {
        type Encode = Bytes;
        type Decode = Bytes;
        type Encoder = Self;
        type Decoder = Self;

        fn encoder(&mut self) -> Self {
            *self
        }

        fn decoder(&mut self) -> Self {
            *self
        }
    }

    impl Encoder for Plain {
        type Item = Bytes;
        type Error = tonic::Status;

        fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
            to.put(item);
            Ok(())
        }
    }

    impl Decoder for Plain {
        type Item = Bytes;
        type Error = tonic::Status;

        fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
            Ok(Some(from.copy_to_bytes(from.remaining())))
        }
    }
}
