//! A predicate bound to a column's type, ready to be evaluated.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Scalar};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType, Field};
use serde_json::Value;

use super::float::{ordered, same_bits};
use super::literal::{cast_strictly, is_comparable, literal_array, value_type, widest};
use super::predicate::{Operator, Predicate};
use crate::error::StoreError;

/// The longest list that `in` takes.
const LIST_MAX: usize = 10_000;

/// A predicate that knows its column's type.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) column: String,
    pub(crate) operator: Operator,
    /// The type in which values are compared.
    pub(crate) compare_type: DataType,
    /// The literals, each an array of one value.
    pub(crate) literals: Vec<Scalar<ArrayRef>>,
}

impl Bound {
    /// Binds a predicate to a column.
    pub(crate) fn new(predicate: &Predicate, field: &Field) -> Result<Self, StoreError> {
        let operator = predicate.operator;
        let refused = |reason: String| {
            StoreError::request(format!("filter on column {:?}: {reason}", predicate.column))
        };
        let column_type = value_type(field.data_type());
        let list = match (&predicate.literal, operator) {
            (_, operator) if operator.is_unary() => &[],
            (Value::Array(list), Operator::In | Operator::NotIn) => list.as_slice(),
            (other, Operator::In | Operator::NotIn) => {
                return Err(refused(format!("\"in\" takes a list, not {other}")));
            }
            (literal, _) => std::slice::from_ref(literal),
        };
        if list.len() > LIST_MAX {
            return Err(refused(format!("{} values, at most {LIST_MAX} are possible", list.len())));
        }
        if !operator.is_unary() && !is_comparable(column_type) {
            return Err(refused(format!("{} cannot be compared", field.data_type())));
        }
        let compare_type = widest(column_type, list);
        let literals = list.iter().map(|literal| literal_array(literal, &compare_type));
        let literals = literals.map(|array| {
            let array = array.map_err(refused)?;
            let array = comparable(&array, operator).map_err(|error| refused(error.to_string()))?;
            Ok(Scalar::new(array))
        });
        let literals = literals.collect::<Result<_, _>>()?;
        Ok(Self { column: predicate.column.clone(), operator, compare_type, literals })
    }

    /// Which values meet it; null where that is not known.
    pub(crate) fn evaluate(&self, column: &ArrayRef) -> Result<BooleanArray, ArrowError> {
        match self.operator {
            Operator::IsNull => return Ok(null_mask(column, true)),
            Operator::IsNotNull => return Ok(null_mask(column, false)),
            _ => {}
        }
        let float = self.compare_type.is_floating();
        let plain = match column.data_type() {
            DataType::Dictionary(_, values) if **values == self.compare_type && !float => {
                column.clone()
            }
            same if *same == self.compare_type => column.clone(),
            _ => cast_strictly(column, &self.compare_type)?,
        };
        let plain = comparable(&plain, self.operator)?;
        let compare = match self.operator {
            Operator::Eq | Operator::In => cmp::eq,
            Operator::NotEq | Operator::NotIn => cmp::neq,
            Operator::Lt => cmp::lt,
            Operator::LtEq => cmp::lt_eq,
            Operator::Gt => cmp::gt,
            Operator::GtEq => cmp::gt_eq,
            Operator::IsNull | Operator::IsNotNull => cmp::not_distinct,
        };
        let any = self.operator != Operator::NotIn;
        let mut met: Option<BooleanArray> = None;
        for literal in &self.literals {
            let one = compare(&plain, literal)?;
            met = Some(match met {
                None => one,
                Some(met) if any => or(&met, &one),
                Some(met) => and(&met, &one),
            });
        }
        // An empty list: nothing is in it.
        Ok(met.unwrap_or_else(|| BooleanArray::from(vec![!any; column.len()])))
    }

    /// Whether a column of nulls alone meets it.
    pub(crate) fn met_by_null(&self) -> bool {
        self.operator == Operator::IsNull
    }
}

/// Values, or a literal, as an operator compares them.
pub(crate) fn comparable(array: &ArrayRef, operator: Operator) -> Result<ArrayRef, ArrowError> {
    match operator {
        Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => ordered(array),
        _ => Ok(same_bits(array)),
    }
}

/// Which values are null, or are not; dictionaries and runs are looked through.
fn null_mask(column: &ArrayRef, null: bool) -> BooleanArray {
    column.logical_nulls().map_or_else(
        || BooleanArray::from(vec![!null; column.len()]),
        |nulls| {
            let valid = nulls.inner();
            BooleanArray::new(if null { !valid } else { valid.clone() }, None)
        },
    )
}

/// Both, where an unknown counts as not met, which is what filtering makes of it.
pub(crate) fn and(a: &BooleanArray, b: &BooleanArray) -> BooleanArray {
    BooleanArray::new(&known(a) & &known(b), None)
}

/// Either, likewise.
fn or(a: &BooleanArray, b: &BooleanArray) -> BooleanArray {
    BooleanArray::new(&known(a) | &known(b), None)
}

/// The values with unknown ones made false.
fn known(array: &BooleanArray) -> arrow_buffer::BooleanBuffer {
    match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    }
}

/// Binds predicates to the columns of a schema.
pub(crate) fn bind_all<'a>(
    predicates: impl IntoIterator<Item = &'a Predicate>,
    field: impl Fn(&str) -> Result<Arc<Field>, StoreError>,
) -> Result<Vec<Bound>, StoreError> {
    let bind = |predicate: &Predicate| Bound::new(predicate, field(&predicate.column)?.as_ref());
    predicates.into_iter().map(bind).collect()
}
