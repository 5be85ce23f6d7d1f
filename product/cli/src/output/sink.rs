//! One place to write batches to, whatever the format.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use wingbeat_store::{FileWriter, Format, WriteError, WriteOptions, check_representable};

use super::atomic_file::{Place, cannot_write, stdout};
use super::table::Table;
use crate::args::{FormatArg, OutputArgs};
use crate::commands::format_of_name;
use crate::exit::{Failure, Outcome};

/// What errors call stdout.
const STDOUT: &str = "to stdout";

/// Where the rows of one command go. Everything here blocks: call it off the I/O threads.
pub(crate) struct Sink {
    writer: Writer,
    name: String,
    /// The file, to be synced at the end.
    file: Option<File>,
}

enum Writer {
    File(Box<FileWriter>),
    Table(Table),
}

/// A format and its settings, as the arguments and the file's name say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    format: FormatArg,
    gzip: bool,
}

impl Choice {
    /// The format: `--format`, else the file's extension, else what suits stdout.
    pub(crate) fn new(args: &OutputArgs) -> Outcome<Self> {
        let gzip = args.output.ends_with(".gz");
        let stdout = args.output == "-";
        if let Some(format) = args.format {
            if format == FormatArg::Table && !stdout {
                return Err(Failure::usage("a table goes to stdout, not into a file"));
            }
            return Ok(Self { format, gzip });
        }
        if stdout {
            let terminal = io::stdout().is_terminal();
            let format = if terminal { FormatArg::Table } else { FormatArg::Arrows };
            return Ok(Self { format, gzip });
        }
        let format = match format_of_name(&args.output) {
            Some(Format::Parquet) => FormatArg::Parquet,
            Some(Format::Arrow) => FormatArg::Arrow,
            Some(Format::ArrowStream) => FormatArg::Arrows,
            Some(Format::Csv) => FormatArg::Csv,
            Some(Format::Ndjson) => FormatArg::Ndjson,
            _ if Path::new(&args.output).is_dir() => {
                return Err(Failure::usage(format_args!("{} is a folder", args.output)));
            }
            _ => {
                let text = format!("the name {:?} tells no format, use --format", args.output);
                return Err(Failure::usage(text));
            }
        };
        Ok(Self { format, gzip })
    }
}

impl Sink {
    /// Opens what `args` name for rows of `schema`. `table` is how a table would be printed.
    ///
    /// The place belongs to the caller: dropped before it persists, no file is left. Fails before
    /// any data when the format cannot hold the schema.
    pub(crate) fn open(
        args: &OutputArgs,
        schema: &SchemaRef,
        table: impl FnOnce() -> Table,
    ) -> Outcome<(Self, Option<Place>)> {
        let choice = Choice::new(args)?;
        let Some(format) = choice.format.file_format() else {
            let writer = Writer::Table(table());
            return Ok((Self { writer, name: STDOUT.to_owned(), file: None }, None));
        };
        check_representable(schema, format).map_err(Failure::local)?;
        let mut place = None;
        let mut file = None;
        let mut name = STDOUT.to_owned();
        let out: Box<dyn Write + Send> = if args.output == "-" {
            stdout()
        } else {
            let (opened, handle) = Place::open(Path::new(&args.output))?;
            if matches!(opened, Place::Beside(_)) {
                file = Some(handle.try_clone()?);
            }
            place = Some(opened);
            args.output.clone_into(&mut name);
            Box::new(BufWriter::with_capacity(1 << 20, handle))
        };
        let options = WriteOptions::default().with_gzip(choice.gzip);
        let writer = FileWriter::new(out, format, schema.clone(), &options)
            .map_err(|e| write_failure(&name, e))?;
        Ok((Self { writer: Writer::File(Box::new(writer)), name, file }, place))
    }

    /// Whether more rows would change nothing.
    pub(crate) fn is_full(&self) -> bool {
        matches!(&self.writer, Writer::Table(table) if table.is_full())
    }

    /// Writes one batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Outcome {
        match &mut self.writer {
            Writer::File(writer) => writer.write(batch).map_err(|e| write_failure(&self.name, e)),
            Writer::Table(table) => {
                table.write(batch);
                Ok(())
            }
        }
    }

    /// Completes the output and makes it durable.
    pub(crate) fn finish(self) -> Outcome {
        match self.writer {
            Writer::File(writer) => {
                writer.finish().map_err(|e| write_failure(&self.name, e))?;
            }
            Writer::Table(table) => table.finish()?,
        }
        if let Some(file) = self.file {
            file.sync_all().map_err(|e| cannot_write(Path::new(&self.name), &e))?;
        }
        Ok(())
    }
}

fn write_failure(name: &str, error: WriteError) -> Failure {
    match error {
        WriteError::Io(error) => cannot_write(Path::new(name), &error),
        other => Failure::local(other),
    }
}
