//! Reading a file.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use serde_json::Value;

use super::schema::{Node, metadata};
use super::{values, wrong};

type Result<T, E = ArrowError> = std::result::Result<T, E>;

/// The values of dictionaries by their ids.
pub(super) type Dictionaries = HashMap<u64, ArrayRef>;

/// The schema and the batches of a file.
///
/// # Errors
/// When the text is no such file.
pub fn read(text: &[u8]) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let file: Value = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
    let nodes = list(&file["schema"]["fields"]).iter().map(Node::read);
    let nodes = nodes.collect::<Result<Vec<_>>>()?;
    let fields = nodes.iter().map(|node| node.field.clone());
    let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata(&file["schema"]));
    let schema = Arc::new(schema);
    let dictionaries = dictionaries(&nodes, &file["dictionaries"])?;
    let batches = list(&file["batches"]).iter().map(|batch| {
        let columns = list(&batch["columns"]);
        if columns.len() != nodes.len() {
            return Err(wrong(format!("{} columns, expected {}", columns.len(), nodes.len())));
        }
        let columns =
            nodes.iter().zip(columns).map(|(node, json)| array(node, json, &dictionaries));
        let rows = usize::try_from(batch["count"].as_u64().unwrap_or_default()).ok();
        let options = RecordBatchOptions::new().with_row_count(rows);
        RecordBatch::try_new_with_options(schema.clone(), columns.collect::<Result<_>>()?, &options)
    });
    let batches = batches.collect::<Result<_>>()?;
    Ok((schema, batches))
}

/// The elements of a JSON array; none when it is no array.
pub(super) fn list(json: &Value) -> &[Value] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The dictionaries in the order of the file, in which inner ones come first.
fn dictionaries(nodes: &[Node], json: &Value) -> Result<Dictionaries> {
    let mut all = Vec::new();
    nodes.iter().for_each(|node| node.walk(&mut all));
    let mut read = Dictionaries::new();
    for dictionary in list(json) {
        let id = dictionary["id"].as_u64();
        let node = all.iter().find(|node| node.dictionary.is_some() && node.dictionary == id);
        let (Some(node), Some(id)) = (node, id) else {
            return Err(wrong(format!("no field has the dictionary {}", dictionary["id"])));
        };
        let DataType::Dictionary(_, value_type) = node.field.data_type() else {
            return Err(wrong("a dictionary of a field that is none"));
        };
        let column = &dictionary["data"]["columns"][0];
        read.insert(id, values::array(value_type, &node.children, column, &read)?);
    }
    Ok(read)
}

/// The column of a field.
pub(super) fn array(node: &Node, column: &Value, dictionaries: &Dictionaries) -> Result<ArrayRef> {
    let data_type = node.field.data_type();
    let DataType::Dictionary(key, _) = data_type else {
        return values::array(data_type, &node.children, column, dictionaries);
    };
    let values = node.dictionary.and_then(|id| dictionaries.get(&id));
    let values = values.ok_or_else(|| wrong("a field lacks its dictionary"))?;
    let keys = values::array(key, &[], column, dictionaries)?.to_data();
    let data = ArrayData::builder(data_type.clone())
        .len(keys.len())
        .nulls(keys.nulls().cloned())
        .buffers(keys.buffers().to_vec())
        .add_child_data(values.to_data());
    Ok(make_array(data.build()?))
}
