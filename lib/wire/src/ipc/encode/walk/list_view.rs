//! List views: lists that may overlap, leave gaps and stand in any order.

use arrow_array::{Array, GenericListViewArray, OffsetSizeTrait, UInt64Array};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_select::take::take;

use super::super::layout::Layout;
use crate::EncodeError;

/// Gaps between the lists are closed when the values in use are less than one in this many of
/// the span that they lie in; closing them copies the values.
const COMPACT_BELOW: usize = 2;

/// The lists of a range: those that are null or empty count for nothing.
struct Lists<O: OffsetSizeTrait> {
    offsets: ScalarBuffer<O>,
    sizes: ScalarBuffer<O>,
    nulls: Option<NullBuffer>,
}

/// Which values a range of lists uses.
#[derive(Debug, Default)]
struct Usage {
    /// The first value in use, and one past the last.
    span: (usize, usize),
    /// The lengths of all lists together.
    used: usize,
    /// Whether null or empty lists point past the span's end.
    strays: bool,
}

pub(super) fn walk<O: OffsetSizeTrait>(
    array: &GenericListViewArray<O>,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    out.field(array.nulls(), start, len);
    let lists = Lists {
        offsets: array.offsets().slice(start, len),
        sizes: array.sizes().slice(start, len),
        nulls: array.nulls().map(|nulls| nulls.slice(start, len)),
    };
    let Usage { span: (first, end), used, strays } = lists.usage();
    let width = len * size_of::<O>();
    if used < (end - first) / COMPACT_BELOW
        && let Ok(values) = take(array.values(), &lists.indices(used), None)
    {
        let sizes = lists.clean_sizes();
        let mut next = 0;
        let offsets: Vec<O> = sizes
            .iter()
            .map(|size| {
                let offset = O::usize_as(next);
                next += size.as_usize();
                offset
            })
            .collect();
        out.scalars(&ScalarBuffer::from(offsets), 0, len);
        out.scalars(&ScalarBuffer::from(sizes), 0, len);
        return super::array(&values, 0, used, out);
    }
    if first == 0 && !strays {
        out.scalars(&lists.offsets, 0, len);
        out.scalars(&lists.sizes, 0, len);
    } else {
        let sizes = lists.clean_sizes();
        out.deferred(width, move || {
            let offset = |(_, size, offset): (usize, usize, usize)| match size {
                0 => O::usize_as(0),
                _ => O::usize_as(offset - first),
            };
            lists.iter().map(offset).collect()
        });
        out.scalars(&ScalarBuffer::from(sizes), 0, len);
    }
    super::array(array.values(), first, end - first, out)
}

impl<O: OffsetSizeTrait> Lists<O> {
    /// Row, size and offset of every list; null ones have size 0.
    fn iter(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let nulls = self.nulls.as_ref();
        self.offsets.iter().zip(&*self.sizes).enumerate().map(move |(row, (offset, size))| {
            let null = nulls.is_some_and(|nulls| nulls.is_null(row));
            (row, if null { 0 } else { size.as_usize() }, offset.as_usize())
        })
    }

    fn usage(&self) -> Usage {
        let (mut first, mut end, mut used) = (usize::MAX, 0, 0);
        for (_, size, offset) in self.iter().filter(|(_, size, _)| *size > 0) {
            first = first.min(offset);
            end = end.max(offset + size);
            used += size;
        }
        let strays = self
            .offsets
            .iter()
            .zip(&*self.sizes)
            .any(|(offset, size)| offset.as_usize().saturating_add(size.as_usize()) > end);
        Usage { span: (first.min(end), end), used, strays }
    }

    /// The sizes, with 0 for null lists.
    fn clean_sizes(&self) -> Vec<O> {
        self.iter().map(|(_, size, _)| O::usize_as(size)).collect()
    }

    /// The values in use, list by list.
    fn indices(&self, used: usize) -> UInt64Array {
        let mut indices = Vec::with_capacity(used);
        for (_, size, offset) in self.iter() {
            indices.extend(offset as u64..(offset + size) as u64);
        }
        indices.into()
    }
}
