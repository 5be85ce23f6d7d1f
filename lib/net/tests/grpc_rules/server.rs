//! What a server understands and sends.

use bytes::Bytes;
use futures_util::stream;
use h2::Reason;
use http::HeaderMap;
use wingbeat_net::{Body, CallRequest, Messages, Status, accept, reply};
use wingbeat_wire::grpc::{Code, frame};

use crate::support::*;
use crate::{GRPC, MESSAGE};

/// Answers what [`accept`] makes of the request; else "x" with some metadata.
async fn checked_server() -> TestServer {
    TestServer::start(async |request| {
        let (parts, body) = request.into_parts();
        let call = match accept(&parts) {
            Ok(call) => call,
            Err(response) => return *response,
        };
        assert!(call.peer.is_some());
        let (_, ended) = read_all(&mut Messages::from_request(body, deframer())).await;
        if let Err(status) = ended {
            return status.into_response();
        }
        let timeout =
            call.timeout.map_or_else(|| "none".to_owned(), |timeout| format!("{timeout:?}"));
        let initial = headers([("x-timeout", &timeout), ("x-blob-bin", "AAE")]);
        let messages = stream::iter([Ok(frame(Bytes::from_static(b"x")))]);
        reply(initial, Body::response(messages, || headers([("x-last-bin", "/w")])))
    })
    .await
}

#[tokio::test]
async fn server_answers_with_headers_messages_and_trailers() {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    let response = client.call("POST", [GRPC, ("te", "trailers")], MESSAGE).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/grpc");
    assert_eq!(response.headers()["x-blob-bin"], "AAE");
    for absent in ["content-length", "grpc-status", "grpc-encoding"] {
        assert!(!response.headers().contains_key(absent), "{absent}");
    }
    let (data, trailers) = drain(response.into_body()).await;
    assert_eq!(data, MESSAGE);
    assert_eq!(trailers.unwrap(), headers([("grpc-status", "0"), ("x-last-bin", "/w")]));
}

#[tokio::test]
async fn server_ends_a_failed_stream_with_its_status() {
    let server = TestServer::start(async |_| {
        let failing = stream::iter([
            Ok(frame(Bytes::from_static(b"x"))),
            Err(Status::new(Code::NotFound, "ä").with_metadata(headers([("x-why", "y")]))),
            Ok(frame(Bytes::from_static(b"never sent"))),
        ]);
        reply(HeaderMap::new(), Body::response(failing, || headers([("x-last", "1")])))
    })
    .await;
    let mut client = RawClient::connect(&server).await;
    let (data, trailers) = drain(client.call("POST", [GRPC], MESSAGE).await.into_body()).await;
    assert_eq!(data, MESSAGE);
    let expect =
        [("grpc-status", "5"), ("grpc-message", "%C3%A4"), ("x-why", "y"), ("x-last", "1")];
    assert_eq!(trailers.unwrap(), headers(expect));
}

