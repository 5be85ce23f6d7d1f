//! Arrays that consist of other arrays.

use std::sync::Arc;

use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, RunEndIndexType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, GenericListArray, GenericListViewArray, MapArray,
    OffsetSizeTrait, RunArray, StructArray, UnionArray, new_empty_array,
};
use arrow_buffer::ArrowNativeType;
use arrow_data::ArrayData;
use arrow_schema::{DataType, FieldRef, Fields, UnionFields, UnionMode};

use super::columns::{Columns, Node, broken};
use super::proven;
use crate::DecodeError;

/// The next array of `columns`, of a type that has children or a dictionary.
pub(super) fn array(
    columns: &mut Columns<'_>,
    data_type: &DataType,
) -> Result<ArrayRef, DecodeError> {
    match data_type {
        DataType::Struct(fields) => Ok(Arc::new(structs(columns, fields)?)),
        DataType::List(field) => list::<i32>(columns, field),
        DataType::LargeList(field) => list::<i64>(columns, field),
        DataType::ListView(field) => list_view::<i32>(columns, field),
        DataType::LargeListView(field) => list_view::<i64>(columns, field),
        DataType::FixedSizeList(field, size) => fixed_size_list(columns, field, *size),
        DataType::Map(entries, ordered) => map(columns, entries, *ordered),
        DataType::Union(fields, mode) => union(columns, fields, *mode),
        DataType::RunEndEncoded(run_ends, _) => match run_ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(columns, data_type),
            DataType::Int32 => runs::<Int32Type>(columns, data_type),
            _ => runs::<Int64Type>(columns, data_type),
        },
        DataType::Dictionary(key, values) => match &**key {
            DataType::Int8 => dictionary::<Int8Type>(columns, values),
            DataType::Int16 => dictionary::<Int16Type>(columns, values),
            DataType::Int32 => dictionary::<Int32Type>(columns, values),
            DataType::Int64 => dictionary::<Int64Type>(columns, values),
            DataType::UInt8 => dictionary::<UInt8Type>(columns, values),
            DataType::UInt16 => dictionary::<UInt16Type>(columns, values),
            DataType::UInt32 => dictionary::<UInt32Type>(columns, values),
            _ => dictionary::<UInt64Type>(columns, values),
        },
        other => Err(DecodeError::unsupported("Field.type", other.to_string())),
    }
}

fn structs(columns: &mut Columns<'_>, fields: &Fields) -> Result<StructArray, DecodeError> {
    let node = columns.node()?;
    let nulls = columns.validity(node)?;
    if fields.is_empty() {
        columns.body.budget.charge_virtual_rows(node.len)?;
    }
    let children = fields.iter().map(|field| columns.array(field.data_type()));
    let children = children.collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(fields.clone(), children, nulls, node.len)
        .map_err(|error| broken(&error))
}

fn list<O: OffsetSizeTrait>(
    columns: &mut Columns<'_>,
    field: &FieldRef,
) -> Result<ArrayRef, DecodeError> {
    let node = columns.node()?;
    let nulls = columns.validity(node)?;
    let offsets = columns.offsets::<O>(node.len)?;
    let values = columns.array(field.data_type())?;
    let array = GenericListArray::try_new(Arc::clone(field), offsets, values, nulls);
    Ok(Arc::new(array.map_err(|error| broken(&error))?))
}

fn list_view<O: OffsetSizeTrait>(
    columns: &mut Columns<'_>,
    field: &FieldRef,
) -> Result<ArrayRef, DecodeError> {
    let node = columns.node()?;
    let nulls = columns.validity(node)?;
    let offsets = columns.buffer()?;
    let offsets = columns.body.scalars::<O>(offsets, node.len)?;
    let sizes = columns.buffer()?;
    let sizes = columns.body.scalars::<O>(sizes, node.len)?;
    // The constructor reads them as unsigned, so that a negative one needs a look of its own.
    let zero = O::usize_as(0);
    let sound = offsets.iter().chain(sizes.iter()).fold(true, |sound, n| sound & (*n >= zero));
    if !sound {
        return Err(DecodeError::invalid("list view", "a negative offset or size"));
    }
    let values = columns.array(field.data_type())?;
    let array = GenericListViewArray::try_new(Arc::clone(field), offsets, sizes, values, nulls);
    Ok(Arc::new(array.map_err(|error| broken(&error))?))
}

fn fixed_size_list(
    columns: &mut Columns<'_>,
    field: &FieldRef,
    size: i32,
) -> Result<ArrayRef, DecodeError> {
    let node = columns.node()?;
    let nulls = columns.validity(node)?;
    let values = columns.array(field.data_type())?;
    if size == 0 {
        columns.body.budget.charge_virtual_rows(node.len)?;
    }
    let need = usize::try_from(size).ok().and_then(|size| size.checked_mul(node.len));
    let need = need.unwrap_or(usize::MAX);
    if need > values.len() {
        return Err(DecodeError::truncated("items of fixed size lists", need, values.len()));
    }
    let values = if need < values.len() { values.slice(0, need) } else { values };
    let array =
        FixedSizeListArray::try_new_with_length(Arc::clone(field), size, values, nulls, node.len);
    Ok(Arc::new(array.map_err(|error| broken(&error))?))
}

