//! Columns of tables and columns of Arrow.
//!
//! Delta Lake has fewer types than Arrow. A column whose values all have a Delta type is stored as
//! that type, and the Arrow schema that was uploaded is kept in the table's properties, so that it
//! comes back as it was: a `large_string` is a `string` to every other tool and a `large_string`
//! here. What Delta cannot hold without loss is refused before the first batch.

use std::path::Path;
use std::sync::Arc;

use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deltalake_core::kernel::engine::arrow_conversion::{TryIntoArrow as _, TryIntoKernel as _};
use deltalake_core::kernel::{DataType as DeltaType, StructType};
use deltalake_core::table::state::DeltaTableState;

use crate::StoreError;

/// The property of a table that holds the Arrow schema it was made with, as base64 of an Arrow
/// IPC schema message. It counts for each column as long as that has the Delta type it had then.
pub(super) const SCHEMA_PROPERTY: &str = "wingbeat.schema";

/// The most digits of a decimal.
const DECIMAL_DIGITS_MAX: u8 = 38;
/// The digits of the greatest 64-bit number.
const U64_DIGITS: u8 = 20;

/// The columns of a table, with the Arrow types that they were made with.
pub(super) fn arrow_schema(path: &Path, state: &DeltaTableState) -> Result<SchemaRef, StoreError> {
    let plain = plain_schema(path, &state.schema())?;
    let Some(own) = own_schema(state) else { return Ok(Arc::new(plain)) };
    let field = |field: &FieldRef| match own.field_with_name(field.name()) {
        Ok(own) if stores(own.data_type(), field.data_type()) => {
            Arc::new(own.clone().with_nullable(field.is_nullable()))
        }
        _ => field.clone(),
    };
    let fields: Fields = plain.fields().iter().map(field).collect();
    Ok(Arc::new(Schema::new_with_metadata(fields, own.metadata().clone())))
}

/// The columns of a table as Delta Lake's types read.
pub(super) fn plain_schema(path: &Path, schema: &StructType) -> Result<Schema, StoreError> {
    let plain: Result<Schema, _> = schema.try_into_arrow();
    plain.map_err(|error| StoreError::Unsupported {
        reason: format!("Delta table {} has a column that Arrow lacks: {error}", path.display()),
    })
}

/// The Arrow schema that a table was made with, if this store made it.
fn own_schema(state: &DeltaTableState) -> Option<Schema> {
    let text = state.metadata().configuration().get(SCHEMA_PROPERTY)?;
    try_schema_from_ipc_buffer(&STANDARD.decode(text).ok()?).ok()
}

/// Whether columns of an Arrow type are stored as this Delta type (in Arrow's terms).
fn stores(arrow: &DataType, plain: &DataType) -> bool {
    let delta = |data_type: &DataType| -> Option<DeltaType> { data_type.try_into_kernel().ok() };
    match stored(arrow) {
        Some(stored) => delta(&stored).is_some_and(|stored| delta(plain) == Some(stored)),
        None => false,
    }
}

/// The type as which values of an Arrow type are stored: one that Delta Lake has, and that holds
/// every one of them.
pub(super) fn stored(data_type: &DataType) -> Option<DataType> {
    use DataType::{
        Binary, BinaryView, Boolean, Date32, Decimal32, Decimal64, Decimal128, Dictionary,
        FixedSizeBinary, FixedSizeList, Float16, Float32, Float64, Int8, Int16, Int32, Int64,
        LargeBinary, LargeList, LargeListView, LargeUtf8, List, ListView, Map, Struct, Timestamp,
        UInt8, UInt16, UInt32, UInt64, Utf8, Utf8View,
    };
    Some(match data_type {
        Boolean | Int8 | Int16 | Int32 | Int64 | Float32 | Float64 | Date32 => data_type.clone(),
        UInt8 => Int16,
        UInt16 => Int32,
        UInt32 => Int64,
        UInt64 => Decimal128(U64_DIGITS, 0),
        Float16 => Float32,
        Utf8 | LargeUtf8 | Utf8View => Utf8,
        Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => Binary,
        Decimal32(digits, scale) | Decimal64(digits, scale) | Decimal128(digits, scale) => {
            let whole = u8::try_from(*scale).is_ok_and(|scale| scale <= *digits);
            (*digits <= DECIMAL_DIGITS_MAX && whole).then_some(Decimal128(*digits, *scale))?
        }
        Timestamp(TimeUnit::Nanosecond, _) => return None,
        Timestamp(_, None) => Timestamp(TimeUnit::Microsecond, None),
        Timestamp(_, Some(_)) => Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Dictionary(_, values) => stored(values)?,
        List(item)
        | LargeList(item)
        | ListView(item)
        | LargeListView(item)
        | FixedSizeList(item, _) => List(stored_field(item)?),
        Struct(fields) if !fields.is_empty() => {
            Struct(fields.iter().map(stored_field).collect::<Option<Fields>>()?)
        }
        Map(entries, false) => Map(stored_field(entries)?, false),
        _ => return None,
    })
}

fn stored_field(field: &FieldRef) -> Option<FieldRef> {
    let data_type = stored(field.data_type())?;
    Some(Arc::new(Field::new(field.name(), data_type, field.is_nullable())))
}
