//! gRPC status codes, and what HTTP's codes mean in them.

use std::fmt;

/// A gRPC status code (`grpc-status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// No error.
    Ok = 0,
    /// The caller gave up.
    Cancelled = 1,
    /// An error that says nothing about itself.
    Unknown = 2,
    /// The caller's arguments are wrong whatever the state of the service.
    InvalidArgument = 3,
    /// The time was up.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be created exists.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A limit was reached.
    ResourceExhausted = 8,
    /// The service is not in a state for this.
    FailedPrecondition = 9,
    /// The operation ran into another one and may be tried again as a whole.
    Aborted = 10,
    /// Beyond the valid range.
    OutOfRange = 11,
    /// The service does not do this.
    Unimplemented = 12,
    /// The service broke.
    Internal = 13,
    /// The service cannot be reached; try again.
    Unavailable = 14,
    /// Data is lost or damaged for good.
    DataLoss = 15,
    /// The caller is not known.
    Unauthenticated = 16,
}

impl Code {
    /// All codes, by number.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code of this number; numbers that gRPC does not have are [`Code::Unknown`].
    pub fn from_i32(number: i32) -> Self {
        let index = usize::try_from(number).ok();
        index.and_then(|at| Self::ALL.get(at)).copied().unwrap_or(Self::Unknown)
    }

    /// The number on the wire.
    pub const fn to_i32(self) -> i32 {
        self as i32
    }

    /// What a response without a gRPC status means by its HTTP status
    /// (gRPC's `http-grpc-status-mapping.md`, and one more: too many headers, with which a server
    /// refuses a call that could go on with fewer).
    pub const fn from_http_status(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            431 => Self::ResourceExhausted,
            _ => Self::Unknown,
        }
    }

    /// What the error code of an HTTP/2 `RST_STREAM` means (PROTOCOL-HTTP2.md, "Errors").
    pub const fn from_h2_reason(reason: u32) -> Self {
        match reason {
            // REFUSED_STREAM: nothing was processed, it is safe to try again.
            0x7 => Self::Unavailable,
            // CANCEL
            0x8 => Self::Cancelled,
            // ENHANCE_YOUR_CALM
            0xb => Self::ResourceExhausted,
            // INADEQUATE_SECURITY
            0xc => Self::PermissionDenied,
            // NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT,
            // FRAME_SIZE_ERROR, COMPRESSION_ERROR, CONNECT_ERROR
            0x0..=0x4 | 0x6 | 0x9 | 0xa => Self::Internal,
            // STREAM_CLOSED has no mapping, as the stream is gone; HTTP_1_1_REQUIRED and codes
            // to come have none either.
            _ => Self::Unknown,
        }
    }

    /// The name in the specification, such as `NOT_FOUND`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for (number, code) in (0..).zip(Code::ALL) {
            assert_eq!((code.to_i32(), Code::from_i32(number)), (number, code));
        }
        assert_eq!([-1, 17, i32::MAX].map(Code::from_i32), [Code::Unknown; 3]);
        assert_eq!(
            (Code::NotFound.name(), Code::from_i32(16).name()),
            ("NOT_FOUND", "UNAUTHENTICATED")
        );
        assert_eq!(format!("{:>4}", Code::Ok), "  OK");
    }

    #[test]
    fn http_statuses() {
        let cases = [
            (200, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (431, Code::ResourceExhausted),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
        ];
        for (status, code) in cases {
            assert_eq!(Code::from_http_status(status), code, "{status}");
        }
    }

    #[test]
    fn h2_reasons() {
        let reset = |reasons: &[u32], code| {
            reasons.iter().for_each(|&r| assert_eq!(Code::from_h2_reason(r), code, "{r}"));
        };
        reset(&[0, 1, 2, 3, 4, 6, 9, 10], Code::Internal);
        reset(&[7], Code::Unavailable);
        reset(&[8], Code::Cancelled);
        reset(&[11], Code::ResourceExhausted);
        reset(&[12], Code::PermissionDenied);
        reset(&[5, 13, 999], Code::Unknown);
    }
}
