//! Which dictionaries a stream has, and which of them have to be sent before a batch.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef, Schema};
use arrow_select::take::take;

use crate::EncodeError;

/// The dictionary ids of a field and of what is inside of it, in the shape of its type.
#[derive(Debug)]
struct Ids {
    /// The field's own, if it is dictionary-encoded.
    own: Option<usize>,
    /// Those of its children; empty where none of them has any.
    children: Vec<Self>,
}

/// Values that have to be sent.
#[derive(Debug)]
pub(super) struct PendingDictionary {
    pub(super) id: usize,
    pub(super) values: ArrayRef,
    /// The part of the values to be sent.
    pub(super) range: Range<usize>,
    pub(super) is_delta: bool,
    /// Whether the values may be sent in pieces, the later ones as deltas.
    pub(super) may_split: bool,
}

/// What the reader holds under one id.
#[derive(Debug)]
struct Sent {
    /// The array that the values came from, to recognise it.
    source: ArrayRef,
    /// The values as they were sent.
    values: ArrayRef,
}

/// All dictionaries of a stream.
#[derive(Debug)]
pub(super) struct Dictionaries {
    columns: Vec<Ids>,
    sent: Vec<Option<Sent>>,
    deltas: bool,
}

impl Dictionaries {
    /// Assigns the ids that the schema message tells the reader.
    pub(super) fn new(schema: &Schema, deltas: bool) -> Self {
        let mut count = 0;
        let columns = schema.fields().iter().map(|field| Ids::assign(field, &mut count)).collect();
        Self { columns, sent: (0..count).map(|_| None).collect(), deltas }
    }

    /// All dictionaries will be sent again.
    pub(super) fn forget(&mut self) {
        self.sent.fill_with(|| None);
    }

    /// The dictionaries to send before `batch`, in their order. They count as sent from now on.
    ///
    /// # Errors
    /// When values cannot be brought into the form in which they are sent.
    pub(super) fn changed(
        &mut self,
        batch: &RecordBatch,
    ) -> Result<VecDeque<PendingDictionary>, EncodeError> {
        let mut pending = VecDeque::new();
        if self.sent.is_empty() {
            return Ok(pending);
        }
        let columns = std::mem::take(&mut self.columns);
        let result = columns
            .iter()
            .zip(batch.columns())
            .try_for_each(|(ids, column)| self.collect(ids, column, &mut pending).map(drop));
        self.columns = columns;
        if result.is_err() {
            // Some of those before count as sent, and will not be.
            self.forget();
        }
        result.map(|()| pending)
    }

    /// Whether a dictionary in `array` is sent anew, as opposed to extended or left as it is.
    fn collect(
        &mut self,
        ids: &Ids,
        array: &dyn Array,
        pending: &mut VecDeque<PendingDictionary>,
    ) -> Result<bool, EncodeError> {
        let Some(id) = ids.own else {
            return self.collect_children(ids, array, pending);
        };
        let source = array.as_any_dictionary().values();
        let unchanged = |sent: &Sent| same(&sent.source, source);
        let known = self.sent.get(id).and_then(Option::as_ref).filter(|sent| unchanged(sent));
        let values = match known {
            Some(sent) => Arc::clone(&sent.values),
            None => flat(source)?,
        };
        // Inner dictionaries come first. When one is replaced, the keys in these values mean
        // something else to the reader, so that the values have to follow.
        let replaced = self.collect_children(ids, &values, pending)?;
        let has_inner = !ids.children.is_empty();
        let last = self.sent.get(id).and_then(Option::as_ref);
        let change = match last {
            Some(sent) if !replaced && equal(&sent.values, &values) => Change::None,
            Some(sent) if self.deltas && !has_inner && extends(&sent.values, &values) => {
                Change::Delta { from: sent.values.len() }
            }
            _ => Change::Whole,
        };
        if let Some(start) = change.start() {
            pending.push_back(PendingDictionary {
                id,
                values: Arc::clone(&values),
                range: start..values.len(),
                is_delta: change != Change::Whole,
                may_split: self.deltas && !has_inner,
            });
        }
        if let Some(slot) = self.sent.get_mut(id) {
            *slot = Some(Sent { source: Arc::clone(source), values });
        }
        Ok(change == Change::Whole)
    }

