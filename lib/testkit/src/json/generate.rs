//! A file with random values.

use arrow_schema::{DataType, Field, Schema};
use serde_json::{Value, json};

use super::columns::column;
use super::schema::{metadata_json, type_json};
use super::text::ordered;
use crate::Random;

/// How many values each dictionary has.
pub(super) const DICTIONARY_LEN: usize = 10;

/// The file; the same for the same arguments.
pub(super) fn file(schema: &Schema, rows: &[usize]) -> String {
    let mut random = Random::new(rows.len() as u64);
    let mut dictionaries = Vec::new();
    let fields = schema.fields().iter();
    let fields: Vec<Value> =
        fields.map(|field| field_json(field, &mut dictionaries, &mut random)).collect();
    let batches = rows.iter().map(|&rows| {
        let columns = schema.fields().iter();
        let columns = columns.map(|field| column(field, field.name(), rows, &mut random));
        json!({"count": rows, "columns": columns.collect::<Vec<_>>()})
    });
    let batches: Vec<Value> = batches.collect();
    let mut file = json!({"schema": {"fields": fields}});
    if !schema.metadata().is_empty() {
        file["schema"]["metadata"] = metadata_json(schema.metadata());
    }
    if !dictionaries.is_empty() {
        file["dictionaries"] = dictionaries.into();
    }
    file["batches"] = batches.into();
    ordered(&file)
}

/// A field, and the dictionaries in it, the inner ones first.
fn field_json(field: &Field, dictionaries: &mut Vec<Value>, random: &mut Random) -> Value {
    let (data_type, key) = match field.data_type() {
        DataType::Dictionary(key, values) => (values.as_ref(), Some(key)),
        other => (other, None),
    };
    let children = children(data_type);
    let children: Vec<Value> =
        children.iter().map(|child| field_json(child, dictionaries, random)).collect();
    let mut json = json!({
        "name": field.name(),
        "type": type_json(data_type),
        "nullable": field.is_nullable(),
        "children": children,
    });
    if let Some(key) = key {
        let id = dictionaries.len();
        json["dictionary"] = json!({"id": id, "indexType": type_json(key), "isOrdered": false});
        let values = Field::new("values", data_type.clone(), true);
        let values = column(&values, &format!("DICT{id}"), DICTIONARY_LEN, random);
        let data = json!({"count": DICTIONARY_LEN, "columns": [values]});
        dictionaries.push(json!({"id": id, "data": data}));
    }
    if !field.metadata().is_empty() {
        json["metadata"] = metadata_json(field.metadata());
    }
    json
}

/// The fields in a type.
pub(super) fn children(data_type: &DataType) -> Vec<&Field> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => vec![item],
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.as_ref()).collect(),
        DataType::RunEndEncoded(ends, values) => vec![ends, values],
        _ => Vec::new(),
    }
}
