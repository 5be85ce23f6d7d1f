//! `Action`, `ActionType` and `Result`: what a service can do beyond moving data.

use bytes::Bytes;

use crate::DecodeError;
use crate::pb::{Proto, Reader, Writer};

/// What DoAction takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Action {
    /// Which action.
    pub r#type: String,
    /// Its parameters, in a form that the action defines.
    pub body: Bytes,
}

/// An action that a service offers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ActionType {
    /// Which action.
    pub r#type: String,
    /// What it does, for people.
    pub description: String,
}

/// One answer of DoAction; `Result` in the specification.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ActionResult {
    /// In a form that the action defines.
    pub body: Bytes,
}

impl Action {
    /// An action with its parameters.
    pub fn new(r#type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { r#type: r#type.into(), body: body.into() }
    }
}

impl ActionType {
    /// An action with what it does.
    pub fn new(r#type: impl Into<String>, description: impl Into<String>) -> Self {
        Self { r#type: r#type.into(), description: description.into() }
    }
}

impl ActionResult {
    /// A message of these bytes.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { body: body.into() }
    }
}

impl Proto for Action {
    fn write(&self, to: &mut Writer) {
        to.string(1, &self.r#type);
        to.bytes(2, &self.body);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this.r#type = field.string("Action.type")?,
                2 => this.body = field.bytes("Action.body")?,
                _ => {}
            }
        }
        Ok(this)
    }
}

impl Proto for ActionType {
    fn write(&self, to: &mut Writer) {
        to.string(1, &self.r#type);
        to.string(2, &self.description);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            match field.number {
                1 => this.r#type = field.string("ActionType.type")?,
                2 => this.description = field.string("ActionType.description")?,
                _ => {}
            }
        }
        Ok(this)
    }
}

impl Proto for ActionResult {
    fn write(&self, to: &mut Writer) {
        to.bytes(1, &self.body);
    }

    fn read(mut from: Reader) -> Result<Self, DecodeError> {
        let mut this = Self::default();
        while let Some(field) = from.next()? {
            if field.number == 1 {
                this.body = field.bytes("Result.body")?;
            }
        }
        Ok(this)
    }
}
