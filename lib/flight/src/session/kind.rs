//! [`SessionOptionKind`]: which values an option takes.

use wingbeat_wire::message::{SessionOptionValue, SetSessionOptionError};

/// Which values a session option takes. All kinds take a string that says the same, as the
/// specification asks for: drivers hand on what stands in a connection string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionOptionKind {
    /// A string.
    String,
    /// A boolean, or `true`, `false`, `1` or `0`, in letters of any case.
    Bool,
    /// An integer, or its decimal digits.
    Int64,
    /// A number, or its decimal form; integers too.
    Double,
    /// A list of strings, or its elements between commas.
    StringList,
}

impl SessionOptionKind {
    /// The value as one of this kind; what unsets an option does so for every kind.
    ///
    /// # Errors
    /// [`SetSessionOptionError::InvalidValue`] for a value of another kind, or a string that does
    /// not say one of this.
    #[expect(clippy::cast_precision_loss, reason = "what a client writes as an integer is meant")]
    pub fn convert(
        self,
        value: SessionOptionValue,
    ) -> Result<SessionOptionValue, SetSessionOptionError> {
        use SessionOptionValue as Value;
        let converted = match (self, &value) {
            (_, Value::Unset)
            | (Self::String, Value::String(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Int64, Value::Int64(_))
            | (Self::Double, Value::Double(_))
            | (Self::StringList, Value::StringList(_)) => return Ok(value),
            (Self::Bool, Value::String(text)) => parse_bool(text).map(Value::Bool),
            (Self::Int64, Value::String(text)) => text.trim().parse().ok().map(Value::Int64),
            (Self::Double, Value::String(text)) => text.trim().parse().ok().map(Value::Double),
            (Self::Double, Value::Int64(number)) => Some(Value::Double(*number as f64)),
            (Self::StringList, Value::String(text)) => {
                Some(Value::StringList(text.split(',').map(str::to_owned).collect()))
            }
            _ => None,
        };
        converted.ok_or(SetSessionOptionError::InvalidValue)
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
