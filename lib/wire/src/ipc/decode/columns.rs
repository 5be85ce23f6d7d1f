//! The walk over the columns of a record batch, or over the values of a dictionary: takes the
//! field nodes and buffers in the order of the schema and builds arrays from them.
//!
//! Every array is a slice of the received body. What its constructor would panic on is checked
//! here before; what remains is checked by the constructor, or by [`proven`] in its place.

use std::slice;
use std::sync::Arc;

use arrow_array::types::{
    BinaryType, BinaryViewType, ByteArrayType, ByteViewType, LargeBinaryType, LargeUtf8Type,
    StringViewType, Utf8Type,
};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, FixedSizeBinaryArray, NullArray, OffsetSizeTrait,
    PrimitiveArray, downcast_primitive,
};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, OffsetBuffer};
use arrow_ipc::MetadataVersion;
use arrow_schema::{ArrowError, DataType};

use super::body::{self, Body};
use super::budget::u64_of;
use super::dictionaries::Dictionaries;
use super::message::{BatchMessage, pair};
use super::{nested, proven};
use crate::DecodeError;

/// The rows that one array may have. Java's vectors end here as well, and lengths within it can
/// be multiplied by any width without overflow.
pub(super) const ROWS_MAX: usize = 0x7fff_ffff;

/// Error texts of arrays are cut here: they name whole types, which a peer may blow up.
const REASON_CHARS_MAX: usize = 300;

/// A field node that was checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) len: usize,
    pub(super) nulls: usize,
}