fn map(
    columns: &mut Columns<'_>,
    entries: &FieldRef,
    ordered: bool,
) -> Result<ArrayRef, DecodeError> {
    let DataType::Struct(pair) = entries.data_type() else {
        return Err(DecodeError::invalid("Map", "the entries are no struct"));
    };
    let node = columns.node()?;
    let nulls = columns.validity(node)?;
    let offsets = columns.offsets::<i32>(node.len)?;
    let values = structs(columns, pair)?;
    let array = MapArray::try_new(Arc::clone(entries), offsets, values, nulls, ordered);
    Ok(Arc::new(array.map_err(|error| broken(&error))?))
}

/// The node of an array that has no validity of its own since V5.
fn node_without_validity(
    columns: &mut Columns<'_>,
    field: &'static str,
) -> Result<Node, DecodeError> {
    let node = columns.node()?;
    if columns.validity_everywhere {
        columns.skip_buffer()?;
        // Nulls beside those of the children have no place in an array any more.
        if node.nulls > 0 {
            return Err(DecodeError::unsupported(field, "a validity bitmap with nulls"));
        }
    }
    Ok(node)
}

fn union(
    columns: &mut Columns<'_>,
    fields: &UnionFields,
    mode: UnionMode,
) -> Result<ArrayRef, DecodeError> {
    let node = node_without_validity(columns, "Union")?;
    let type_ids = columns.buffer()?;
    let type_ids = columns.body.scalars::<i8>(type_ids, node.len)?;
    let offsets = match mode {
        UnionMode::Sparse => None,
        UnionMode::Dense => {
            let offsets = columns.buffer()?;
            Some(columns.body.scalars::<i32>(offsets, node.len)?)
        }
    };
    let children = fields.iter().map(|(_, field)| columns.array(field.data_type()));
    let children = children.collect::<Result<Vec<_>, _>>()?;
    let array = UnionArray::try_new(fields.clone(), type_ids, offsets, children);
    Ok(Arc::new(array.map_err(|error| broken(&error))?))
}

fn runs<R: RunEndIndexType>(
    columns: &mut Columns<'_>,
    data_type: &DataType,
) -> Result<ArrayRef, DecodeError> {
    const FIELD: &str = "RunEndEncoded";
    let DataType::RunEndEncoded(_, values_field) = data_type else {
        return Err(DecodeError::invalid(FIELD, "not the expected type"));
    };
    let node = node_without_validity(columns, FIELD)?;
    columns.body.budget.charge_virtual_rows(node.len)?;
    let run_ends = columns.primitive_array::<R>()?;
    let values = columns.array(values_field.data_type())?;
    if node.len == 0 {
        // Writers leave a run of no rows behind when they slice, which an array must not have.
        return Ok(new_empty_array(data_type));
    }
    let invalid = |reason: String| Err(DecodeError::invalid(FIELD, reason));
    if run_ends.null_count() > 0 {
        return invalid("null run ends".to_owned());
    }
    if run_ends.len() != values.len() {
        return invalid(format!("{} run ends for {} values", run_ends.len(), values.len()));
    }
    let ends = run_ends.values();
    let rises = ends.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let starts = ends.first().is_none_or(|first| *first > R::default_value());
    if !(starts && rises) {
        return invalid("run ends that do not rise from above zero".to_owned());
    }
    let last = ends.last().map_or(0, |last| last.as_usize());
    if last < node.len {
        return invalid(format!("the last run ends at {last}, {} rows announced", node.len));
    }
    // The array's own constructor would name the children as it likes and count every run.
    let data = ArrayData::builder(data_type.clone())
        .len(node.len)
        .child_data(vec![run_ends.into_data(), values.to_data()])
        .build()
        .map_err(|error| broken(&error))?;
    Ok(Arc::new(RunArray::<R>::from(data)))
}

fn dictionary<K: ArrowDictionaryKeyType>(
    columns: &mut Columns<'_>,
    values_type: &DataType,
) -> Result<ArrayRef, DecodeError> {
    let id = columns.dictionary_id()?;
    let keys = columns.primitive_array::<K>()?;
    let values = match columns.dictionaries.values(id)? {
        Some(values) => values,
        // The specification lets writers leave out a dictionary that no row needs.
        None if keys.null_count() == keys.len() => new_empty_array(values_type),
        None => {
            let reason = format!("a batch uses dictionary {id}, which was never sent");
            return Err(DecodeError::invalid("DictionaryBatch.id", reason));
        }
    };
    let array = proven::dictionary(keys, values).map_err(|error| broken(&error))?;
    Ok(Arc::new(array))
}
