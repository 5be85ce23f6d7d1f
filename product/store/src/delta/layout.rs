//! How the batches of an upload become files of a table: which columns, in which order, as which
//! types, and by which values they are parted.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Schema, SchemaRef};

use super::creation::{NewSchema, new_schema};
use super::schema::plain_schema;
use super::table::Table;
use crate::StoreError;
use crate::read::cast_strictly;

/// The layout of an upload to a table.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// For each column of the table its place in the batches of the upload.
    places: Vec<usize>,
    /// The table's columns as files have them.
    plain: SchemaRef,
    /// The partition columns, as indices into `plain`.
    partitions: Vec<usize>,
    /// The columns as they are uploaded.
    uploaded: SchemaRef,
    /// What a table is made with, where one is made.
    new: Option<Arc<NewSchema>>,
}

impl Layout {
    /// Of an upload that is added to a table: the same columns by name, each of exactly its type.
    ///
    /// # Errors
    /// [`StoreError::InvalidRequest`] names the column and both types.
    pub(crate) fn appending(table: &Table, schema: &SchemaRef) -> Result<Self, StoreError> {
        let refused = |reason: String| {
            StoreError::request(format!("upload to table {}: {reason}", table.path().display()))
        };
        let own = table.schema();
        for field in schema.fields() {
            if own.index_of(field.name()).is_err() {
                let columns: Vec<_> = own.fields().iter().map(|field| field.name()).collect();
                let reason =
                    format!("the table has no column {:?}, only {columns:?}", field.name());
                return Err(refused(reason));
            }
        }
        let mut places = Vec::with_capacity(own.fields().len());
        for field in own.fields() {
            let Ok(place) = schema.index_of(field.name()) else {
                let reason =
                    format!("column {:?} ({}) is missing", field.name(), field.data_type());
                return Err(refused(reason));
            };
            let found = schema.field(place).data_type();
            if !same_type(field.data_type(), found) {
                return Err(refused(format!(
                    "column {:?} is {} in the table and {found} in the upload",
                    field.name(),
                    field.data_type()
                )));
            }
            places.push(place);
        }
        if places.len() != schema.fields().len() {
            return Err(refused("a column stands twice in it".to_owned()));
        }
        let plain = Arc::new(plain_schema(table.path(), &table.state().schema())?);
        let partitions = table.keys().to_vec();
        Ok(Self { places, plain, partitions, uploaded: schema.clone(), new: None })
    }

    /// Of an upload that makes a table, or takes the place of all that is in one.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] names the column and the type that Delta Lake cannot hold.
    pub(crate) fn making(schema: &SchemaRef) -> Result<Self, StoreError> {
        let new = Arc::new(new_schema(schema)?);
        let places = (0..schema.fields().len()).collect();
        let (plain, uploaded) = (new.plain.clone(), schema.clone());
        Ok(Self { places, plain, partitions: Vec::new(), uploaded, new: Some(new) })
    }

    /// The same for a table that is parted already: it stays parted by the same columns.
    pub(crate) fn overwriting(table: &Table, schema: &SchemaRef) -> Result<Self, StoreError> {
        let mut layout = Self::making(schema)?;
        for name in table.state().metadata().partition_columns() {
            let Ok(place) = schema.index_of(name) else {
                return Err(StoreError::Unsupported {
                    reason: format!(
                        "table {} is partitioned by {name:?}, which the upload lacks; drop the \
                         table first",
                        table.path().display()
                    ),
                });
            };
            layout.partitions.push(place);
        }
        Ok(layout)
    }

    /// Whether what was written for this layout still fits a table, which others may have changed.
    pub(crate) fn check(&self, table: &Table) -> Result<(), StoreError> {
        let now = match self.new {
            Some(_) => Self::overwriting(table, &self.uploaded)?,
            None => Self::appending(table, &self.uploaded)?,
        };
        if now.plain == self.plain && now.partitions == self.partitions {
            return Ok(());
        }
        Err(StoreError::Changed {
            name: table.path().display().to_string(),
            reason: "its columns changed during the upload".to_owned(),
        })
    }

