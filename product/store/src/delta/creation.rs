//! The table that an upload makes: its columns in Delta's terms.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use arrow_cast::can_cast_types;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use deltalake_core::kernel::StructType;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use parquet::arrow::encode_arrow_schema;

use super::schema::{plain_schema, stored};
use crate::StoreError;

/// What a new table is made of.
#[derive(Debug)]
pub(super) struct NewSchema {
    /// Its columns in Delta's terms.
    pub(super) delta: StructType,
    /// The same as its files have them.
    pub(super) plain: SchemaRef,
    /// The Arrow schema as text, for the property of that name.
    pub(super) text: String,
    /// Whether there is a time without a zone, which is a feature of its own.
    pub(super) zoneless: bool,
}

/// The table that columns of Arrow make.
///
/// # Errors
/// [`StoreError::Unsupported`] names the column and the type that Delta Lake cannot hold.
pub(super) fn new_schema(schema: &Schema) -> Result<NewSchema, StoreError> {
    let unsupported = |reason: String| StoreError::Unsupported { reason };
    if schema.fields().is_empty() {
        return Err(unsupported("a Delta table has at least one column".to_owned()));
    }
    check_names("", schema.fields())?;
    let mut fields = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let plain = stored(field.data_type())
            .filter(|plain| can_cast_types(field.data_type(), plain))
            .filter(|plain| can_cast_types(plain, field.data_type()));
        let Some(plain) = plain else {
            return Err(unsupported(format!(
                "Delta Lake cannot hold column {:?}: {}",
                field.name(),
                refusal(field.data_type())
            )));
        };
        fields.push(Field::new(field.name(), plain, field.is_nullable()));
    }
    let stored: Schema = Schema::new(fields);
    let delta: Result<StructType, _> = (&stored).try_into_kernel();
    let delta = delta
        .map_err(|error| unsupported(format!("Delta Lake cannot hold these columns: {error}")))?;
    let plain = Arc::new(plain_schema(Path::new("of the upload"), &delta)?);
    let text = encode_arrow_schema(schema);
    let zoneless = plain.fields().iter().any(|field| has_zoneless(field.data_type()));
    Ok(NewSchema { delta, plain, text, zoneless })
}

/// Refuses names that differ in case alone, which Delta Lake takes for one.
fn check_names(above: &str, fields: &Fields) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    for field in fields {
        let path = format!("{above}{}", field.name());
        if !seen.insert(field.name().to_lowercase()) {
            let reason = format!("Delta Lake cannot hold two columns named {path:?} in any case");
            return Err(StoreError::Unsupported { reason });
        }
        if let DataType::Struct(inner) = field.data_type() {
            check_names(&format!("{path}."), inner)?;
        }
    }
    Ok(())
}

/// The innermost type in the way.
fn refusal(data_type: &DataType) -> String {
    let inner: Vec<&Field> = match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => vec![field],
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    let odd = inner.into_iter().find(|field| stored(field.data_type()).is_none());
    match odd {
        Some(field) => format!("{} (in {:?})", refusal(field.data_type()), field.name()),
        None => match data_type {
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                format!("{data_type}, which is finer than microseconds")
            }
            other => other.to_string(),
        },
    }
}

/// Whether a type has a time without a zone in it.
fn has_zoneless(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(_, None) => true,
        DataType::List(field) | DataType::Map(field, _) => has_zoneless(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_zoneless(field.data_type())),
        _ => false,
    }
}
