//! What gRPC puts around messages: the length prefix, status codes, and the syntax of its headers.
//!
//! The transport (HTTP/2 itself, which headers go where) is not here. See
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod base64;
mod code;
mod encoding;
mod framing;
mod message_deframer;
mod percent;
mod timeout;

pub use base64::{decode_bin, decode_bin_list, encode_bin};
pub use code::Code;
pub use encoding::MessageEncoding;
pub use framing::{PREFIX_LEN, frame};
pub use message_deframer::MessageDeframer;
pub use percent::{percent_decode, percent_encode};
pub use timeout::{encode_timeout, parse_timeout};

pub(crate) use framing::{PrefixReader, prefix};
