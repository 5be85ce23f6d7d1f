//! Floating-point numbers as filters compare them: the two zeros are equal, and what is not a
//! number is neither less nor greater than anything. Arrow's comparisons go by the bits.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_schema::{ArrowError, DataType};
use arrow_select::nullif::nullif;

/// One zero for both, and one not-a-number for all of them. Other types stay as they are.
pub(crate) fn same_bits(array: &ArrayRef) -> ArrayRef {
    macro_rules! same_bits {
        ($type:ty) => {{
            type Native = <$type as ArrowPrimitiveType>::Native;
            let zero = Native::default();
            let same = |value: Native| match value {
                value if value == zero => zero,
                value if value.is_nan() => Native::NAN,
                value => value,
            };
            Arc::new(array.as_primitive::<$type>().unary::<_, $type>(same))
        }};
    }
    match array.data_type() {
        DataType::Float16 => same_bits!(Float16Type),
        DataType::Float32 => same_bits!(Float32Type),
        DataType::Float64 => same_bits!(Float64Type),
        _ => array.clone(),
    }
}

/// The same with null in the place of what is not a number.
pub(crate) fn ordered(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if array.data_type().is_floating() {
        nullif(&same_bits(array), &not_a_number(array.as_ref()))
    } else {
        Ok(array.clone())
    }
}

/// Which values are not a number.
pub(crate) fn not_a_number(array: &dyn Array) -> BooleanArray {
    macro_rules! nan {
        ($type:ty) => {
            BooleanArray::from_unary(array.as_primitive::<$type>(), |value| value.is_nan())
        };
    }
    match array.data_type() {
        DataType::Float16 => nan!(Float16Type),
        DataType::Float32 => nan!(Float32Type),
        DataType::Float64 => nan!(Float64Type),
        _ => BooleanArray::from(vec![false; array.len()]),
    }
}