/// Where the walk stands.
pub(super) struct Columns<'a> {
    pub(super) body: Body<'a>,
    pub(super) dictionaries: &'a mut Dictionaries,
    nodes: slice::Iter<'a, [u8; 16]>,
    buffers: slice::Iter<'a, [u8; 16]>,
    variadic_counts: slice::Iter<'a, [u8; 8]>,
    ids: slice::Iter<'a, i64>,
    /// Before V5, unions and run-end-encoded arrays had a validity buffer, too.
    pub(super) validity_everywhere: bool,
    /// The largest length or offset met: what would have to fit when arrays are joined.
    pub(super) extent: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn new(
        batch: &BatchMessage<'a>,
        version: MetadataVersion,
        ids: &'a [i64],
        body: Body<'a>,
        dictionaries: &'a mut Dictionaries,
    ) -> Self {
        Self {
            body,
            dictionaries,
            nodes: batch.nodes.iter(),
            buffers: batch.buffers.iter(),
            variadic_counts: batch.variadic_counts.iter(),
            ids: ids.iter(),
            validity_everywhere: version < MetadataVersion::V5,
            extent: 0,
        }
    }

    /// Checks that the message described nothing beyond the schema.
    pub(super) fn finish(self) -> Result<usize, DecodeError> {
        let left = [
            ("RecordBatch.nodes", self.nodes.len()),
            ("RecordBatch.buffers", self.buffers.len()),
            ("RecordBatch.variadicBufferCounts", self.variadic_counts.len()),
        ];
        for (field, count) in left {
            if count > 0 {
                let reason = format!("{count} more than the schema has a place for");
                return Err(DecodeError::invalid(field, reason));
            }
        }
        Ok(self.extent)
    }

    /// The next array, of type `data_type`.
    pub(super) fn array(&mut self, data_type: &DataType) -> Result<ArrayRef, DecodeError> {
        macro_rules! primitive {
            ($t:ty, $data_type:expr) => {
                self.primitive::<$t>($data_type)
            };
        }
        downcast_primitive! {
            data_type => (primitive, data_type),
            DataType::Null => self.null(),
            DataType::Boolean => self.boolean(),
            DataType::Utf8 => self.bytes::<Utf8Type>(),
            DataType::LargeUtf8 => self.bytes::<LargeUtf8Type>(),
            DataType::Binary => self.bytes::<BinaryType>(),
            DataType::LargeBinary => self.bytes::<LargeBinaryType>(),
            DataType::Utf8View => self.views::<StringViewType>(),
            DataType::BinaryView => self.views::<BinaryViewType>(),
            DataType::FixedSizeBinary(width) => self.fixed_size_binary(*width),
            nested => nested::array(self, nested),
        }
    }

    pub(super) fn node(&mut self) -> Result<Node, DecodeError> {
        let node = self.nodes.next().ok_or_else(|| fewer("RecordBatch.nodes"))?;
        let (rows, null_count) = pair(node);
        let len = row_count("FieldNode.length", rows)?;
        let nulls = usize::try_from(null_count).ok().filter(|nulls| *nulls <= len);
        let nulls = nulls.ok_or_else(|| {
            let reason = format!("{null_count} of {len} rows");
            DecodeError::invalid("FieldNode.null_count", reason)
        })?;
        self.extent = self.extent.max(len);
        Ok(Node { len, nulls })
    }

    fn place(&mut self) -> Result<&'a [u8; 16], DecodeError> {
        self.buffers.next().ok_or_else(|| fewer("RecordBatch.buffers"))
    }

    pub(super) fn buffer(&mut self) -> Result<Buffer, DecodeError> {
        let place = self.place()?;
        self.body.buffer(place)
    }

    /// Passes over a buffer that means nothing here. It must still lie in the body.
    pub(super) fn skip_buffer(&mut self) -> Result<(), DecodeError> {
        let place = self.place()?;
        self.body.locate(place).map(drop)
    }

    /// The dictionary id of the dictionary-encoded field that the walk is at.
    pub(super) fn dictionary_id(&mut self) -> Result<i64, DecodeError> {
        let id = self.ids.next().copied();
        id.ok_or_else(|| DecodeError::invalid("Field.dictionary", "a field lacks its id"))
    }

    /// The validity buffer of `node`; where there is no null it may be empty or lacking bits.
    pub(super) fn validity(&mut self, node: Node) -> Result<Option<NullBuffer>, DecodeError> {
        if node.nulls == 0 {
            self.skip_buffer()?;
            return Ok(None);
        }
        let buffer = self.buffer()?;
        body::validity(buffer, node.len, node.nulls).map(Some)
    }

    /// The offsets of `len` rows: checked to start at or above zero and never to fall.
    pub(super) fn offsets<O: OffsetSizeTrait>(
        &mut self,
        len: usize,
    ) -> Result<OffsetBuffer<O>, DecodeError> {
        let buffer = self.buffer()?;
        if len == 0 && buffer.is_empty() {
            return Ok(OffsetBuffer::new_empty());
        }
        let offsets = self.body.scalars::<O>(buffer, len + 1)?;
        let offsets = proven::offsets(offsets)
            .ok_or_else(|| DecodeError::invalid("offsets", "not rising from zero or above"))?;
        if let Some(last) = offsets.last() {
            self.extent = self.extent.max(last.as_usize());
        }
        Ok(offsets)
    }

    fn primitive<T: ArrowPrimitiveType>(
        &mut self,
        data_type: &DataType,
    ) -> Result<ArrayRef, DecodeError> {
        let array = self.primitive_array::<T>()?;
        // Zones, precision and scale are part of the type alone.
        Ok(match data_type {
            DataType::Timestamp(_, _)
            | DataType::Decimal32(_, _)
            | DataType::Decimal64(_, _)
            | DataType::Decimal128(_, _)
            | DataType::Decimal256(_, _) => Arc::new(array.with_data_type(data_type.clone())),
            _ => Arc::new(array),
        })
    }

    pub(super) fn primitive_array<T: ArrowPrimitiveType>(
        &mut self,
    ) -> Result<PrimitiveArray<T>, DecodeError> {
        let node = self.node()?;
        let nulls = self.validity(node)?;
        let values = self.buffer()?;
        let values = self.body.scalars::<T::Native>(values, node.len)?;
        PrimitiveArray::try_new(values, nulls).map_err(|error| broken(&error))
    }

    fn null(&mut self) -> Result<ArrayRef, DecodeError> {
        // Not even a validity buffer; writers disagree about the null count.
        let node = self.node()?;
        self.body.budget.charge_virtual_rows(node.len)?;
        Ok(Arc::new(NullArray::new(node.len)))
    }

    fn boolean(&mut self) -> Result<ArrayRef, DecodeError> {
        let node = self.node()?;
        let nulls = self.validity(node)?;
        let values = body::bits(self.buffer()?, node.len)?;
        Ok(Arc::new(BooleanArray::new(values, nulls)))
    }

    fn bytes<T: ByteArrayType>(&mut self) -> Result<ArrayRef, DecodeError> {
        let node = self.node()?;
        let nulls = self.validity(node)?;
        let offsets = self.offsets::<T::Offset>(node.len)?;
        let values = self.buffer()?;
        let end = offsets.last().map_or(0, |last| last.as_usize());
        if end > values.len() {
            return Err(DecodeError::truncated("values of variable length", end, values.len()));
        }
        // What lies behind the last value is no part of the array.
        let values = values.slice_with_length(0, end);
        let array = proven::bytes::<T>(offsets, values, nulls);
        Ok(Arc::new(array.map_err(|error| broken(&error))?))
    }

    fn views<T: ByteViewType>(&mut self) -> Result<ArrayRef, DecodeError> {
        const FIELD: &str = "RecordBatch.variadicBufferCounts";
        let node = self.node()?;
        let count = self.variadic_counts.next().ok_or_else(|| fewer(FIELD))?;
        let count = i64::from_le_bytes(*count);
        let room = self.buffers.len().saturating_sub(2);
        let count =
            usize::try_from(count).ok().filter(|count| *count <= room).ok_or_else(|| {
                DecodeError::invalid(FIELD, format!("{count} buffers, with {room} left"))
            })?;
        let nulls = self.validity(node)?;
        let views = self.buffer()?;
        let views = self.body.scalars::<u128>(views, node.len)?;
        let buffers = (0..count).map(|_| self.buffer()).collect::<Result<Vec<_>, _>>()?;
        // Views may share their bytes, yet each is validated: what they cover together beyond
        // the buffers is counted.
        // The low 32 bits are the length; the sum of 2^31 of them fits.
        let total: u64 = views.iter().map(|view| u64::from(*view as u32)).sum();
        let held = buffers.iter().map(Buffer::len).sum::<usize>() + views.len() * 16;
        self.body.budget.charge("views (bytes)", total.saturating_sub(u64_of(held)))?;
        let array = proven::views::<T>(views, buffers, nulls);
        Ok(Arc::new(array.map_err(|error| broken(&error))?))
    }

    fn fixed_size_binary(&mut self, width: i32) -> Result<ArrayRef, DecodeError> {
        let node = self.node()?;
        let nulls = self.validity(node)?;
        let values = self.buffer()?;
        if width == 0 {
            self.body.budget.charge_virtual_rows(node.len)?;
        }
        let need = usize::try_from(width).ok().and_then(|width| width.checked_mul(node.len));
        let need = need.unwrap_or(usize::MAX);
        if need > values.len() {
            return Err(DecodeError::truncated("values of fixed size", need, values.len()));
        }
        let values = values.slice_with_length(0, need);
        let array = FixedSizeBinaryArray::try_new_with_len(width, values, nulls, node.len);
        Ok(Arc::new(array.map_err(|error| broken(&error))?))
    }
}

/// `rows` as the metadata tells them, if they can be.
pub(super) fn row_count(field: &'static str, rows: i64) -> Result<usize, DecodeError> {
    match usize::try_from(rows) {
        Ok(rows) if rows <= ROWS_MAX => Ok(rows),
        Ok(rows) => Err(DecodeError::limit(field, u64_of(rows), ROWS_MAX)),
        Err(_) => Err(DecodeError::invalid(field, format!("{rows} is no number of rows"))),
    }
}

fn fewer(field: &'static str) -> DecodeError {
    DecodeError::invalid(field, "fewer than the schema needs")
}

/// The error for data that an array's constructor refused.
pub(super) fn broken(error: &ArrowError) -> DecodeError {
    let reason = match error {
        ArrowError::InvalidArgumentError(reason) => reason.clone(),
        other => other.to_string(),
    };
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    DecodeError::invalid("column data", reason)
}
