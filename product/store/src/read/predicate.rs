//! One condition of a filter: column, operator, literal.

use serde::de::Error as _;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Equal.
    #[serde(rename = "==", alias = "=")]
    Eq,
    /// Not equal.
    #[serde(rename = "!=", alias = "<>")]
    NotEq,
    /// Less than.
    #[serde(rename = "<")]
    Lt,
    /// Less than or equal.
    #[serde(rename = "<=")]
    LtEq,
    /// Greater than.
    #[serde(rename = ">")]
    Gt,
    /// Greater than or equal.
    #[serde(rename = ">=")]
    GtEq,
    /// Equal to one of a list.
    #[serde(rename = "in")]
    In,
    /// Equal to none of a list.
    #[serde(rename = "not in")]
    NotIn,
    /// Null.
    #[serde(rename = "is null")]
    IsNull,
    /// Not null.
    #[serde(rename = "is not null")]
    IsNotNull,
}

impl Operator {
    /// Whether it takes no literal.
    #[must_use]
    pub fn is_unary(self) -> bool {
        matches!(self, Self::IsNull | Self::IsNotNull)
    }
}

/// A condition; in JSON `["column", ">=", literal]`, or `["column", "is null"]`.
///
/// A comparison with a null value is not met, as in SQL.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// The column's name.
    pub column: String,
    /// The comparison.
    pub operator: Operator,
    /// What is compared with: a scalar, for `in` a list, for the null tests nothing.
    pub literal: Value,
}

impl Predicate {
    /// A condition with a literal.
    pub fn new(column: impl Into<String>, operator: Operator, literal: impl Into<Value>) -> Self {
        Self { column: column.into(), operator, literal: literal.into() }
    }
}

impl Serialize for Predicate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(3))?;
        seq.serialize_element(&self.column)?;
        seq.serialize_element(&self.operator)?;
        if !self.operator.is_unary() {
            seq.serialize_element(&self.literal)?;
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Vec::<Value>::deserialize(deserializer)?;
        let mut parts = parts.into_iter();
        let (Some(Value::String(column)), Some(operator)) = (parts.next(), parts.next()) else {
            return Err(D::Error::custom("a filter is [\"column\", \"operator\", literal]"));
        };
        let operator: Operator = serde_json::from_value(operator).map_err(|_| {
            D::Error::custom(format!(
                "unknown operator in the filter on {column:?}, known are ==, !=, <, <=, >, >=, \
                 in, not in, is null, is not null"
            ))
        })?;
        let literal = parts.next();
        if operator.is_unary() == literal.is_some() || parts.next().is_some() {
            let want = if operator.is_unary() { "no" } else { "one" };
            return Err(D::Error::custom(format!("the filter on {column:?} takes {want} literal")));
        }
        Ok(Self { column, operator, literal: literal.unwrap_or(Value::Null) })
    }
}
