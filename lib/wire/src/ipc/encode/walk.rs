//! The walk over arrays that gives a message's layout.
//!
//! Every function takes a range of rows rather than a sliced array: nothing is allocated for a
//! column whose buffers are shared. What is copied, and only then: bitmaps that start within a
//! byte, offsets that do not start at 0, and view, list-view and union columns of which the range
//! uses clearly less than they hold.

mod list_view;
mod run;
mod union;
mod view;

use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_array::{
    Array, GenericByteArray, GenericListArray, OffsetSizeTrait, RecordBatch,
    downcast_primitive_array,
};
use arrow_schema::DataType;

use super::layout::Layout;
use crate::EncodeError;

/// Makes `out` the layout of rows `start..start + len` of a batch.
///
/// # Errors
/// When a column has a type that IPC does not have.
pub(super) fn batch(
    batch: &RecordBatch,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    out.restart(len);
    batch.columns().iter().try_for_each(|column| array(column.as_ref(), start, len, out))
}

/// The bytes of Arrow data in a batch: what its rows take as the body of an uncompressed message,
/// padding included, dictionaries left out. 0 where a column has a type that IPC does not have.
///
/// Unlike `get_array_memory_size` it counts a slice as a slice, and memory that columns share,
/// as they do after they were received, once.
pub fn body_len(batch: &RecordBatch) -> usize {
    let mut layout = Layout::default();
    self::batch(batch, 0, batch.num_rows(), &mut layout).map_or(0, |()| layout.body_len)
}

/// Makes `out` the layout of values `start..start + len` of a dictionary.
///
/// # Errors
/// When they have a type that IPC does not have.
pub(super) fn values(
    values: &dyn Array,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    out.restart(len);
    array(values, start, len, out)
}

fn array(array: &dyn Array, start: usize, len: usize, out: &mut Layout) -> Result<(), EncodeError> {
    downcast_primitive_array!(
        array => {
            out.field(array.nulls(), start, len);
            out.scalars(array.values(), start, len);
        },
        DataType::Null => out.node(len, len),
        DataType::Boolean => {
            out.field(array.nulls(), start, len);
            out.bits(array.as_boolean().values().slice(start, len));
        },
        DataType::Utf8 => bytes(array.as_string::<i32>(), start, len, out),
        DataType::LargeUtf8 => bytes(array.as_string::<i64>(), start, len, out),
        DataType::Binary => bytes(array.as_binary::<i32>(), start, len, out),
        DataType::LargeBinary => bytes(array.as_binary::<i64>(), start, len, out),
        DataType::Utf8View => view::walk(array.as_string_view(), start, len, out),
        DataType::BinaryView => view::walk(array.as_binary_view(), start, len, out),
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            out.field(array.nulls(), start, len);
            out.slice(array.values(), array.value_size(), start, len);
        },
        DataType::Dictionary(_, _) => {
            let keys = array.as_any_dictionary().keys();
            return self::array(keys, start, len, out);
        },
        DataType::List(_) => return list(array.as_list::<i32>(), start, len, out),
        DataType::LargeList(_) => return list(array.as_list::<i64>(), start, len, out),
        DataType::ListView(_) => {
            return list_view::walk(array.as_list_view::<i32>(), start, len, out);
        },
        DataType::LargeListView(_) => {
            return list_view::walk(array.as_list_view::<i64>(), start, len, out);
        },
        _ => return nested(array, start, len, out),
    );
    Ok(())
}

fn nested(
    array: &dyn Array,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    match array.data_type() {
        DataType::Map(_, _) => {
            let map = array.as_map();
            out.field(map.nulls(), start, len);
            let (first, count) = out.offsets(map.offsets().inner(), start, len);
            self::array(map.entries(), first, count, out)
        }
        DataType::FixedSizeList(_, _) => {
            let list = array.as_fixed_size_list();
            let size = usize::try_from(list.value_length()).unwrap_or(0);
            out.field(list.nulls(), start, len);
            self::array(list.values(), start * size, len * size, out)
        }
        DataType::Struct(_) => {
            out.field(array.nulls(), start, len);
            let columns = array.as_struct().columns();
            columns.iter().try_for_each(|column| self::array(column, start, len, out))
        }
        DataType::Union(_, _) => union::walk(array.as_union(), start, len, out),
        DataType::RunEndEncoded(_, _) => run::walk(array, start, len, out),
        other => Err(unknown(other)),
    }
}

fn unknown(data_type: &DataType) -> EncodeError {
    EncodeError::unsupported(format!("type {data_type}"), "Arrow IPC has no form for it")
}

fn bytes<T: ByteArrayType>(
    array: &GenericByteArray<T>,
    start: usize,
    len: usize,
    out: &mut Layout,
) {
    out.field(array.nulls(), start, len);
    let (first, count) = out.offsets(array.offsets().inner(), start, len);
    out.slice(array.values(), 1, first, count);
}

fn list<O: OffsetSizeTrait>(
    list: &GenericListArray<O>,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    out.field(list.nulls(), start, len);
    let (first, count) = out.offsets(list.offsets().inner(), start, len);
    array(list.values(), first, count, out)
}
