//! Schemas as messages.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_ipc::convert::{fb_to_schema, try_schema_from_ipc_buffer};
use arrow_ipc::{MetadataVersion, root_as_message};
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;
use wingbeat_wire::ipc::{encapsulate_schema, encode_schema};

use wingbeat_testkit::types;

fn decoded(schema: &Schema) -> Schema {
    let bytes = encode_schema(schema);
    let message = root_as_message(&bytes).unwrap();
    assert_eq!((message.version(), message.bodyLength()), (MetadataVersion::V5, 0));
    fb_to_schema(message.header_as_schema().unwrap())
}

#[test]
fn metadata_and_extension_types() {
    let extension = HashMap::from([
        ("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned()),
        ("ARROW:extension:metadata".to_owned(), String::new()),
    ]);
    let uuid = Field::new("id", DataType::FixedSizeBinary(16), false).with_metadata(extension);
    let nested = Field::new("nested", DataType::List(Arc::new(uuid.clone())), true);
    let metadata = HashMap::from([("origin".to_owned(), "geese".to_owned())]);
    let schema = Schema::new_with_metadata(vec![uuid, nested], metadata);
    assert_eq!(decoded(&schema), schema);
    let bytes = encapsulate_schema(&schema);
    assert_eq!(bytes.len() % 8, 0);
    assert_eq!(bytes[..4], [0xff; 4]);
    assert_eq!(try_schema_from_ipc_buffer(&bytes).unwrap(), schema);
    assert_eq!(encode_schema(&schema), encode_schema(&schema.clone()), "metadata is not sorted");
}

#[test]
fn every_type() {
    let fields = types::flat().into_iter().enumerate();
    let schema =
        Schema::new(fields.map(|(i, t)| Field::new(format!("{i}"), t, true)).collect::<Vec<_>>());
    assert_eq!(decoded(&schema), schema);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema(schema in types::any_schema()) {
        prop_assert_eq!(&decoded(&schema), &schema);
        let whole = try_schema_from_ipc_buffer(&encapsulate_schema(&schema)).unwrap();
        prop_assert_eq!(&whole, &schema);
    }
}
