//! One dictionary for each column of a file.
//!
//! A stream may replace a dictionary from batch to batch; a file may not. An Arrow IPC file holds
//! one dictionary for each column, to which later batches may only add, and a Parquet reader that
//! is told of small keys has to fit every value of a batch into them. So the values of all batches
//! are merged here: for Arrow the batches are rewritten to the merged dictionary, for Parquet the
//! distinct values are only counted.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, make_array};
use arrow_array::{UInt32Array, new_empty_array};
use arrow_cast::CastOptions;
use arrow_data::ArrayData;
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::representable::Unrepresentable;
use crate::Format;

/// Why a batch could not be brought under one dictionary.
pub(super) enum DictionaryError {
    Unrepresentable(Unrepresentable),
    Arrow(ArrowError),
}

impl From<ArrowError> for DictionaryError {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

/// The dictionaries of a file being written.
pub(super) struct Dictionaries {
    format: Format,
    /// By the place of the column: indices of children, from the root.
    merged: HashMap<Vec<usize>, Merged>,
}

impl Dictionaries {
    /// For a file of `schema`; `None` where no column needs a look.
    pub(super) fn new(schema: &Schema, format: Format) -> Option<Self> {
        let wanted: fn(&DataType) -> bool = match format {
            Format::Parquet => |data_type| small_capacity(data_type).is_some(),
            Format::Arrow => {
                |data_type| matches!(data_type, DataType::Dictionary(..)) || is_runs(data_type)
            }
            Format::ArrowStream => is_runs,
            Format::Csv | Format::Ndjson => |_| false,
        };
        let any = schema.fields().iter().any(|field| contains(field.data_type(), wanted));
        any.then(|| Self { format, merged: HashMap::new() })
    }

    /// The batch as the file takes it.
    pub(super) fn adapt(&mut self, batch: &RecordBatch) -> Result<RecordBatch, DictionaryError> {
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (index, column) in batch.columns().iter().enumerate() {
            let field = batch.schema_ref().field(index);
            let mut place = Place { path: vec![index], name: vec![field.name().clone()] };
            let adapted = self.visit(&mut place, &column.to_data())?;
            columns.push(adapted.map_or_else(|| column.clone(), make_array));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
    }

    /// What becomes of an array; `None` if it stays as it is.
    fn visit(
        &mut self,
        place: &mut Place,
        data: &ArrayData,
    ) -> Result<Option<ArrayData>, DictionaryError> {
        match data.data_type() {
            DataType::Dictionary(..) => self.dictionary(place, data),
            // The Arrow IPC writer makes a run that ends at 0 of an empty slice, which is invalid.
            data_type @ DataType::RunEndEncoded(..) if data.is_empty() => {
                Ok(Some(new_empty_array(data_type).to_data()))
            }
            data_type => {
                let fields = child_fields(data_type);
                let mut children = Vec::new();
                for (index, child) in data.child_data().iter().enumerate() {
                    place.path.push(index);
                    place.name.extend(fields.get(index).map(|field| field.name().clone()));
                    let adapted = self.visit(place, child)?;
                    place.path.pop();
                    place.name.truncate(place.path.len());
                    children.push(adapted);
                }
                if children.iter().all(Option::is_none) {
                    return Ok(None);
                }
                let old = data.child_data().iter();
                let children = children
                    .into_iter()
                    .zip(old)
                    .map(|(adapted, old)| adapted.unwrap_or_else(|| old.clone()));
                let builder = data.clone().into_builder().child_data(children.collect());
                Ok(Some(builder.build()?))
            }
        }
    }

    fn dictionary(
        &mut self,
        place: &Place,
        data: &ArrayData,
    ) -> Result<Option<ArrayData>, DictionaryError> {
        let [values] = data.child_data() else { return Ok(None) };
        let rewrite = match self.format {
            Format::Arrow => true,
            Format::Parquet if small_capacity(data.data_type()).is_some() => false,
            _ => return Ok(None),
        };
        let merged = match self.merged.entry(place.path.clone()) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(Merged::new(values)?),
        };
        let mapping = merged.take_in(values)?;
        if let Some(capacity) = small_capacity(data.data_type())
            && merged.values.len() > capacity
        {
            let found = format!(
                "{} distinct dictionary values over all batches, where keys of type {} count no \
                 more than {capacity}",
                merged.values.len(),
                key_type(data.data_type()),
            );
            let column = place.name.join(".");
            let error = Unrepresentable::column(self.format, &column, found);
            return Err(DictionaryError::Unrepresentable(error));
        }
        if !rewrite {
            return Ok(None);
        }
        Ok(Some(merged.rewrite(data, mapping.as_deref())?))
    }
}

/// Where in a batch an array lies.
struct Place {
    path: Vec<usize>,
    name: Vec<String>,
}

/// The merged dictionary of one column.
struct Merged {
    converter: RowConverter,
    /// All values so far, each one once.
    values: ArrayRef,
    index: HashMap<OwnedRow, usize>,
    /// The dictionary last taken in, and its mapping: most streams send the same again.
    last: Option<(ArrayData, Option<Arc<[usize]>>)>,
}

impl Merged {
    fn new(values: &ArrayData) -> Result<Self, ArrowError> {
        let data_type = values.data_type().clone();
        Ok(Self {
            converter: RowConverter::new(vec![SortField::new(data_type.clone())])?,
            values: new_empty_array(&data_type),
            index: HashMap::new(),
            last: None,
        })
    }

