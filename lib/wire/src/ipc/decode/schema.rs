//! The schema of a stream, as IPC describes it: Arrow's `Schema`, and beside it which dictionary
//! belongs to which field.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_ipc::{DictionaryKind, Endianness, KeyValue};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use flatbuffers::{ForwardsUOffset, Vector};

use super::envelope::{Envelope, Header, NESTING_DEPTH_CAP, too_deep};
use super::types;
use crate::{DecodeError, Limits};

/// The continuation marker of an encapsulated message.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Decodes a schema from a bare `Message` flatbuffer, as `FlightData.data_header` holds it.
///
/// # Errors
///
/// When the bytes are no valid message or hold something other than a schema, when a type is
/// unknown or has impossible parameters, and when `limits` are exceeded.
pub fn decode_schema(header: &[u8], limits: &Limits) -> Result<Schema, DecodeError> {
    let envelope = Envelope::open(header, limits)?;
    let Header::Schema(schema) = envelope.header else {
        return Err(DecodeError::invalid("Message.header", "expected a schema, found data"));
    };
    let schema = StreamSchema::read(&schema, limits)?.schema;
    Ok(Arc::unwrap_or_clone(schema))
}

/// Decodes a schema from an encapsulated message, as `FlightInfo.schema` and
/// `SchemaResult.schema` hold it: a continuation marker (which writers before Arrow 0.15 leave
/// out), the length, the flatbuffer. Bytes behind it are tolerated.
///
/// # Errors
///
/// As [`decode_schema`], and when the bytes end before the length says.
pub fn decode_encapsulated_schema(bytes: &[u8], limits: &Limits) -> Result<Schema, DecodeError> {
    const FIELD: &str = "encapsulated schema";
    let rest = bytes.strip_prefix(&CONTINUATION).unwrap_or(bytes);
    let Some((prefix, rest)) = rest.split_first_chunk::<4>() else {
        return Err(DecodeError::truncated(FIELD, bytes.len() - rest.len() + 4, bytes.len()));
    };
    let len = i32::from_le_bytes(*prefix);
    let len = match usize::try_from(len) {
        Ok(0) => return Err(DecodeError::invalid(FIELD, "the length is 0, so there is no schema")),
        Ok(len) => len,
        Err(_) => return Err(DecodeError::invalid(FIELD, format!("{len} is no length"))),
    };
    let header = rest.get(..len).ok_or_else(|| DecodeError::truncated(FIELD, len, rest.len()))?;
    decode_schema(header, limits)
}

/// A decoded schema, ready to decode batches with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StreamSchema {
    pub(super) schema: SchemaRef,
    /// The dictionary of each dictionary-encoded field, in the order in which a walk over the
    /// columns meets them. Dictionaries inside a dictionary's values are not among them.
    pub(super) ids: Vec<i64>,
    pub(super) dictionaries: HashMap<i64, DictionaryType>,
}

/// What a dictionary holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DictionaryType {
    pub(super) values: DataType,
    /// As [`StreamSchema::ids`], for the fields within the values.
    pub(super) ids: Vec<i64>,
}

impl StreamSchema {
    pub(super) fn read(
        schema: &arrow_ipc::Schema<'_>,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        match schema.endianness() {
            Endianness::Little => {}
            Endianness::Big => {
                return Err(DecodeError::unsupported("Schema.endianness", "big-endian data"));
            }
            Endianness(number) => {
                let reason = format!("{number} is neither little (0) nor big (1)");
                return Err(DecodeError::invalid("Schema.endianness", reason));
            }
        }
        let mut reader = FieldReader {
            depth_max: limits.nesting_depth_max.min(NESTING_DEPTH_CAP),
            fields_max: limits.fields_max,
            fields: 0,
            ids: Vec::new(),
            dictionaries: HashMap::new(),
        };
        let fields = reader.fields(schema.fields(), 1)?;
        let schema = Schema::new_with_metadata(fields, metadata(schema.custom_metadata()));
        Ok(Self { schema: Arc::new(schema), ids: reader.ids, dictionaries: reader.dictionaries })
    }
}

/// Reads fields recursively, counting them and collecting their dictionaries.
pub(super) struct FieldReader {
    depth_max: usize,
    fields_max: usize,
    fields: usize,
    ids: Vec<i64>,
    dictionaries: HashMap<i64, DictionaryType>,
}

type FieldTables<'a> = Vector<'a, ForwardsUOffset<arrow_ipc::Field<'a>>>;

impl FieldReader {
    /// The fields of a schema or the children of a field; none where the vector is absent.
    pub(super) fn fields(
        &mut self,
        tables: Option<FieldTables<'_>>,
        depth: usize,
    ) -> Result<Vec<Field>, DecodeError> {
        tables.into_iter().flatten().map(|table| self.field(table, depth)).collect()
    }

    fn field(&mut self, table: arrow_ipc::Field<'_>, depth: usize) -> Result<Field, DecodeError> {
        if depth > self.depth_max {
            return Err(too_deep(self.depth_max));
        }
        self.fields += 1;
        if self.fields > self.fields_max {
            let found = u64::try_from(self.fields).unwrap_or(u64::MAX);
            return Err(DecodeError::limit("Schema.fields", found, self.fields_max));
        }
        let name = table.name().unwrap_or_default();
        let (data_type, ordered) = match table.dictionary() {
            Some(encoding) => (self.dictionary(&table, &encoding, depth)?, encoding.isOrdered()),
            None => (types::data_type(self, &table, depth)?, false),
        };
        Ok(Field::new(name, data_type, table.nullable())
            .with_dict_is_ordered(ordered)
            .with_metadata(metadata(table.custom_metadata())))
    }

    fn dictionary(
        &mut self,
        table: &arrow_ipc::Field<'_>,
        encoding: &arrow_ipc::DictionaryEncoding<'_>,
        depth: usize,
    ) -> Result<DataType, DecodeError> {
        const FIELD: &str = "Field.dictionary";
        if encoding.dictionaryKind() != DictionaryKind::DenseArray {
            let feature = format!("dictionary kind number {}", encoding.dictionaryKind().0);
            return Err(DecodeError::unsupported(FIELD, feature));
        }
        // Absent means signed 32-bit (Schema.fbs).
        let key = encoding.indexType().map_or(Ok(DataType::Int32), |int| types::integer(&int))?;
        // What lies inside the values belongs to the dictionary, not to the column.
        let outside = std::mem::take(&mut self.ids);
        let values = types::data_type(self, table, depth)?;
        let ids = std::mem::replace(&mut self.ids, outside);
        let id = encoding.id();
        self.ids.push(id);
        let dictionary = DictionaryType { values, ids };
        let values = dictionary.values.clone();
        match self.dictionaries.get(&id) {
            None => drop(self.dictionaries.insert(id, dictionary)),
            Some(known) if *known == dictionary => {}
            Some(_) => {
                let reason = format!("dictionary {id} is declared with two different value types");
                return Err(DecodeError::invalid(FIELD, reason));
            }
        }
        Ok(DataType::Dictionary(Box::new(key), Box::new(values)))
    }
}

type Pairs<'a> = Vector<'a, ForwardsUOffset<KeyValue<'a>>>;

fn metadata(pairs: Option<Pairs<'_>>) -> HashMap<String, String> {
    pairs
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.key()?.to_owned(), pair.value()?.to_owned())))
        .collect()
}
