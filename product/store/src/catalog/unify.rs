//! One schema for several files: what they share, widened where that loses nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

/// Files under one schema.
pub(crate) struct Unified {
    /// The columns of all of them.
    pub(crate) schema: SchemaRef,
    /// For each file, whether it fits; those that do not had no part in the schema.
    pub(crate) fits: Vec<bool>,
}

/// Finds one schema for files of these schemas.
///
/// The commonest set of columns is the measure. A file fits when its columns are among those, or
/// those among its own, and the types of the shared ones can be widened to one: it may lack
/// columns, which are then null, or bring new ones. Text types are guesses, so that in text files
/// (`text`) a column that is a number here and a word there is text.
pub(crate) fn unify(schemas: &[SchemaRef], text: bool) -> Unified {
    let Some(base) = commonest(schemas) else {
        return Unified { schema: Arc::new(Schema::empty()), fits: Vec::new() };
    };
    if schemas.iter().all(|schema| schema == base) {
        return Unified { schema: base.clone(), fits: vec![true; schemas.len()] };
    }
    let mut fields: Vec<Field> = base.fields().iter().map(|field| field.as_ref().clone()).collect();
    let fits = schemas.iter().map(|schema| merge(base, &mut fields, schema, text)).collect();
    let schema = Schema::new_with_metadata(fields, base.metadata().clone());
    Unified { schema: Arc::new(schema), fits }
}

/// The first schema with the commonest set of columns.
fn commonest(schemas: &[SchemaRef]) -> Option<&SchemaRef> {
    let mut counts: BTreeMap<Vec<&str>, (usize, usize)> = BTreeMap::new();
    for (at, schema) in schemas.iter().enumerate() {
        let mut names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        names.sort_unstable();
        counts.entry(names).or_insert((0, at)).0 += 1;
    }
    let best = counts.into_values().max_by_key(|&(count, first)| (count, usize::MAX - first));
    best.and_then(|(_, first)| schemas.get(first))
}

/// Widens `fields` so that a schema fits, if it can.
fn merge(base: &Schema, fields: &mut Vec<Field>, schema: &Schema, text: bool) -> bool {
    let names = |schema: &Schema| -> HashSet<String> {
        schema.fields().iter().map(|field| field.name().clone()).collect()
    };
    let (ours, theirs) = (names(base), names(schema));
    if theirs.len() != schema.fields().len() && schema != base {
        return false; // A name twice: columns cannot be told apart by it.
    }
    if !ours.is_subset(&theirs) && !theirs.is_subset(&ours) {
        return false;
    }
    let mut merged = fields.clone();
    for field in schema.fields() {
        match merged.iter_mut().find(|ours| ours.name() == field.name()) {
            Some(ours) => {
                let wide = widen(ours.data_type(), field.data_type());
                let guess = || text.then(|| widen_guess(ours.data_type(), field.data_type()));
                let Some(wide) = wide.or_else(guess) else {
                    return false;
                };
                let nullable = ours.is_nullable() || field.is_nullable();
                *ours = ours.clone().with_data_type(wide).with_nullable(nullable);
            }
            None => merged.push(field.as_ref().clone().with_nullable(true)),
        }
    }
    for field in merged.iter_mut().filter(|field| !theirs.contains(field.name())) {
        *field = field.clone().with_nullable(true);
    }
    *fields = merged;
    true
}

/// The type that holds the values of both without loss.
fn widen(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{
        Date32, Dictionary, Float32, Float64, Int8, Int16, Int32, Int64, LargeUtf8, Null,
        Timestamp, UInt8, UInt16, UInt32, UInt64, Utf8,
    };
    const SIGNED: [DataType; 4] = [Int8, Int16, Int32, Int64];
    const UNSIGNED: [DataType; 4] = [UInt8, UInt16, UInt32, UInt64];
    if a == b {
        return Some(a.clone());
    }
    for family in [&SIGNED[..], &UNSIGNED[..]] {
        let rank = |x: &DataType| family.iter().position(|member| member == x);
        if let (Some(a), Some(b)) = (rank(a), rank(b)) {
            return family.get(a.max(b)).cloned();
        }
    }
    match (a, b) {
        (Null, other) | (other, Null) => Some(other.clone()),
        (Float32, Float64) | (Float64, Float32) => Some(Float64),
        (Int8 | Int16 | Int32, Float64) | (Float64, Int8 | Int16 | Int32) => Some(Float64),
        (Utf8, LargeUtf8) | (LargeUtf8, Utf8) => Some(LargeUtf8),
        (Date32, at @ Timestamp(_, None)) | (at @ Timestamp(_, None), Date32) => Some(at.clone()),
        (Dictionary(_, value), other) | (other, Dictionary(_, value)) if **value == *other => {
            Some(other.clone())
        }
        (Dictionary(_, a), Dictionary(_, b)) if a == b => Some(a.as_ref().clone()),
        _ => None,
    }
}

/// The type of a text column that looked like both.
fn widen_guess(a: &DataType, b: &DataType) -> DataType {
    use DataType::{Float64, Int64, UInt64, Utf8};
    match (a, b) {
        (Int64 | UInt64, Float64) | (Float64, Int64 | UInt64) => Float64,
        _ => Utf8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
        let fields = fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), false));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    #[test]
    fn evolved_files_fit_and_other_tables_do_not() {
        let old = schema(&[("a", DataType::Int32), ("b", DataType::Utf8)]);
        let new =
            schema(&[("a", DataType::Int64), ("b", DataType::Utf8), ("c", DataType::Float64)]);
        let other = schema(&[("a", DataType::Int32), ("x", DataType::Utf8)]);
        let unified = unify(&[old.clone(), old, new, other], false);
        assert_eq!(unified.fits, [true, true, true, false]);
        let want = Schema::new(vec![
            Field::new("a", DataType::Int64, false),
            Field::new("b", DataType::Utf8, false),
            Field::new("c", DataType::Float64, true),
        ]);
        assert_eq!(unified.schema.as_ref(), &want);
    }

    #[test]
    fn text_guesses_give_way() {
        let number = schema(&[("a", DataType::Int64)]);
        let word = schema(&[("a", DataType::Utf8)]);
        let schemas = [number, word];
        assert_eq!(unify(&schemas, false).fits, [true, false]);
        let unified = unify(&schemas, true);
        assert_eq!(unified.fits, [true, true]);
        assert_eq!(unified.schema.field(0).data_type(), &DataType::Utf8);
        let of = |a: DataType, b: DataType| {
            let unified = unify(&[schema(&[("a", a)]), schema(&[("a", b)])], true);
            unified.schema.field(0).data_type().clone()
        };
        assert_eq!(of(DataType::UInt64, DataType::Float64), DataType::Float64);
        assert_eq!(of(DataType::Float64, DataType::Int64), DataType::Float64);
        assert_eq!(of(DataType::Int64, DataType::UInt64), DataType::Utf8, "none takes all");
    }
}
