//! The schema file beside a text file: which types its columns have, and how it is written.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use serde::Deserialize;

use super::options::ReadOptions;
use crate::error::StoreError;

/// The content of `NAME.schema.json`, beside `NAME.csv`, or beside the folder `NAME` for every text
/// file in it that has none of its own:
///
/// ```json
/// {"fields": [{"name": "zip", "type": "utf8", "nullable": true}],
///  "header": true, "delimiter": ";", "null": ["NA"]}
/// ```
///
/// Every key may be absent. `fields` of a CSV file with a header replace the inferred types of the
/// columns they name; of one without a header they are all its columns; of an NDJSON file they are
/// all the columns wanted. A `type` is `bool`, `int8` to `int64`, `uint8` to `uint64`, `float32`,
/// `float64`, `utf8` (or `string`), `binary`, `date` (or `date32`), `timestamp` (microseconds, no
/// zone), `timestamptz` (microseconds, UTC), or any type as arrow-rs displays it, such as
/// `Decimal128(10, 2)`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemaFile {
    #[serde(default)]
    fields: Vec<SchemaField>,
    header: Option<bool>,
    delimiter: Option<String>,
    null: Option<Vec<String>>,
}

/// One column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaField {
    name: String,
    r#type: String,
    #[serde(default = "yes")]
    nullable: bool,
}

/// For serde: what is absent is true.
fn yes() -> bool {
    true
}

impl SchemaFile {
    /// Reads the content of a schema file; `name` is what errors call it.
    pub(crate) fn parse(text: &[u8], name: &Path) -> Result<Self, StoreError> {
        serde_json::from_slice(text).map_err(|error| StoreError::corrupt(name, error))
    }

    /// The options with what this file says in place of the defaults.
    pub(crate) fn apply(&self, base: &ReadOptions, name: &Path) -> Result<ReadOptions, StoreError> {
        let mut options = base.clone();
        if let Some(header) = self.header {
            options.header = header;
        }
        if let Some(delimiter) = &self.delimiter {
            let [byte] = delimiter.as_bytes() else {
                let reason = format!("delimiter {delimiter:?} is not one ASCII character");
                return Err(StoreError::corrupt(name, reason));
            };
            options.delimiter = Some(*byte);
        }
        if let Some(null) = &self.null {
            options.null_tokens.clone_from(null);
        }
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|field| {
                let data_type = parse_type(&field.r#type).ok_or_else(|| {
                    let reason =
                        format!("column {:?} has the unknown type {:?}", field.name, field.r#type);
                    StoreError::corrupt(name, reason)
                })?;
                Ok(Field::new(&field.name, data_type, field.nullable))
            });
            let fields = fields.collect::<Result<Vec<_>, StoreError>>()?;
            options.schema = Some(Arc::new(Schema::new(fields)));
        }
        Ok(options)
    }
}

/// A type by its short name, or as arrow-rs displays it.
fn parse_type(name: &str) -> Option<DataType> {
    let short = match name.to_ascii_lowercase().as_str() {
        "bool" | "boolean" => DataType::Boolean,
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" | "int" => DataType::Int32,
        "int64" | "bigint" => DataType::Int64,
        "uint8" => DataType::UInt8,
        "uint16" => DataType::UInt16,
        "uint32" => DataType::UInt32,
        "uint64" => DataType::UInt64,
        "float32" | "float" => DataType::Float32,
        "float64" | "double" => DataType::Float64,
        "utf8" | "string" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date" | "date32" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => return name.parse().ok(),
    };
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_overrides_the_options() {
        let name = Path::new("a.schema.json");
        let text = br#"{"fields": [{"name": "zip", "type": "utf8"},
            {"name": "sum", "type": "Decimal128(10, 2)", "nullable": false}],
            "header": false, "delimiter": ";", "null": ["NA"]}"#;
        let options = SchemaFile::parse(text, name).unwrap();
        let options = options.apply(&ReadOptions::default(), name).unwrap();
        assert!(!options.header);
        assert_eq!(options.delimiter, Some(b';'));
        assert_eq!(options.null_tokens, ["NA"]);
        let schema = options.schema.unwrap();
        assert_eq!(schema.field(0), &Field::new("zip", DataType::Utf8, true));
        assert_eq!(schema.field(1), &Field::new("sum", DataType::Decimal128(10, 2), false));
    }

    #[test]
    fn faults_are_named() {
        let name = Path::new("a.schema.json");
        let fault = SchemaFile::parse(br#"{"filds": []}"#, name).unwrap_err().to_string();
        assert!(fault.contains("a.schema.json") && fault.contains("filds"), "{fault}");
        let file = SchemaFile::parse(br#"{"fields":[{"name":"a","type":"int7"}]}"#, name).unwrap();
        let fault = file.apply(&ReadOptions::default(), name).unwrap_err().to_string();
        assert!(fault.contains("\"int7\"") && fault.contains("\"a\""), "{fault}");
    }
}
