//! The batches of local files, or of stdin, one after the other.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::{Field, SchemaRef};
use wingbeat_store::{FileReader, Format, ReadOptions, StoreError};

use super::get::blocking;
use crate::args::FormatArg;
use crate::exit::{Failure, Outcome};

/// Files of one schema as one reader. Reading blocks.
pub(super) struct Input {
    schema: SchemaRef,
    current: FileReader,
    rest: VecDeque<(PathBuf, Format)>,
    rows: Option<u64>,
}

impl Input {
    /// Opens `files`; `-` is stdin. `format` overrules what the names say.
    ///
    /// Every file's schema is compared with the first one's here, before any data is sent.
    pub(super) async fn open(files: &[String], format: Option<FormatArg>) -> Outcome<Self> {
        let files = files.to_vec();
        blocking(move || Self::open_blocking(&files, format)).await
    }

    fn open_blocking(files: &[String], format: Option<FormatArg>) -> Outcome<Self> {
        let format = match format {
            Some(FormatArg::Table) => return Err(Failure::usage("a table cannot be read")),
            Some(format) => format.file_format(),
            None => None,
        };
        if let [only] = files
            && only == "-"
        {
            return Self::stdin(format);
        }
        let mut rest = VecDeque::new();
        for file in files {
            if file == "-" {
                return Err(Failure::usage("stdin (-) cannot be mixed with files"));
            }
            rest.push_back((PathBuf::from(file), file_format(file, format)?));
        }
        let Some((first, first_format)) = rest.pop_front() else {
            return Err(Failure::usage("no file given"));
        };
        let current = open_file(&first, first_format)?;
        let schema = current.schema().clone();
        let mut rows = current.rows();
        for (path, format) in &rest {
            let other = open_file(path, *format)?;
            if let Some(difference) = difference(&schema, other.schema()) {
                let (path, first) = (path.display(), first.display());
                let text = format!("{path} has another schema than {first}: {difference}");
                return Err(Failure::local(text));
            }
            rows = rows.zip(other.rows()).map(|(a, b)| a + b);
        }
        Ok(Self { schema, current, rest, rows })
    }

    fn stdin(format: Option<Format>) -> Outcome<Self> {
        let Some(format) = format else {
            return Err(Failure::usage("stdin tells no format, name it with --format"));
        };
        let stdin = Box::new(std::io::BufReader::new(std::io::stdin()));
        let current = FileReader::from_reader(stdin, format, &ReadOptions::default())?;
        let (schema, rows) = (current.schema().clone(), current.rows());
        Ok(Self { schema, current, rest: VecDeque::new(), rows })
    }

    /// The schema of every batch.
    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The rows that the files have, where every one of them knows.
    pub(super) fn rows(&self) -> Option<u64> {
        self.rows
    }
}

/// The format of `file`: `chosen`, or what the name says.
fn file_format(file: &str, chosen: Option<Format>) -> Outcome<Format> {
    chosen.or_else(|| format_of_name(file)).ok_or_else(|| {
        Failure::usage(format_args!("the name {file:?} tells no format, use --format"))
    })
}

/// The format that a file's name tells.
pub(crate) fn format_of_name(file: &str) -> Option<Format> {
    let name = Path::new(file).file_name()?.to_str()?;
    Format::split_name(name).map(|(_, _, format)| format)
}

fn open_file(path: &Path, format: Format) -> Outcome<FileReader> {
    FileReader::open(path, format, &ReadOptions::default()).map_err(|error| match error {
        // The store's text names the file already.
        StoreError::Io { path, source } => {
            Failure::local(format_args!("cannot read {}: {source}", path.display()))
        }
        other => Failure::local(other),
    })
}

/// The first difference between the columns of two schemas, for people.
fn difference(first: &SchemaRef, second: &SchemaRef) -> Option<String> {
    let (a, b) = (first.fields(), second.fields());
    if a.len() != b.len() {
        return Some(format!("{} columns where {} are expected", b.len(), a.len()));
    }
    let (a, b) = a.iter().zip(b).find(|(a, b)| a != b)?;
    Some(format!("column {} where {} is expected", named(b), named(a)))
}

fn named(field: &Field) -> String {
    let null = if field.is_nullable() { "" } else { " not null" };
    format!("{:?} {}{null}", field.name(), field.data_type())
}

impl Iterator for Input {
    type Item = Result<RecordBatch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.current.next() {
                return Some(batch);
            }
            let (path, format) = self.rest.pop_front()?;
            match FileReader::open(&path, format, &ReadOptions::default()) {
                Ok(reader) => self.current = reader,
                Err(e) => return Some(Err(e)),
            }
        }
    }
}