    fn collect_children(
        &mut self,
        ids: &Ids,
        array: &dyn Array,
        pending: &mut VecDeque<PendingDictionary>,
    ) -> Result<bool, EncodeError> {
        if ids.children.is_empty() {
            return Ok(false);
        }
        let mut replaced = false;
        for (ids, child) in ids.children.iter().zip(children(array)) {
            replaced |= self.collect(ids, &child, pending)?;
        }
        Ok(replaced)
    }
}

/// How a dictionary differs from what the reader holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Delta { from: usize },
    Whole,
}

impl Change {
    /// The first value to send.
    fn start(self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Delta { from } => Some(from),
            Self::Whole => Some(0),
        }
    }
}

impl Ids {
    /// Children first, then the field itself: the order of `IpcSchemaEncoder`.
    fn assign(field: &FieldRef, count: &mut usize) -> Self {
        let is_dictionary = matches!(field.data_type(), DataType::Dictionary(_, _));
        let before = *count;
        let mut children: Vec<Self> = child_fields(innermost(field.data_type()))
            .into_iter()
            .map(|child| Self::assign(child, count))
            .collect();
        if *count == before {
            children.clear();
        }
        let own = is_dictionary.then(|| {
            let id = *count;
            *count += 1;
            id
        });
        Self { own, children }
    }
}

/// The type of the values below all directly nested dictionaries.
fn innermost(mut data_type: &DataType) -> &DataType {
    while let DataType::Dictionary(_, values) = data_type {
        data_type = values;
    }
    data_type
}

/// The fields of which [`children`] gives the arrays.
fn child_fields(data_type: &DataType) -> Vec<&FieldRef> {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _)
        | DataType::RunEndEncoded(_, field) => vec![field],
        DataType::Struct(fields) => fields.iter().collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field).collect(),
        _ => Vec::new(),
    }
}

/// The arrays inside of an array that can hold dictionaries.
fn children(array: &dyn Array) -> Vec<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => vec![Arc::clone(array.as_list::<i32>().values())],
        DataType::LargeList(_) => vec![Arc::clone(array.as_list::<i64>().values())],
        DataType::ListView(_) => vec![Arc::clone(array.as_list_view::<i32>().values())],
        DataType::LargeListView(_) => vec![Arc::clone(array.as_list_view::<i64>().values())],
        DataType::FixedSizeList(_, _) => vec![Arc::clone(array.as_fixed_size_list().values())],
        DataType::Map(_, _) => vec![Arc::new(array.as_map().entries().clone())],
        DataType::RunEndEncoded(_, _) => run_values(array).into_iter().collect(),
        DataType::Struct(_) => array.as_struct().columns().to_vec(),
        DataType::Union(fields, _) => {
            let array = array.as_union();
            fields.iter().map(|(id, _)| Arc::clone(array.child(id))).collect()
        }
        _ => Vec::new(),
    }
}

fn run_values(array: &dyn Array) -> Option<ArrayRef> {
    let run16 = array.as_run_opt::<Int16Type>().map(|run| run.values());
    let run32 = || array.as_run_opt::<Int32Type>().map(|run| run.values());
    let run64 = || array.as_run_opt::<Int64Type>().map(|run| run.values());
    run16.or_else(run32).or_else(run64).cloned()
}

/// Values that are dictionaries themselves become plain values.
fn flat(values: &ArrayRef) -> Result<ArrayRef, EncodeError> {
    let mut values = Arc::clone(values);
    while let Some(inner) = values.as_any_dictionary_opt() {
        values = take(inner.values(), inner.keys(), None).map_err(|error| {
            let data_type = values.data_type();
            EncodeError::unsupported(format!("dictionary of {data_type}"), error.to_string())
        })?;
    }
    Ok(values)
}

/// Whether two arrays are the same memory.
fn same(a: &ArrayRef, b: &ArrayRef) -> bool {
    Arc::ptr_eq(a, b) || a.len() == b.len() && a.to_data().ptr_eq(&b.to_data())
}

fn equal(sent: &ArrayRef, values: &ArrayRef) -> bool {
    sent.len() == values.len() && (same(sent, values) || sent == values)
}

/// Whether `values` are those `sent` and more.
fn extends(sent: &ArrayRef, values: &ArrayRef) -> bool {
    values.len() > sent.len() && &values.slice(0, sent.len()) == sent
}
