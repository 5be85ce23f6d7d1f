//! Run-end-encoded arrays: a slice becomes physically that slice.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, RunArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

use super::super::layout::Layout;
use crate::EncodeError;

pub(super) fn walk(
    array: &dyn Array,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    let DataType::RunEndEncoded(run_ends, _) = array.data_type() else {
        return Err(super::unknown(array.data_type()));
    };
    match run_ends.data_type() {
        DataType::Int16 => runs::<Int16Type>(array, start, len, out),
        DataType::Int32 => runs::<Int32Type>(array, start, len, out),
        DataType::Int64 => runs::<Int64Type>(array, start, len, out),
        other => Err(super::unknown(other)),
    }
}

fn runs<R: RunEndIndexType>(
    array: &dyn Array,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    let array: &RunArray<R> = match array.as_run_opt::<R>() {
        Some(array) => array,
        None => return Err(super::unknown(array.data_type())),
    };
    // Both run ends and their fields: the parent has no buffers of its own.
    out.node(len, 0);
    let run_ends = array.run_ends().slice(start, len);
    let (first, count) = match len {
        0 => (0, 0),
        _ => {
            let first = run_ends.get_start_physical_index();
            (first, run_ends.get_end_physical_index() + 1 - first)
        }
    };
    out.field(None, 0, count);
    let ends = run_ends.inner();
    let offset = run_ends.offset();
    let last = ends.get(first..first + count).and_then(<[_]>::last);
    let fits = last.is_none_or(|end| end.as_usize() == offset + len);
    if offset == 0 && fits {
        out.scalars(ends, first, count);
    } else {
        let ends = ends.slice(first, count);
        out.deferred(count * size_of::<R::Native>(), move || {
            let shorten = |end: &R::Native| (end.as_usize() - offset).min(len);
            ends.iter().map(|end| R::Native::usize_as(shorten(end))).collect()
        });
    }
    super::array(array.values(), first, count, out)
}
