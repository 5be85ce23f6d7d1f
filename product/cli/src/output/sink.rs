//! One place to write batches to, whatever the format.

use std::io::{IsTerminal, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use wingbeat_store::{FileWriter, Format, WriteOptions, check_representable};

use super::atomic_file::{AtomicFile, stdout};
use super::table::Table;
use crate::args::{FormatArg, OutputArgs};
use crate::commands::format_of_name;
use crate::exit::{Failure, Outcome};

/// Where the rows of one command go. Everything here blocks: call it off the I/O threads.
pub(crate) struct Sink {
    writer: Writer,
    file: Option<AtomicFile>,
}

enum Writer {
    File(Box<FileWriter>),
    Table(Table),
}

/// A format and its settings, as the arguments and the file's name say.
struct Choice {
    format: FormatArg,
    gzip: bool,
}

impl Sink {
    /// Opens what `args` name for rows of `schema`.
    ///
    /// Fails before any data when the format cannot hold the schema.
    pub(crate) fn open(args: &OutputArgs, schema: &SchemaRef) -> Outcome<Self> {
        let choice = choose(args)?;
        let Some(format) = choice.format.file_format() else {
            if args.output != "-" {
                return Err(Failure::usage("a table goes to stdout, not into a file"));
            }
            return Ok(Self { writer: Writer::Table(Table::new(schema, stdout())), file: None });
        };
        check_representable(schema, format).map_err(Failure::local)?;
        let file = match args.output.as_str() {
            "-" => None,
            path => Some(AtomicFile::create(Path::new(path))?),
        };
        let out: Box<dyn Write + Send> = match &file {
            Some(file) => Box::new(std::io::BufWriter::with_capacity(1 << 20, file.writer()?)),
            None => stdout(),
        };
        let options = WriteOptions::default().with_gzip(choice.gzip);
        let writer = FileWriter::new(out, format, schema.clone(), &options)?;
        Ok(Self { writer: Writer::File(Box::new(writer)), file })
    }

    /// Writes one batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Outcome {
        match &mut self.writer {
            Writer::File(writer) => Ok(writer.write(batch)?),
            Writer::Table(table) => table.write(batch),
        }
    }

    /// Completes the output; a file appears in its place now.
    pub(crate) fn finish(self) -> Outcome {
        match self.writer {
            Writer::File(writer) => {
                writer.finish()?;
            }
            Writer::Table(table) => table.finish()?,
        }
        match self.file {
            Some(file) => file.persist(),
            None => Ok(()),
        }
    }
}

/// The format: `--format`, else the file's extension, else what suits stdout.
fn choose(args: &OutputArgs) -> Outcome<Choice> {
    let gzip = args.output.ends_with(".gz");
    if let Some(format) = args.format {
        return Ok(Choice { format, gzip });
    }
    if args.output == "-" {
        let terminal = std::io::stdout().is_terminal();
        let format = if terminal { FormatArg::Table } else { FormatArg::Arrows };
        return Ok(Choice { format, gzip });
    }
    let format = match format_of_name(&args.output) {
        Some(Format::Parquet) => FormatArg::Parquet,
        Some(Format::Arrow) => FormatArg::Arrow,
        Some(Format::ArrowStream) => FormatArg::Arrows,
        Some(Format::Csv) => FormatArg::Csv,
        Some(Format::Ndjson) => FormatArg::Ndjson,
        _ => {
            let text = format!("the name {:?} tells no format, use --format", args.output);
            return Err(Failure::usage(text));
        }
    };
    Ok(Choice { format, gzip })
}