    /// Whether both write the same columns the same way.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.plain == other.plain
            && self.partitions == other.partitions
            && self.new.is_some() == other.new.is_some()
    }

    /// The layout of adding to the table that another upload of the same columns has made.
    pub(crate) fn to_append(&self, table: &Table) -> Result<Self, StoreError> {
        let appending = Self::appending(table, &self.uploaded)?;
        if appending.plain == self.plain && appending.partitions == self.partitions {
            return Ok(appending);
        }
        Err(StoreError::Changed {
            name: table.path().display().to_string(),
            reason: "somebody else made it meanwhile, with other columns".to_owned(),
        })
    }

    /// The layout of making the table that the upload was to be added to, and which is gone.
    pub(crate) fn to_make(&self) -> Result<Self, StoreError> {
        if self.new.is_some() {
            return Ok(self.clone());
        }
        if self.partitions.is_empty() {
            return Self::making(&self.uploaded);
        }
        Err(StoreError::request("the partitioned table was dropped during the upload"))
    }

    /// What a table is made with.
    pub(super) fn new_table(&self) -> Option<&NewSchema> {
        self.new.as_deref()
    }

    /// The columns of the table, as its files have them.
    pub(super) fn plain(&self) -> &SchemaRef {
        &self.plain
    }

    /// The partition columns, as indices into [`Self::plain`].
    pub(super) fn partitions(&self) -> &[usize] {
        &self.partitions
    }

    /// A batch of the upload with the table's columns.
    pub(super) fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch, StoreError> {
        if batch.schema_ref().fields() != self.uploaded.fields() {
            return Err(StoreError::request(format!(
                "expected a batch of {}, found one of {}",
                self.uploaded,
                batch.schema_ref()
            )));
        }
        let mut columns = Vec::with_capacity(self.places.len());
        for (field, &place) in self.plain.fields().iter().zip(&self.places) {
            let column = batch.column(place);
            let column = if column.data_type() == field.data_type() {
                column.clone()
            } else {
                cast_strictly(column, field.data_type()).map_err(|error| {
                    StoreError::request(format!("column {:?}: {error}", field.name()))
                })?
            };
            columns.push(column);
        }
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.plain.clone(), columns, &rows)
            .map_err(|error| StoreError::request(error.to_string()))
    }

    /// The columns that are in the files.
    pub(super) fn in_files(&self) -> SchemaRef {
        if self.partitions.is_empty() {
            return self.plain.clone();
        }
        let fields = self.plain.fields().iter().enumerate();
        let own = fields.filter(|(at, _)| !self.partitions.contains(at));
        Arc::new(Schema::new(own.map(|(_, field)| field.clone()).collect::<Vec<_>>()))
    }
}

/// Whether two types hold the same values in the same form; how the items of lists are called, and
/// whether nested values may be null, is not part of it.
fn same_type(a: &DataType, b: &DataType) -> bool {
    use DataType::{
        Dictionary, FixedSizeList, LargeList, LargeListView, List, ListView, Map, Struct,
    };
    match (a, b) {
        (List(a), List(b))
        | (LargeList(a), LargeList(b))
        | (ListView(a), ListView(b))
        | (LargeListView(a), LargeListView(b)) => same_type(a.data_type(), b.data_type()),
        (FixedSizeList(a, of), FixedSizeList(b, other)) => {
            of == other && same_type(a.data_type(), b.data_type())
        }
        (Map(a, sorted), Map(b, other)) => match (a.data_type(), b.data_type()) {
            (Struct(a), Struct(b)) if sorted == other && a.len() == b.len() => {
                a.iter().zip(b).all(|(a, b)| same_type(a.data_type(), b.data_type()))
            }
            _ => false,
        },
        (Struct(a), Struct(b)) => {
            let same = |(a, b): (&Arc<arrow_schema::Field>, &Arc<arrow_schema::Field>)| {
                a.name() == b.name() && same_type(a.data_type(), b.data_type())
            };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        (Dictionary(key, a), Dictionary(other, b)) => key == other && same_type(a, b),
        (a, b) => a == b,
    }
}
