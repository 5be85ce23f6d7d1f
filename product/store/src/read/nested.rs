//! Columns of an older file brought to the type that a table has now: fields that were added to a
//! struct are null in it, wherever it is nested.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray, new_null_array};
use arrow_schema::{ArrowError, DataType, Fields};

use super::literal::cast_strictly;

/// The same values as another type. Fields of structs are matched by name, everything else is
/// cast.
pub(super) fn conform(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(array.clone());
    }
    match (array.data_type(), to) {
        (DataType::Struct(_), DataType::Struct(fields)) => {
            Ok(Arc::new(conform_struct(array.as_struct(), fields)?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let (_, offsets, values, nulls) = array.as_list::<i32>().clone().into_parts();
            let values = conform(&values, item.data_type())?;
            Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, nulls)?))
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let (_, offsets, pairs, nulls, _) = array.as_map().clone().into_parts();
            let DataType::Struct(fields) = entries.data_type() else {
                return cast_strictly(array, to);
            };
            // Key and value are called differently by different writers.
            let columns = pairs.columns().iter().zip(fields);
            let columns = columns.map(|(column, field)| conform(column, field.data_type()));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let pairs = StructArray::try_new(fields.clone(), columns, pairs.nulls().cloned())?;
            let map = MapArray::try_new(entries.clone(), offsets, pairs, nulls, *sorted)?;
            Ok(Arc::new(map))
        }
        _ => cast_strictly(array, to),
    }
}

fn conform_struct(array: &StructArray, fields: &Fields) -> Result<StructArray, ArrowError> {
    let columns = fields.iter().map(|field| match array.column_by_name(field.name()) {
        Some(column) => conform(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), array.len())),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(fields.clone(), columns, array.nulls().cloned(), array.len())
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
    use arrow_array::types::Int64Type;
    use arrow_array::{Int32Array, StringArray};
    use arrow_schema::Field;

    use super::*;

    fn fields(fields: &[(&str, DataType)]) -> Fields {
        let fields = fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
        fields.collect()
    }

    #[test]
    fn fields_are_found_by_name_and_new_ones_are_null_at_every_depth() {
        let old = fields(&[("a", DataType::Int32), ("b", DataType::Utf8)]);
        let a: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        let b: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
        let inner: ArrayRef = Arc::new(StructArray::new(old.clone(), vec![a, b], None));
        let outer = fields(&[("inner", DataType::Struct(old))]);
        let outer: ArrayRef = Arc::new(StructArray::new(outer, vec![inner], None));

        let new = fields(&[("b", DataType::Utf8), ("c", DataType::Utf8), ("a", DataType::Int64)]);
        let to = DataType::Struct(fields(&[("inner", DataType::Struct(new))]));
        let found = conform(&outer, &to).unwrap();
        let inner = found.as_struct().column(0).as_struct();
        assert_eq!(inner.column(0).as_string::<i32>().value(1), "y");
        assert_eq!(inner.column(1).null_count(), 2);
        assert_eq!(inner.column(2).as_primitive::<Int64Type>().values(), &[1, 2]);
    }

    #[test]
    fn lists_and_maps_keep_their_shape() {
        let mut list = ListBuilder::new(Int32Builder::new());
        list.append_value([Some(1), None]);
        list.append_null();
        let list: ArrayRef = Arc::new(list.finish());
        let to = DataType::List(Arc::new(Field::new("element", DataType::Int64, true)));
        let found = conform(&list, &to).unwrap();
        assert_eq!(found.data_type(), &to);
        assert!(found.is_null(1));
        assert_eq!(found.as_list::<i32>().value(0).as_primitive::<Int64Type>().value(0), 1);

        let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        map.keys().append_value("k");
        map.values().append_value(7);
        map.append(true).unwrap();
        let map: ArrayRef = Arc::new(map.finish());
        let pair = Fields::from(vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("value", DataType::Int64, true),
        ]);
        let entries = Field::new("key_value", DataType::Struct(pair), false);
        let to = DataType::Map(Arc::new(entries), false);
        let found = conform(&map, &to).unwrap();
        assert_eq!(found.data_type(), &to);
        assert_eq!(found.as_map().values().as_primitive::<Int64Type>().value(0), 7);
    }
}
