//! Hive folders: `key=value` in the names of folders becomes columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, StringArray};
use arrow_cast::parse::Parser;
use arrow_schema::{DataType, Field};
use percent_encoding::percent_decode_str;

use super::scan::{FileEntry, Folder};

/// The value by which Hive writes null.
const NULL_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// The files below a folder of `key=value` folders.
#[derive(Debug, Default)]
pub(crate) struct HiveFiles<'a> {
    /// The keys, outermost first.
    pub(crate) keys: Vec<String>,
    /// The files, each with a value for every key.
    pub(crate) files: Vec<(&'a FileEntry, Vec<Option<String>>)>,
    /// The files and folders below that do not lie as the others do.
    pub(crate) odd: Vec<String>,
}

/// Whether a folder is a Hive dataset: it has folders named `key=value`.
pub(crate) fn is_hive(folder: &Folder) -> bool {
    folder.folders.iter().any(is_key)
}

/// Whether a folder's name is `key=value`.
pub(crate) fn is_key(folder: &Folder) -> bool {
    split(&folder.name).is_some()
}

/// Collects the files of a Hive dataset.
pub(crate) fn collect(folder: &Folder) -> HiveFiles<'_> {
    let mut found = HiveFiles::default();
    // The keys are those on the way to the first folder at the bottom.
    let mut at = folder;
    while let Some((next, (key, _))) =
        at.folders.iter().find_map(|next| Some((next, split(&next.name)?)))
    {
        found.keys.push(key);
        at = next;
    }
    descend(folder, &mut Vec::new(), &mut found);
    found
}

/// Collects the files of one folder, `values` being those of the folders above.
fn descend<'a>(folder: &'a Folder, values: &mut Vec<Option<String>>, found: &mut HiveFiles<'a>) {
    let bottom = values.len() == found.keys.len();
    let top = values.is_empty();
    for file in &folder.files {
        if bottom {
            found.files.push((file, values.clone()));
        } else if !top {
            found.odd.push(file.path.display().to_string());
        }
    }
    for next in &folder.folders {
        match split(&next.name) {
            Some((key, value)) if found.keys.get(values.len()) == Some(&key) => {
                values.push(value);
                descend(next, values, found);
                values.pop();
            }
            None if top => {}
            _ => found.odd.push(next.path.display().to_string()),
        }
    }
}

/// A folder's name as key and value, percent-encoding undone.
fn split(name: &str) -> Option<(String, Option<String>)> {
    let (key, value) = name.split_once('=').filter(|(key, _)| !key.is_empty())?;
    let decode =
        |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    let value = decode(value)?;
    Some((decode(key)?, (value != NULL_VALUE).then_some(value)))
}

/// The column of one key: `values` are those of every file.
///
/// The type is int64 when all are whole numbers (`01` too, as everywhere in this convention), a
/// date when all are `YYYY-MM-DD`, else text.
pub(crate) fn column(key: &str, values: &[Option<&str>]) -> (Field, Vec<ArrayRef>) {
    let given = || values.iter().copied().flatten();
    let any = given().next().is_some();
    let one = |array: ArrayRef| array;
    let (data_type, arrays): (DataType, Vec<ArrayRef>) =
        if any && given().all(|value| value.parse::<i64>().is_ok() && !value.starts_with('+')) {
            let number = |value: &Option<&str>| value.and_then(|value| value.parse().ok());
            let arrays = values.iter().map(number);
            let arrays = arrays.map(|value| one(Arc::new(Int64Array::from(vec![value]))));
            (DataType::Int64, arrays.collect())
        } else if any && given().all(|value| date(value).is_some()) {
            let arrays = values.iter().map(|value| value.and_then(date));
            let arrays = arrays.map(|value| one(Arc::new(Date32Array::from(vec![value]))));
            (DataType::Date32, arrays.collect())
        } else {
            let arrays = values.iter();
            let arrays = arrays.map(|value| one(Arc::new(StringArray::from(vec![*value]))));
            (DataType::Utf8, arrays.collect())
        };
    let nullable = values.iter().any(Option::is_none);
    (Field::new(key, data_type, nullable), arrays)
}

/// Days since 1970 of a `YYYY-MM-DD`.
fn date(value: &str) -> Option<i32> {
    let shaped = value.len() == 10 && value.as_bytes().get(4) == Some(&b'-');
    shaped.then(|| arrow_array::types::Date32Type::parse(value)).flatten()
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Int64Type};

    use super::*;

    #[test]
    fn names_split_and_decode() {
        assert_eq!(split("year=2024"), Some(("year".into(), Some("2024".into()))));
        let paulo = Some(("city".into(), Some("São Paulo".into())));
        assert_eq!(split("city=S%C3%A3o%20Paulo"), paulo);
        assert_eq!(split("x=__HIVE_DEFAULT_PARTITION__"), Some(("x".into(), None)));
        assert_eq!(split("a=b=c"), Some(("a".into(), Some("b=c".into()))));
        assert_eq!(split("=x"), None);
        assert_eq!(split("plain"), None);
    }

    #[test]
    fn values_have_types() {
        let (field, arrays) = column("m", &[Some("01"), None, Some("12")]);
        assert_eq!(field, Field::new("m", DataType::Int64, true));
        assert_eq!(arrays[0].as_primitive::<Int64Type>().value(0), 1);
        assert!(arrays[1].is_null(0));
        let (field, arrays) = column("d", &[Some("1970-01-02")]);
        assert_eq!(field, Field::new("d", DataType::Date32, false));
        assert_eq!(arrays[0].as_primitive::<Date32Type>().value(0), 1);
        let (field, _) = column("t", &[Some("1"), Some("x")]);
        assert_eq!(field.data_type(), &DataType::Utf8);
    }
}
