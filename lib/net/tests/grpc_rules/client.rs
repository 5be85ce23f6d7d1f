//! What a client sends and understands.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use h2::Reason;
use http::{HeaderMap, Response};
use wingbeat_net::{Body, CallRequest, Messages, Status};
use wingbeat_wire::grpc::{Code, frame};

use crate::support::*;
use crate::{GRPC, MESSAGE};

/// Calls a server that answers OK, and returns the request's head as the server saw it.
async fn seen_by_server(headers: HeaderMap, timeout: Option<Duration>) -> http::request::Parts {
    let seen = Arc::new(Mutex::new(None));
    let server = RawServer::start({
        let seen = seen.clone();
        move |request, mut respond| {
            *seen.lock().unwrap() = Some(request.into_parts().0);
            respond.send_response(head(200, [GRPC, ("grpc-status", "0")]), true).unwrap();
        }
    })
    .await;
    let mut request = CallRequest::new("/a.B/C", request(["x"]));
    (request.headers, request.timeout) = (headers, timeout);
    within(server.channel().call(request)).await.unwrap();
    let seen = seen.lock().unwrap().take();
    seen.unwrap()
}

#[tokio::test]
async fn client_sends_the_headers_of_grpc() {
    let seen = seen_by_server(HeaderMap::new(), None).await;
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.uri.scheme_str(), Some("http"));
    assert_eq!(seen.uri.path(), "/a.B/C");
    assert!(seen.uri.authority().unwrap().as_str().starts_with("127.0.0.1:"));
    assert_eq!(seen.headers["te"], "trailers");
    assert_eq!(seen.headers["content-type"], "application/grpc");
    assert_eq!(seen.headers["grpc-accept-encoding"], "identity,gzip,zstd");
    assert!(seen.headers["user-agent"].to_str().unwrap().starts_with("wingbeat/"));
    for absent in ["grpc-timeout", "grpc-encoding", "content-length"] {
        assert!(!seen.headers.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn client_keeps_reserved_headers_to_itself() {
    let sent = headers([
        ("connection", "close"),
        ("content-length", "7"),
        ("content-type", "text/plain"),
        ("grpc-encoding", "gzip"),
        ("grpc-timeout", "1S"),
        ("te", "gzip"),
        ("transfer-encoding", "chunked"),
        ("user-agent", "mine/1"),
        ("x-mine-bin", "AAE"),
    ]);
    let seen = seen_by_server(sent, None).await;
    assert_eq!(seen.headers["te"], "trailers");
    assert_eq!(seen.headers["content-type"], "application/grpc");
    assert_eq!(seen.headers["user-agent"], "mine/1");
    assert_eq!(seen.headers["x-mine-bin"], "AAE");
    let absent =
        ["connection", "content-length", "grpc-encoding", "grpc-timeout", "transfer-encoding"];
    for absent in absent {
        assert!(!seen.headers.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn client_sends_its_deadline() {
    let seen = seen_by_server(HeaderMap::new(), Some(Duration::from_secs(90))).await;
    let sent = seen.headers["grpc-timeout"].to_str().unwrap();
    let left = wingbeat_wire::grpc::parse_timeout(sent).unwrap();
    assert!(left <= Duration::from_secs(90) && left > Duration::from_secs(60), "{sent}");
}

#[tokio::test]
async fn client_half_closes_at_the_end_of_its_stream() {
    let server = TestServer::start(async |request| {
        let mut messages = Messages::from_request(request.into_body(), deframer());
        let (read, ended) = read_all(&mut messages).await;
        assert!(ended.is_ok());
        assert_eq!(read, ["a", "b"]);
        answer(["got both"])
    })
    .await;
    let mut messages = call_with(&server.channel(), request(["a", "b"])).await.unwrap();
    assert_eq!(read_all(&mut messages).await.0, ["got both"]);
}

#[tokio::test]
async fn client_resets_a_call_whose_source_fails() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let server = RawServer::start(move |request, respond| {
        let tell = tell.lock().unwrap().take().unwrap();
        tokio::spawn(async move {
            let mut body = request.into_body();
            let mut got = Vec::new();
            let ended = loop {
                match body.data().await {
                    Some(Ok(data)) => got.extend_from_slice(&data),
                    other => break other,
                }
            };
            tell.send((got, ended.map(|data| data.unwrap_err().reason()))).unwrap();
            drop(respond);
        });
    })
    .await;
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let failing = stream::iter([Ok(frame(Bytes::from_static(b"x")))]).chain(stream::once(async {
        released.await.ok();
        Err(Status::new(Code::DataLoss, "the disk is gone"))
    }));
    let channel = server.channel();
    let call = call_with(&channel, Body::request(failing));
    let told = async {
        release.send(()).unwrap();
        within(told).await.unwrap()
    };
    let (ended, (got, reset)) = tokio::join!(call, told);
    assert!(got.is_empty() || got == MESSAGE);
    assert_eq!(reset, Some(Some(Reason::CANCEL)), "a false end");
    let status = ended.unwrap_err();
    assert_eq!((status.code, status.message.as_str()), (Code::DataLoss, "the disk is gone"));
    assert!(!status.is_from_peer());
}

// ---- What a client understands. ----

/// A raw server that answers every call with this head, these data and these trailers.
async fn responding(
    head: Response<()>,
    data: &'static [&'static [u8]],
    trailers: Option<HeaderMap>,
) -> RawServer {
    RawServer::start(move |_, mut respond| {
        let over = data.is_empty() && trailers.is_none();
        let mut stream = respond.send_response(head.clone(), over).unwrap();
        for (at, piece) in data.iter().enumerate() {
            let last = at + 1 == data.len() && trailers.is_none();
            stream.send_data(Bytes::from_static(piece), last).unwrap();
        }
        if let Some(trailers) = &trailers {
            stream.send_trailers(trailers.clone()).unwrap();
        }
    })
    .await
}

/// The messages read and the status of a call on such a server.
async fn outcome(
    head: Response<()>,
    data: &'static [&'static [u8]],
    trailers: Option<HeaderMap>,
) -> (Vec<Bytes>, Result<(), Status>) {
    let server = responding(head, data, trailers).await;
    match call(&server.channel()).await {
        Ok(mut messages) => read_all(&mut messages).await,
        Err(status) => (Vec::new(), Err(status)),
    }
}

#[tokio::test]
async fn client_reads_status_message_and_metadata_from_trailers() {
    let trailers = headers([
        ("grpc-status", "5"),
        ("grpc-message", "no%20g%C3%A4nse%"),
        ("x-arrow-status", "2"),
        ("grpc-status-details-bin", "AAE"),
    ]);
    let (messages, ended) = outcome(head(200, [GRPC]), &[MESSAGE], Some(trailers)).await;
    assert_eq!(messages, ["x"], "what came before the error is read first");
    let status = ended.unwrap_err();
    assert_eq!((status.code, status.message.as_str()), (Code::NotFound, "no gänse%"));
    assert_eq!(status.metadata["x-arrow-status"], "2");
    assert_eq!(status.metadata["grpc-status-details-bin"], "AAE");
    assert!(status.is_from_peer());
}

#[tokio::test]
async fn client_reads_messages_in_any_pieces() {
    let trailers = headers([("grpc-status", "0")]);
    let pieces: &[&[u8]] = &[b"\0\0", b"", b"\0\0\x01", b"x\0\0\0\0\0\0\0\0\0\x02y", b"z"];
    let (messages, ended) = outcome(head(200, [GRPC]), pieces, Some(trailers)).await;
    assert!(ended.is_ok());
    assert_eq!(messages, ["x", "", "yz"]);
}

#[tokio::test]
async fn client_takes_a_trailers_only_error_from_the_headers() {
    let only = head(200, [GRPC, ("grpc-status", "7"), ("grpc-message", "no"), ("x-why", "y")]);
    let server = responding(only, &[], None).await;
    let status = call(&server.channel()).await.unwrap_err();
    assert_eq!((status.code, status.message.as_str()), (Code::PermissionDenied, "no"));
    assert_eq!(status.metadata["x-why"], "y");
    assert!(status.is_from_peer());
}

#[tokio::test]
async fn client_takes_a_trailers_only_ok() {
    let (messages, ended) = outcome(head(200, [GRPC, ("grpc-status", "0")]), &[], None).await;
    assert!(messages.is_empty() && ended.is_ok(), "{ended:?}");
}

#[tokio::test]
async fn client_makes_a_missing_status_unknown() {
    for trailers in [None, Some(headers([("x-other", "1")]))] {
        let (messages, ended) = outcome(head(200, [GRPC]), &[MESSAGE], trailers).await;
        assert_eq!(messages, ["x"]);
        let status = ended.unwrap_err();
        assert_eq!(status.code, Code::Unknown);
        assert!(status.message.contains("without a grpc-status"), "{status}");
    }
}

#[tokio::test]
async fn client_maps_http_statuses() {
    let table = [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (500, Code::Unknown),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
    ];
    for (http, code) in table {
        for response in [head(http, []), head(http, [("content-type", "text/html")])] {
            let status = outcome(response, &[b"<html>"], None).await.1.unwrap_err();
            assert_eq!(status.code, code, "HTTP {http}");
            assert!(status.message.contains(&http.to_string()), "{status}");
        }
        let status = outcome(head(http, [GRPC]), &[], None).await.1.unwrap_err();
        assert_eq!(status.code, code, "HTTP {http} of gRPC without a status");
    }
}

#[tokio::test]
async fn client_prefers_a_grpc_status_to_the_http_status() {
    let both = head(503, [GRPC, ("grpc-status", "16")]);
    let status = outcome(both, &[], None).await.1.unwrap_err();
    assert_eq!(status.code, Code::Unauthenticated);
}

#[tokio::test]
async fn client_refuses_a_foreign_content_type() {
    for found in ["text/html", "application/json", "application/grpc-web"] {
        let foreign = head(200, [("content-type", found), ("grpc-status", "0")]);
        let status = outcome(foreign, &[MESSAGE], None).await.1.unwrap_err();
        assert_eq!(status.code, Code::Unknown, "{found}");
        assert!(status.message.contains(found), "{status}");
    }
}

#[tokio::test]
async fn client_takes_every_content_type_of_grpc() {
    for found in ["application/grpc+proto", "application/grpc; charset=utf-8", "Application/GRPC"] {
        let trailers = headers([("grpc-status", "0")]);
        let response = head(200, [("content-type", found)]);
        let (messages, ended) = outcome(response, &[MESSAGE], Some(trailers)).await;
        assert!(ended.is_ok() && messages == ["x"], "{found}: {ended:?}");
    }
}

const RESETS: [(Reason, Code); 13] = [
    (Reason::NO_ERROR, Code::Internal),
    (Reason::PROTOCOL_ERROR, Code::Internal),
    (Reason::INTERNAL_ERROR, Code::Internal),
    (Reason::FLOW_CONTROL_ERROR, Code::Internal),
    (Reason::SETTINGS_TIMEOUT, Code::Internal),
    (Reason::FRAME_SIZE_ERROR, Code::Internal),
    (Reason::REFUSED_STREAM, Code::Unavailable),
    (Reason::CANCEL, Code::Cancelled),
    (Reason::COMPRESSION_ERROR, Code::Internal),
    (Reason::CONNECT_ERROR, Code::Internal),
    (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
    (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
    (Reason::HTTP_1_1_REQUIRED, Code::Unknown),
];

#[tokio::test]
async fn client_maps_resets_before_the_response() {
    for (reason, code) in RESETS {
        let server = RawServer::start(move |_, mut respond| respond.send_reset(reason)).await;
        let status = call(&server.channel()).await.unwrap_err();
        assert_eq!(status.code, code, "{reason:?}: {status}");
        assert!(status.message.contains(&server.address.to_string()), "{status}");
    }
}

#[tokio::test]
async fn client_maps_resets_within_the_response() {
    for (reason, code) in RESETS {
        if reason == Reason::NO_ERROR {
            continue;
        }
        let server = RawServer::start(move |mut request, mut respond| {
            let mut stream = respond.send_response(head(200, [GRPC]), false).unwrap();
            stream.send_data(Bytes::from_static(MESSAGE), false).unwrap();
            tokio::spawn(async move {
                // The reset would overtake the message: the client asks for it.
                while let Some(Ok(_)) = request.body_mut().data().await {}
                stream.send_reset(reason);
            });
        })
        .await;
        let (half_close, half_closed) = tokio::sync::oneshot::channel::<()>();
        let open = stream::once(async {
            half_closed.await.ok();
            Ok(frame(Bytes::new()))
        });
        let mut messages = call_with(&server.channel(), Body::request(open)).await.unwrap();
        assert_eq!(within(messages.next()).await.unwrap().unwrap(), "x");
        half_close.send(()).unwrap();
        let status = within(messages.next()).await.unwrap_err();
        assert_eq!(status.code, code, "{reason:?}: {status}");
        assert_eq!(within(messages.next()).await.unwrap_err().code, code, "and again");
    }
}

#[tokio::test]
async fn client_makes_a_lost_connection_unavailable() {
    let server = RawServer::start_with(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut body = respond.send_response(head(200, [GRPC]), false).unwrap();
        body.send_data(Bytes::from_static(MESSAGE), false).unwrap();
        // Moves the bytes until the next call arrives, then drops the connection.
        connection.accept().await;
    })
    .await;
    let channel = server.channel();
    let mut messages = call(&channel).await.unwrap();
    assert_eq!(within(messages.next()).await.unwrap().unwrap(), "x");
    let second = call(&channel).await.unwrap_err();
    let first = within(messages.next()).await.unwrap_err();
    for status in [first, second] {
        assert_eq!(status.code, Code::Unavailable);
        assert!(status.message.contains("is lost"), "{status}");
        assert!(!status.is_from_peer());
    }
}

#[tokio::test]
async fn client_makes_a_goaway_unavailable() {
    let server = RawServer::start_with(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let _call = connection.accept().await.unwrap().unwrap();
        connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
        std::future::poll_fn(|cx| connection.poll_closed(cx)).await.ok();
    })
    .await;
    let status = call(&server.channel()).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable);
    assert!(status.message.contains("is lost"), "{status}");
    assert!(status.message.contains("excessive load"), "the reason of the GOAWAY: {status}");
}

#[tokio::test]
async fn client_refuses_messages_compressed_in_ways_that_it_did_not_offer() {
    let ok = || Some(headers([("grpc-status", "0")]));
    let flagged: &[&[u8]] = &[b"\x01\0\0\0\x01x"];
    let status = outcome(head(200, [GRPC]), flagged, ok()).await.1.unwrap_err();
    assert_eq!(status.code, Code::Internal, "{status}");
    let snappy = head(200, [GRPC, ("grpc-encoding", "snappy")]);
    let status = outcome(snappy, flagged, ok()).await.1.unwrap_err();
    assert_eq!(status.code, Code::Internal);
    assert!(status.message.contains("snappy"), "{status}");
    let identity = head(200, [GRPC, ("grpc-encoding", "identity")]);
    assert!(outcome(identity, &[MESSAGE], ok()).await.1.is_ok());
}

#[tokio::test]
async fn client_notices_a_message_cut_short() {
    let ok = || Some(headers([("grpc-status", "0")]));
    const CUT: [&[&[u8]]; 2] = [&[b"\0\0\0"], &[b"\0\0\0\0\x02x"]];
    for pieces in CUT {
        let status = outcome(head(200, [GRPC]), pieces, ok()).await.1.unwrap_err();
        assert_eq!(status.code, Code::Internal, "{status}");
    }
}

#[tokio::test]
async fn client_refuses_a_message_above_its_limit() {
    let huge: &[&[u8]] = &[b"\0\xff\xff\xff\xffx"];
    let status = outcome(head(200, [GRPC]), huge, None).await.1.unwrap_err();
    assert_eq!(status.code, Code::ResourceExhausted, "{status}");
}

#[tokio::test]
async fn client_sees_an_early_answer_and_stops_its_upload() {
    let (dropped, mut is_dropped) = tokio::sync::mpsc::channel::<()>(1);
    // A server that answers at once, and never reads nor resets the upload.
    let held = Mutex::new(Vec::new());
    let server = RawServer::start(move |request, mut respond| {
        respond.send_response(head(200, [GRPC, ("grpc-status", "8")]), true).unwrap();
        held.lock().unwrap().push((request, respond));
    })
    .await;
    let endless = stream::repeat_with(move || {
        let _until_dropped = &dropped;
        Ok(frame(Bytes::from_static(&[0; 1024])))
    });
    let status = call_with(&server.channel(), Body::request(endless)).await.unwrap_err();
    assert_eq!(status.code, Code::ResourceExhausted);
    assert_eq!(within(is_dropped.recv()).await, None, "the source is let go");
}

#[tokio::test]
async fn client_ends_a_call_at_its_deadline() {
    let held = Arc::new(Mutex::new(Vec::new()));
    for answers in [false, true] {
        let held = held.clone();
        let server = RawServer::start(move |request, mut respond| {
            let stream = answers.then(|| respond.send_response(head(200, [GRPC]), false).unwrap());
            held.lock().unwrap().push((request, respond, stream));
        })
        .await;
        let mut request = CallRequest::new("/a.B/C", request(["x"]));
        request.timeout = Some(Duration::from_millis(50));
        let status = match within(server.channel().call(request)).await {
            Ok(response) => {
                assert!(answers);
                within(Messages::from_response(response, deframer()).next()).await.unwrap_err()
            }
            Err(status) => status,
        };
        assert_eq!(status.code, Code::DeadlineExceeded, "{status}");
        assert!(status.message.contains("50ms"), "{status}");
        assert!(!status.is_from_peer());
    }
    let mut calls = std::mem::take(&mut *held.lock().unwrap());
    for (_, respond, stream) in &mut calls {
        let reset = std::future::poll_fn(|cx| match stream {
            Some(stream) => stream.poll_reset(cx),
            None => respond.poll_reset(cx),
        });
        // The second answer's connection is gone with its channel, the first call was reset.
        let reset = within(reset).await;
        assert!(matches!(reset, Ok(Reason::CANCEL) | Err(_)), "{reset:?}");
    }
}
