//! `FlightDescriptor`: how a caller names a flight.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer, push_element};

const TYPE_PATH: i32 = 1;
const TYPE_CMD: i32 = 2;

/// Names or describes a flight: a path, or a command that the service understands.
///
/// ```
/// use wingbeat_wire::message::FlightDescriptor;
/// let path = FlightDescriptor::path(["taxi", "trips"]);
/// assert_eq!(path, FlightDescriptor::Path(vec!["taxi".into(), "trips".into()]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum FlightDescriptor {
    /// Neither: the type was absent, `UNKNOWN` or one that the specification does not have.
    #[default]
    Unknown,
    /// `PATH`: the components of a name.
    Path(Vec<String>),
    /// `CMD`: bytes that only the service understands.
    Command(Bytes),
}

impl FlightDescriptor {
    /// A descriptor by the components of a path.
    pub fn path<I>(components: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self::Path(components.into_iter().map(Into::into).collect())
    }

    /// A descriptor by command.
    pub fn command(command: impl Into<Bytes>) -> Self {
        Self::Command(command.into())
    }
}

impl Proto for FlightDescriptor {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Unknown => {}
            Self::Path(components) => {
                to.int32(1, TYPE_PATH);
                // An empty component is a component: elements of a repeated field are explicit.
                components.iter().for_each(|part| to.explicit_bytes(3, part.as_bytes()));
            }
            Self::Command(command) => {
                to.int32(1, TYPE_CMD);
                to.bytes(2, command);
            }
        }
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let (mut r#type, mut command, mut path) = (0, Bytes::new(), Vec::new());
        while let Some(field) = from.next()? {
            match field.number {
                1 => r#type = field.int32("FlightDescriptor.type")?,
                2 => command = field.bytes("FlightDescriptor.cmd")?,
                3 => {
                    let name = "FlightDescriptor.path";
                    push_element(&mut path, name, field.string(name)?)?;
                }
                _ => {}
            }
        }
        Ok(match r#type {
            TYPE_PATH => Self::Path(path),
            TYPE_CMD => Self::Command(command),
            _ => Self::Unknown,
        })
    }
}