    /// Adds the values that are new. Where each value lies in the merged dictionary; `None` if
    /// that is its own index.
    fn take_in(&mut self, values: &ArrayData) -> Result<Option<Arc<[usize]>>, ArrowError> {
        if let Some((last, mapping)) = &self.last
            && (last.ptr_eq(values) || last == values)
        {
            return Ok(mapping.clone());
        }
        let array = make_array(values.clone());
        let rows = self.converter.convert_columns(std::slice::from_ref(&array))?;
        let mut mapping = Vec::with_capacity(array.len());
        let mut added: Vec<u32> = Vec::new();
        for (at, row) in (0_u32..).zip(rows.iter()) {
            let next = self.index.len();
            let index = *self.index.entry(row.owned()).or_insert(next);
            if index == next {
                added.push(at);
            }
            mapping.push(index);
        }
        if !added.is_empty() {
            let indices = UInt32Array::from(added);
            let added = arrow_select::take::take(&array, &indices, None)?;
            self.values = arrow_select::concat::concat(&[&self.values, &added])?;
        }
        let same = mapping.iter().enumerate().all(|(at, index)| at == *index);
        let mapping = (!same).then(|| Arc::from(mapping));
        self.last = Some((values.clone(), mapping.clone()));
        Ok(mapping)
    }

    /// The same array over the merged dictionary.
    fn rewrite(
        &self,
        data: &ArrayData,
        mapping: Option<&[usize]>,
    ) -> Result<ArrayData, ArrowError> {
        let merged = self.values.to_data();
        let Some(mapping) = mapping.filter(|mapping| !mapping.is_empty()) else {
            // The keys mean the same values, or nothing at all.
            return data.clone().into_builder().child_data(vec![merged]).build();
        };
        let array = make_array(data.clone());
        let dictionary = array.as_any_dictionary();
        let keys = dictionary.keys();
        let indices = dictionary.normalized_keys().into_iter().enumerate().map(|(row, key)| {
            let index = mapping.get(key).copied().unwrap_or_default();
            keys.is_valid(row).then_some(index as i64)
        });
        let indices = indices.collect::<Int64Array>();
        let exact = CastOptions { safe: false, ..CastOptions::default() };
        let keys = arrow_cast::cast_with_options(&indices, keys.data_type(), &exact)?.to_data();
        keys.into_builder().data_type(data.data_type().clone()).child_data(vec![merged]).build()
    }
}

/// How many values a dictionary with small keys can hold; `None` for keys that never run out.
fn small_capacity(data_type: &DataType) -> Option<usize> {
    let DataType::Dictionary(key, _) = data_type else { return None };
    match **key {
        DataType::Int8 => Some(1 << 7),
        DataType::UInt8 => Some(1 << 8),
        DataType::Int16 => Some(1 << 15),
        DataType::UInt16 => Some(1 << 16),
        _ => None,
    }
}

fn key_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Dictionary(key, _) => key.to_string(),
        other => other.to_string(),
    }
}

fn is_runs(data_type: &DataType) -> bool {
    matches!(data_type, DataType::RunEndEncoded(..))
}

/// Whether a type, or one inside it, is `wanted`.
fn contains(data_type: &DataType, wanted: fn(&DataType) -> bool) -> bool {
    let inside = || {
        let fields = child_fields(data_type);
        fields.into_iter().any(|field| contains(field.data_type(), wanted))
    };
    wanted(data_type) || inside()
}

/// The fields of a type, in the order of its arrays' children.
fn child_fields(data_type: &DataType) -> Vec<&Field> {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => vec![field],
        DataType::RunEndEncoded(ends, values) => vec![ends, values],
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.as_ref()).collect(),
        _ => Vec::new(),
    }
}
