//! String and binary views: sixteen bytes each, into data buffers that many arrays may share.

use std::ops::Range;

use arrow_array::types::ByteViewType;
use arrow_array::{Array, GenericByteViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_data::{ByteView, MAX_INLINE_VIEW_LEN};

use super::super::layout::{Layout, to_i64};

/// Values are copied next to each other when they are less than one byte in this many of the span
/// in which they lie.
const COMPACT_BELOW: usize = 2;

/// Otherwise data before and after that span is cut off, if that saves at least one byte in this
/// many; the views have to be written anew then.
const TRIM_SHARE: usize = 4;

/// The views of a range, and what they refer to.
#[derive(Clone)]
struct Views {
    views: ScalarBuffer<u128>,
    nulls: Option<NullBuffer>,
    data: Vec<Buffer>,
    /// For each data buffer the part in use.
    spans: Vec<Range<usize>>,
    /// The lengths of all values outside of the views together.
    used: usize,
}

pub(super) fn walk<T: ByteViewType>(
    array: &GenericByteViewArray<T>,
    start: usize,
    len: usize,
    out: &mut Layout,
) {
    out.field(array.nulls(), start, len);
    let views = array.views().slice(start, len);
    let nulls = array.nulls().map(|nulls| nulls.slice(start, len));
    let whole: usize = array.data_buffers().iter().map(|data| data.len()).sum();
    let views = Views::new(views, nulls, array.data_buffers());
    let spanned: usize = views.spans.iter().map(ExactSizeIterator::len).sum();
    if views.used < spanned / COMPACT_BELOW && i32::try_from(views.used).is_ok() {
        views.compact(out);
    } else if spanned + whole / TRIM_SHARE < whole {
        views.trim(out);
    } else {
        out.scalars(&views.views, 0, len);
        array.data_buffers().iter().for_each(|data| out.slice(data, 1, 0, data.len()));
        out.variadic_counts.push(to_i64(array.data_buffers().len()));
    }
}

impl Views {
    fn new(views: ScalarBuffer<u128>, nulls: Option<NullBuffer>, data: &[Buffer]) -> Self {
        let mut all = Self { views, nulls, data: data.to_vec(), spans: Vec::new(), used: 0 };
        let unused = Range { start: usize::MAX, end: 0 };
        let mut spans = vec![unused; data.len()];
        let mut used = 0;
        for (_, view) in all.references() {
            if let Some(span) = spans.get_mut(view.buffer_index as usize) {
                span.start = span.start.min(view.offset as usize);
                span.end = span.end.max(view.offset as usize + view.length as usize);
                used += view.length as usize;
            }
        }
        spans.iter_mut().filter(|span| span.start >= span.end).for_each(|span| *span = 0..0);
        (all.spans, all.used) = (spans, used);
        all
    }

    /// Row and content of every view that refers to data.
    fn references(&self) -> impl Iterator<Item = (usize, ByteView)> {
        let rows = self.views.iter().enumerate();
        rows.filter(|(row, view)| {
            // The low 32 bits are the length.
            **view as u32 > MAX_INLINE_VIEW_LEN
                && self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row))
        })
        .map(|(row, view)| (row, ByteView::from(*view)))
    }

    /// The views with those that refer to data changed by `change`, and null ones emptied, as
    /// theirs may refer to what is not sent.
    fn rewrite(&self, mut change: impl FnMut(ByteView) -> ByteView) -> Buffer {
        let mut views = self.views.to_vec();
        if let Some(nulls) = &self.nulls {
            let rows = views.iter_mut().zip(nulls);
            rows.filter(|(_, valid)| !valid).for_each(|(view, _)| *view = 0);
        }
        for (row, view) in self.references() {
            if let Some(place) = views.get_mut(row) {
                *place = change(view).as_u128();
            }
        }
        Buffer::from_vec(views)
    }

    /// The parts in use, shared; the views are rewritten.
    fn trim(self, out: &mut Layout) {
        let kept: Vec<(Buffer, Range<usize>)> = self
            .data
            .iter()
            .zip(&self.spans)
            .filter(|(_, span)| !span.is_empty())
            .map(|(data, span)| (data.clone(), span.clone()))
            .collect();
        let views_len = self.views.len() * size_of::<u128>();
        out.deferred(views_len, move || {
            let mut next = 0;
            let moved: Vec<(u32, u32)> = self
                .spans
                .iter()
                .map(|span| {
                    let index = next;
                    next += u32::from(!span.is_empty());
                    (index, u32::try_from(span.start).unwrap_or(u32::MAX))
                })
                .collect();
            self.rewrite(|view| match moved.get(view.buffer_index as usize) {
                Some((index, start)) => {
                    view.with_buffer_index(*index).with_offset(view.offset - start)
                }
                None => view,
            })
        });
        out.variadic_counts.push(to_i64(kept.len()));
        kept.iter().for_each(|(data, span)| out.slice(data, 1, span.start, span.len()));
    }

    /// One new data buffer that holds the values in use.
    fn compact(self, out: &mut Layout) {
        let views = self.clone();
        out.deferred(self.views.len() * size_of::<u128>(), move || {
            let mut end = 0;
            views.rewrite(|view| {
                let moved = view.with_buffer_index(0).with_offset(end);
                end += view.length;
                moved
            })
        });
        if self.used == 0 {
            return out.variadic_counts.push(0);
        }
        out.variadic_counts.push(1);
        out.deferred(self.used, move || {
            let mut values = Vec::with_capacity(self.used);
            for (_, view) in self.references() {
                let start = view.offset as usize;
                let value = self.data.get(view.buffer_index as usize);
                let value = value.and_then(|data| data.get(start..start + view.length as usize));
                values.extend_from_slice(value.unwrap_or_default());
            }
            Buffer::from_vec(values)
        });
    }
}