/// The head of the response to a request with this method and these headers, which has no body.
async fn refusal<const N: usize>(
    method: &str,
    pairs: [(&'static str, &str); N],
) -> http::response::Parts {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    let (head, body) = client.call(method, pairs, MESSAGE).await.into_parts();
    assert!(body.is_end_stream(), "a refusal is headers alone");
    head
}

#[tokio::test]
async fn server_takes_only_post() {
    for method in ["GET", "PUT", "DELETE"] {
        let head = refusal(method, [GRPC]).await;
        assert_eq!((head.status.as_u16(), &head.headers["allow"]), (405, &"POST".parse().unwrap()));
    }
}

#[tokio::test]
async fn server_refuses_a_foreign_content_type() {
    for found in ["text/plain", "application/grpc-web", "application/grpcx", "application/json"] {
        assert_eq!(refusal("POST", [("content-type", found)]).await.status, 415, "{found}");
    }
    assert_eq!(refusal("POST", []).await.status, 415, "none at all");
}

#[tokio::test]
async fn server_takes_the_content_types_of_protobuf_only() {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    for found in ["application/grpc+proto", "application/grpc;x=y", "application/grpc+proto;x=y"] {
        let response = client.call("POST", [("content-type", found)], MESSAGE).await;
        assert_eq!(drain(response.into_body()).await.0, MESSAGE, "{found}");
    }
    let head = refusal("POST", [("content-type", "application/grpc+json")]).await;
    assert_eq!((head.status.as_u16(), &head.headers["grpc-status"]), (200, &"12".parse().unwrap()));
    assert!(head.headers["grpc-message"].to_str().unwrap().contains("json"));
}

#[tokio::test]
async fn server_refuses_an_unknown_encoding_and_names_its_own() {
    let head = refusal("POST", [GRPC, ("grpc-encoding", "snappy")]).await;
    assert_eq!((head.status.as_u16(), &head.headers["grpc-status"]), (200, &"12".parse().unwrap()));
    assert_eq!(head.headers["grpc-accept-encoding"], "identity,gzip,zstd");
    assert!(head.headers["grpc-message"].to_str().unwrap().contains("snappy"));
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    let response = client.call("POST", [GRPC, ("grpc-encoding", "identity")], MESSAGE).await;
    assert_eq!(drain(response.into_body()).await.0, MESSAGE);
}

#[tokio::test]
async fn server_refuses_a_compressed_message_without_encoding() {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    let response = client.call("POST", [GRPC], b"\x01\0\0\0\x01x").await;
    assert_eq!(response.headers()["grpc-status"], "13");
}

#[tokio::test]
async fn server_refuses_messages_that_make_no_sense() {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    let cut = client.call("POST", [GRPC], b"\0\0\0\0\x02x").await;
    assert_eq!(cut.headers()["grpc-status"], "3", "a message cut short");
    let flag = client.call("POST", [GRPC], b"\x02\0\0\0\x01x").await;
    assert_eq!(flag.headers()["grpc-status"], "3", "a compressed flag of 2");
    let huge = client.call("POST", [GRPC], b"\0\xff\xff\xff\xffx").await;
    assert_eq!(huge.headers()["grpc-status"], "8", "a claim above the limit");
}

#[tokio::test]
async fn server_reads_the_deadline() {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    for (sent, read) in [("5S", "5s"), ("250m", "250ms"), ("1H", "3600s"), ("7u", "7µs")] {
        let response = client.call("POST", [GRPC, ("grpc-timeout", sent)], MESSAGE).await;
        let read = Bytes::from(read);
        assert_eq!(response.headers()["x-timeout"].as_bytes(), read, "{sent}");
    }
    for malformed in ["5", "S", "-1S", "123456789S", "1 S", "1d"] {
        let response = client.call("POST", [GRPC, ("grpc-timeout", malformed)], MESSAGE).await;
        assert_eq!(response.headers()["grpc-status"], "3", "{malformed}");
    }
}

#[tokio::test]
async fn server_lets_a_missing_te_pass() {
    let server = checked_server().await;
    let mut client = RawClient::connect(&server).await;
    let response = client.call("POST", [GRPC], MESSAGE).await;
    assert_eq!(drain(response.into_body()).await.0, MESSAGE);
}

#[tokio::test]
async fn server_drops_the_handler_of_a_reset_call() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let server = TestServer::start(move |_| {
        let tell = tell.clone();
        async move {
            let (_alive, dropped) = tokio::sync::oneshot::channel::<()>();
            tell.send(dropped).await.unwrap();
            std::future::pending().await
        }
    })
    .await;
    let mut client = RawClient::connect(&server).await;
    let (_response, mut upload) = client.start("POST", [GRPC]).await;
    let dropped = within(told.recv()).await.unwrap();
    upload.send_reset(Reason::CANCEL);
    assert!(within(dropped).await.is_err(), "the handler's own end was dropped");
}

#[tokio::test]
async fn server_tells_a_handler_that_its_client_reset_the_upload() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let server = TestServer::start(move |request| {
        let tell = tell.clone();
        async move {
            // Streams its answer from the upload, as a DoExchange does: once the response has
            // begun, the reset arrives through the body that is read.
            let mut messages = Messages::from_request(request.into_body(), deframer());
            tokio::spawn(async move {
                let first = messages.next().await;
                let second = messages.next().await;
                tell.send((first, second)).await.unwrap();
            });
            reply(HeaderMap::new(), Body::response(stream::pending(), HeaderMap::new))
        }
    })
    .await;
    let mut client = RawClient::connect(&server).await;
    let (response, mut upload) = client.start("POST", [GRPC]).await;
    upload.send_data(Bytes::from_static(MESSAGE), false).unwrap();
    within(response).await.unwrap();
    upload.send_reset(Reason::CANCEL);
    let (first, second) = within(told.recv()).await.unwrap();
    // A reset may overtake data that was not read yet.
    assert!(first.is_err() || first.unwrap().unwrap() == "x");
    assert_eq!(second.unwrap_err().code, Code::Cancelled);
}

#[tokio::test]
async fn server_turns_a_panic_into_internal_and_goes_on() {
    let server = TestServer::start(async |request| match request.headers().get("x-panic") {
        Some(early) if early == "early" => panic!("the secret of the handler"),
        Some(_) => {
            let panics = stream::poll_fn(|_| panic!("the secret of the stream"));
            reply(HeaderMap::new(), Body::response(panics, HeaderMap::new))
        }
        None => answer(["fine"]),
    })
    .await;
    let channel = server.channel();
    let mut lasting = call(&channel).await.unwrap();
    for kind in ["early", "late"] {
        let mut request = CallRequest::new("/a.B/C", request([]));
        request.headers = headers([("x-panic", kind)]);
        let status = match within(channel.call(request)).await {
            Ok(response) => {
                read_all(&mut Messages::from_response(response, deframer())).await.1.unwrap_err()
            }
            Err(status) => status,
        };
        assert_eq!(status.code, Code::Internal);
        assert!(!status.message.contains("secret"), "{status}");
    }
    assert_eq!(read_all(&mut lasting).await.0, ["fine"]);
}
