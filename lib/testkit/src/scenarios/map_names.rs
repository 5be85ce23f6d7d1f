//! The names of the parts of maps, which the format leaves open: C++ and Go replace them by their
//! own, so files are compared without them.

use std::sync::Arc;

use wingbeat::arrow::array::ArrayData;
use wingbeat::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};

/// A schema whose maps have the usual names.
pub(super) fn canonical_schema(schema: &Schema) -> Schema {
    let fields: Vec<FieldRef> = schema.fields().iter().map(canonical_field).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

fn canonical_field(field: &FieldRef) -> FieldRef {
    let data_type = canonical(field.data_type());
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}

/// Only maps that stand in columns themselves: no file nests them.
fn canonical(data_type: &DataType) -> DataType {
    let DataType::Map(entries, sorted) = data_type else { return data_type.clone() };
    let DataType::Struct(parts) = entries.data_type() else { return data_type.clone() };
    let named = |(name, part): (&str, &FieldRef)| part.as_ref().clone().with_name(name);
    let parts: Fields = ["key", "value"].into_iter().zip(parts).map(named).collect();
    let entries = Field::new("entries", DataType::Struct(parts), entries.is_nullable());
    DataType::Map(Arc::new(entries), *sorted)
}

/// A column whose type is a map with the usual names, if it is a map.
pub(super) fn canonical_data(data: ArrayData) -> ArrayData {
    let data_type = canonical(data.data_type());
    let DataType::Map(entries, _) = &data_type else { return data };
    let child = data.child_data().iter().cloned().map(|child| {
        let child = child.into_builder().data_type(entries.data_type().clone());
        child.build().unwrap()
    });
    let child = child.collect();
    data.into_builder().data_type(data_type).child_data(child).build().unwrap()
}
