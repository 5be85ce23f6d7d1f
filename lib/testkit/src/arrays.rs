//! Arrays of every type with random content, sliced at every level.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BinaryViewBuilder, LargeBinaryBuilder, LargeStringBuilder, StringBuilder,
    StringViewBuilder,
};
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeListArray, GenericListArray, GenericListViewArray,
    MapArray, NullArray, OffsetSizeTrait, PrimitiveArray, RunArray, StructArray, UnionArray,
    make_array,
};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, FieldRef, Fields, UnionFields, UnionMode};

use crate::Random;

/// An array that is, half of the time, a slice of a longer one.
///
/// # Panics
/// For a type that IPC does not have, such as a dictionary directly in another.
pub fn array(data_type: &DataType, len: usize, nullable: bool, random: &mut Random) -> ArrayRef {
    if random.chance(2) {
        return whole(data_type, len, nullable, random);
    }
    let (before, after) = (random.below(20), random.below(20));
    whole(data_type, before + len + after, nullable, random).slice(before, len)
}

fn field(field: &FieldRef, len: usize, random: &mut Random) -> ArrayRef {
    array(field.data_type(), len, field.is_nullable(), random)
}

fn whole(data_type: &DataType, len: usize, nullable: bool, random: &mut Random) -> ArrayRef {
    match data_type {
        DataType::Null => Arc::new(NullArray::new(len)),
        DataType::Boolean => {
            let bits: BooleanBuffer = (0..len).map(|_| random.chance(2)).collect();
            Arc::new(BooleanArray::new(bits, random.nulls(len, nullable)))
        }
        DataType::Utf8 => text::<StringBuilder>(len, nullable, random),
        DataType::LargeUtf8 => text::<LargeStringBuilder>(len, nullable, random),
        DataType::Binary => text::<BinaryBuilder>(len, nullable, random),
        DataType::LargeBinary => text::<LargeBinaryBuilder>(len, nullable, random),
        DataType::Utf8View => {
            let mut builder = StringViewBuilder::new().with_fixed_block_size(100);
            builder.extend(random.words(len, nullable));
            Arc::new(builder.finish())
        }
        DataType::BinaryView => {
            let mut builder = BinaryViewBuilder::new().with_fixed_block_size(100);
            builder.extend(random.words(len, nullable));
            Arc::new(builder.finish())
        }
        DataType::FixedSizeBinary(width) => {
            fixed(data_type, *width as usize, len, nullable, random)
        }
        DataType::Dictionary(keys, values) => {
            dictionary(data_type, keys, values, len, nullable, random)
        }
        other => match other.primitive_width() {
            Some(width) => fixed(data_type, width, len, nullable, random),
            None => nested(data_type, len, nullable, random),
        },
    }
}

fn text<B>(len: usize, nullable: bool, random: &mut Random) -> ArrayRef
where
    B: Default + Extend<Option<String>> + arrow_array::builder::ArrayBuilder,
{
    let mut builder = B::default();
    builder.extend(random.words(len, nullable));
    builder.finish()
}

/// Values of a fixed width. Those of decimals stay small, to be within every precision.
fn fixed(
    data_type: &DataType,
    width: usize,
    len: usize,
    nullable: bool,
    random: &mut Random,
) -> ArrayRef {
    let small = data_type.is_decimal();
    let byte = |at: usize, random: &mut Random| match small && !at.is_multiple_of(width) {
        true => 0,
        false => random.next_u64() as u8,
    };
    let values: Vec<u8> = (0..len * width).map(|at| byte(at, random)).collect();
    let data = ArrayData::builder(data_type.clone())
        .len(len)
        .add_buffer(Buffer::from_slice_ref(&values))
        .nulls(random.nulls(len, nullable))
        .align_buffers(true)
        .build();
    make_array(data.unwrap())
}

fn dictionary(
    data_type: &DataType,
    keys: &DataType,
    values: &DataType,
    len: usize,
    nullable: bool,
    random: &mut Random,
) -> ArrayRef {
    let count = 1 + random.below(20);
    let values = array(values, count, true, random);
    let width = keys.primitive_width().unwrap();
    let mut bytes = vec![0; len * width];
    bytes.chunks_mut(width).for_each(|key| key[0] = random.below(count) as u8);
    let data = ArrayData::builder(data_type.clone())
        .len(len)
        .add_buffer(Buffer::from_slice_ref(&bytes))
        .add_child_data(values.to_data())
        .nulls(random.nulls(len, nullable))
        .align_buffers(true)
        .build();
    make_array(data.unwrap())
}

