//! `SessionOptionValue`: the value of one session option.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Embedded, Proto, Reader, Writer, push_element};

/// The value of one session option. Experimental in the specification.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum SessionOptionValue {
    /// No value: unsets the option.
    #[default]
    Unset,
    /// `string_value`.
    String(String),
    /// `bool_value`.
    Bool(bool),
    /// `int64_value`.
    Int64(i64),
    /// `double_value`.
    Double(f64),
    /// `string_list_value`.
    StringList(Vec<String>),
}

impl From<&str> for SessionOptionValue {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for SessionOptionValue {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<bool> for SessionOptionValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for SessionOptionValue {
    fn from(value: i64) -> Self {
        Self::Int64(value)
    }
}

impl From<f64> for SessionOptionValue {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<Vec<String>> for SessionOptionValue {
    fn from(values: Vec<String>) -> Self {
        Self::StringList(values)
    }
}

impl Proto for SessionOptionValue {
    /// A member of a oneof is written even when it is zero: it says which member it is.
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Unset => {}
            Self::String(value) => to.explicit_bytes(1, value.as_bytes()),
            Self::Bool(value) => to.explicit_uint64(2, u64::from(*value)),
            Self::Int64(value) => to.explicit_sfixed64(3, *value),
            Self::Double(value) => to.explicit_double(4, *value),
            Self::StringList(values) => to.nested(5, |to| {
                values.iter().for_each(|value| to.explicit_bytes(1, value.as_bytes()));
            }),
        }
    }

    /// Of a oneof the last member wins; lists that follow each other are merged.
    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this = Self::String(field.string("SessionOptionValue.string_value")?),
                2 => this = Self::Bool(field.bool("SessionOptionValue.bool_value")?),
                3 => this = Self::Int64(field.sfixed64("SessionOptionValue.int64_value")?),
                4 => this = Self::Double(field.double("SessionOptionValue.double_value")?),
                5 => {
                    let bytes = field.bytes("SessionOptionValue.string_list_value")?;
                    let mut values = match this {
                        Self::StringList(values) => values,
                        _ => Vec::new(),
                    };
                    read_string_list(bytes, &mut values)?;
                    this = Self::StringList(values);
                }
                _ => {}
            }
        }
        Ok(this)
    }
}

fn read_string_list(bytes: Bytes, values: &mut Vec<String>) -> Result<(), DecodeError> {
    let mut from = Reader::new(bytes);
    while let Some(field) = from.next()? {
        if field.number == 1 {
            let name = "StringListValue.values";
            push_element(values, name, field.string(name)?)?;
        }
    }
    Ok(())
}

/// One entry of a `map<string, V>`: a key and a value, in a message of their own.
pub(super) fn write_entry(to: &mut Writer, key: &str, value: &impl Proto) {
    to.nested(1, |to| {
        to.explicit_bytes(1, key.as_bytes());
        to.message(2, value);
    });
}

/// Reads what [`write_entry`] writes; both parts may be absent and then are their zero.
pub(super) fn read_entry<V: Proto + Default>(
    entry: Bytes,
    name: &'static str,
) -> Result<(String, V), DecodeError> {
    let (mut key, mut value) = (String::new(), Embedded::default());
    let mut from = Reader::new(entry);
    while let Some(field) = from.next()? {
        match field.number {
            1 => key = field.string(name)?,
            2 => value.push(field, name)?,
            _ => {}
        }
    }
    Ok((key, value.read()?.unwrap_or_default()))
}
