//! Constructors, conversions, and what reaches the wire.

use arrow_schema::ArrowError;
use wingbeat_net::Status;

use super::*;

#[test]
fn one_pointer_wide() {
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}

#[test]
fn every_code_has_a_constructor() {
    let made = [
        Error::cancelled("x"),
        Error::unknown("x"),
        Error::invalid_argument("x"),
        Error::deadline_exceeded("x"),
        Error::not_found("x"),
        Error::already_exists("x"),
        Error::permission_denied("x"),
        Error::resource_exhausted("x"),
        Error::failed_precondition("x"),
        Error::aborted("x"),
        Error::out_of_range("x"),
        Error::unimplemented("x"),
        Error::internal("x"),
        Error::unavailable("x"),
        Error::data_loss("x"),
        Error::unauthenticated("x"),
    ];
    for (at, error) in made.iter().enumerate() {
        assert_eq!(error.code().to_i32() as usize, at + 1);
        assert_eq!(error.to_status().message, "x");
    }
}

#[test]
fn foreign_text_stays_here() {
    let error = Error::from(std::io::Error::other("secret path"));
    assert_eq!((error.code(), error.message()), (Code::Internal, "secret path"));
    assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("secret path"));
    assert!(error.is_hidden());
    let status = error.to_status();
    assert_eq!(status.code, Code::Internal);
    assert!(!status.message.contains("secret"), "{status}");
}

#[test]
fn own_errors_survive_foreign_hands() {
    let own = Error::not_found("no goose");
    let arrow = ArrowError::ExternalError(own.clone().into());
    assert_eq!(Error::from(arrow).to_string(), "NOT_FOUND: no goose");
    let io = std::io::Error::other(ArrowError::ExternalError(own.into()));
    assert_eq!(Error::from(io).to_string(), "NOT_FOUND: no goose");
}

#[test]
fn a_source_is_shown_by_debug_only() {
    let error = Error::unavailable("no disk").with_source(std::io::Error::other("EIO"));
    assert_eq!(error.to_string(), "UNAVAILABLE: no disk");
    assert_eq!(format!("{error:?}"), "UNAVAILABLE: no disk\n  caused by: EIO");
    assert_eq!(error.to_status().message, "no disk");
}

#[test]
fn received_errors_tell_whose_fault() {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(3));
    trailers.insert("x-detail", HeaderValue::from_static("y"));
    let error = Error::from_status(Status::from_trailers(&trailers).unwrap());
    assert_eq!((error.code(), error.origin()), (Code::InvalidArgument, Origin::Caller));
    assert_eq!(error.metadata()["x-detail"], "y");
    trailers.insert("grpc-status", HeaderValue::from(13));
    let error = Error::from_status(Status::from_trailers(&trailers).unwrap());
    assert_eq!(error.origin(), Origin::Peer);
    let error = Error::from_status(Status::new(Code::DeadlineExceeded, ""));
    assert_eq!(error.origin(), Origin::Local);
    // A reset or a refusal that came from the other side, not in trailers.
    for (code, origin) in [
        (Code::Cancelled, Origin::Peer),
        (Code::Unavailable, Origin::Peer),
        (Code::Unauthenticated, Origin::Caller),
        (Code::ResourceExhausted, Origin::Local),
    ] {
        assert_eq!(Error::from_status(Status::new(code, "")).origin(), origin, "{code}");
    }
}