fn nested(data_type: &DataType, len: usize, nullable: bool, random: &mut Random) -> ArrayRef {
    match data_type {
        DataType::List(item) => list::<i32>(item, len, nullable, random),
        DataType::LargeList(item) => list::<i64>(item, len, nullable, random),
        DataType::ListView(item) => list_view::<i32>(item, len, nullable, random),
        DataType::LargeListView(item) => list_view::<i64>(item, len, nullable, random),
        DataType::FixedSizeList(item, size) => {
            let values = field(item, len * *size as usize, random);
            let nulls = random.nulls(len, nullable);
            Arc::new(FixedSizeListArray::new(Arc::clone(item), *size, values, nulls))
        }
        DataType::Map(entries, sorted) => {
            let offsets = offsets::<i32>(len, random);
            let DataType::Struct(fields) = entries.data_type() else { unreachable!() };
            let count = offsets[len].as_usize();
            let columns = fields.iter().map(|part| field(part, count, random)).collect();
            let values = StructArray::new(fields.clone(), columns, None);
            let nulls = random.nulls(len, nullable);
            Arc::new(MapArray::new(Arc::clone(entries), offsets, values, nulls, *sorted))
        }
        DataType::Struct(fields) => structs(fields, len, nullable, random),
        DataType::Union(fields, mode) => union(fields, *mode, len, random),
        DataType::RunEndEncoded(ends, values) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(values, len, random),
            DataType::Int32 => runs::<Int32Type>(values, len, random),
            _ => runs::<Int64Type>(values, len, random),
        },
        other => panic!("no generator for {other}"),
    }
}

fn offsets<O: OffsetSizeTrait>(len: usize, random: &mut Random) -> OffsetBuffer<O> {
    let base = random.below(3);
    let mut end = base;
    let mut all = vec![O::usize_as(end)];
    all.extend((0..len).map(|_| {
        end += random.below(4);
        O::usize_as(end)
    }));
    OffsetBuffer::new(all.into())
}

fn list<O: OffsetSizeTrait>(
    item: &FieldRef,
    len: usize,
    nullable: bool,
    random: &mut Random,
) -> ArrayRef {
    let offsets = offsets::<O>(len, random);
    let values = field(item, offsets[len].as_usize() + random.below(3), random);
    let nulls = random.nulls(len, nullable);
    Arc::new(GenericListArray::<O>::new(Arc::clone(item), offsets, values, nulls))
}

/// Lists in any order, some overlapping; in some arrays few of the values are in use.
fn list_view<O: OffsetSizeTrait>(
    item: &FieldRef,
    len: usize,
    nullable: bool,
    random: &mut Random,
) -> ArrayRef {
    // Long ones would outgrow the run ends of 16 bits where types nest.
    let count = if len < 60 && random.chance(2) { len * 20 } else { len * 2 } + 4;
    let values = field(item, count, random);
    let sizes: Vec<usize> = (0..len).map(|_| random.below(4)).collect();
    let offsets = sizes.iter().map(|size| O::usize_as(random.below(count - size))).collect();
    let sizes: ScalarBuffer<O> = sizes.iter().map(|size| O::usize_as(*size)).collect();
    let nulls = random.nulls(len, nullable);
    Arc::new(GenericListViewArray::<O>::new(Arc::clone(item), offsets, sizes, values, nulls))
}

fn structs(fields: &Fields, len: usize, nullable: bool, random: &mut Random) -> ArrayRef {
    let nulls = random.nulls(len, nullable);
    if fields.is_empty() {
        return Arc::new(StructArray::new_empty_fields(len, nulls));
    }
    let columns = fields.iter().map(|part| field(part, len, random)).collect();
    Arc::new(StructArray::new(fields.clone(), columns, nulls))
}

fn union(fields: &UnionFields, mode: UnionMode, len: usize, random: &mut Random) -> ArrayRef {
    let ids: Vec<i8> = fields.iter().map(|(id, _)| id).collect();
    let rows: Vec<usize> = (0..len).map(|_| random.below(ids.len())).collect();
    let type_ids = rows.iter().map(|child| ids[*child]).collect();
    let dense = mode == UnionMode::Dense;
    let mut used = vec![0usize; ids.len()];
    // In some arrays the offsets leave most values out.
    let step = if len < 500 && random.chance(2) { 6 } else { 1 };
    let offsets: ScalarBuffer<i32> = rows
        .iter()
        .map(|child| {
            used[*child] += step;
            (used[*child] - step) as i32
        })
        .collect();
    let children = fields.iter().zip(&used);
    let children = children
        .map(|((_, part), used)| field(part, if dense { *used } else { len }, random))
        .collect();
    let offsets = dense.then_some(offsets);
    Arc::new(UnionArray::try_new(fields.clone(), type_ids, offsets, children).unwrap())
}

fn runs<R: RunEndIndexType>(values: &FieldRef, len: usize, random: &mut Random) -> ArrayRef {
    let mut ends = Vec::new();
    let mut end = 0;
    while end < len {
        end = (end + 1 + random.below(5)).min(len);
        ends.push(R::Native::usize_as(end));
    }
    let values = field(values, ends.len(), random);
    let ends = PrimitiveArray::<R>::new(ends.into(), None);
    Arc::new(RunArray::<R>::try_new(&ends, &values).unwrap())
}
