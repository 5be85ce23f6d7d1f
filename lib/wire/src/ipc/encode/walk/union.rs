//! Unions: sparse ones are sliced like structs, dense ones by what their offsets refer to.

use std::collections::BTreeMap;

use arrow_array::{Array, ArrayRef, UInt64Array, UnionArray};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{ArrowError, DataType};
use arrow_select::take::take;

use super::super::layout::Layout;
use super::unknown;
use crate::EncodeError;

/// A child of which less than one value in this many is in use is copied without the others.
const COMPACT_BELOW: usize = 2;

/// What a range of a dense union uses of one child.
#[derive(Debug, Clone, Copy)]
struct Usage {
    first: usize,
    end: usize,
    used: usize,
}

pub(super) fn walk(
    array: &UnionArray,
    start: usize,
    len: usize,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    let DataType::Union(fields, _) = array.data_type() else {
        return Err(unknown(array.data_type()));
    };
    out.node(len, 0);
    out.scalars(array.type_ids(), start, len);
    match array.offsets() {
        None => {
            fields.iter().try_for_each(|(id, _)| super::array(array.child(id), start, len, out))
        }
        Some(offsets) => {
            let type_ids = array.type_ids().slice(start, len);
            dense(array, type_ids, offsets.slice(start, len), out)
        }
    }
}

fn dense(
    array: &UnionArray,
    type_ids: ScalarBuffer<i8>,
    offsets: ScalarBuffer<i32>,
    out: &mut Layout,
) -> Result<(), EncodeError> {
    let usage = usage(&type_ids, &offsets);
    let child_ids: Vec<i8> = array.fields().iter().map(|(id, _)| id).collect();
    let compact = child_ids
        .iter()
        .filter_map(|id| usage.get(id))
        .any(|child| child.used < (child.end - child.first) / COMPACT_BELOW);
    if compact && let Ok((offsets, children)) = compacted(array, &child_ids, &type_ids, &offsets) {
        out.scalars(&offsets, 0, offsets.len());
        return children.iter().try_for_each(|child| super::array(child, 0, child.len(), out));
    }
    if usage.values().all(|child| child.first == 0) {
        out.scalars(&offsets, 0, offsets.len());
    } else {
        let usage = usage.clone();
        out.deferred(offsets.len() * size_of::<i32>(), move || {
            let base = |id: &i8| usage.get(id).map_or(0, |child| child.first);
            let rebase = |(id, offset): (&i8, &i32)| to_i32(to_usize(*offset) - base(id));
            type_ids.iter().zip(&*offsets).map(rebase).collect()
        });
    }
    child_ids.iter().try_for_each(|id| {
        let (first, end) = usage.get(id).map_or((0, 0), |child| (child.first, child.end));
        super::array(array.child(*id), first, end - first, out)
    })
}

/// The offsets and children when every child holds the values in use alone, in row order.
fn compacted(
    array: &UnionArray,
    child_ids: &[i8],
    type_ids: &[i8],
    offsets: &[i32],
) -> Result<(ScalarBuffer<i32>, Vec<ArrayRef>), ArrowError> {
    let mut indices = BTreeMap::<i8, Vec<u64>>::new();
    let mut moved = Vec::with_capacity(offsets.len());
    for (id, offset) in type_ids.iter().zip(offsets) {
        let child = indices.entry(*id).or_default();
        moved.push(to_i32(child.len()));
        child.push(to_usize(*offset) as u64);
    }
    let children = child_ids.iter().map(|id| {
        let indices = UInt64Array::from(indices.remove(id).unwrap_or_default());
        take(array.child(*id), &indices, None)
    });
    Ok((moved.into(), children.collect::<Result<_, _>>()?))
}

fn usage(type_ids: &[i8], offsets: &[i32]) -> BTreeMap<i8, Usage> {
    let mut children = BTreeMap::new();
    for (id, offset) in type_ids.iter().zip(offsets) {
        let offset = to_usize(*offset);
        let child = children.entry(*id).or_insert(Usage { first: offset, end: offset, used: 0 });
        child.first = child.first.min(offset);
        child.end = child.end.max(offset + 1);
        child.used += 1;
    }
    children
}

/// Offsets of a valid union are not negative.
fn to_usize(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

/// Indices of a union's children fit in its offsets.
fn to_i32(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
