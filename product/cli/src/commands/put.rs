//! `wingbeat put`: local files, or stdin, as flights.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use wingbeat::{BatchStream, Client, FlightDescriptor, HeaderName};
use wingbeat_store::Format;

use super::input::Input;
use crate::args::{ModeArg, PutArgs};
use crate::bytes_arg::read_bytes;
use crate::connect::{client, header_value, parse_url};
use crate::exit::{Failure, Outcome};
use crate::progress::{Progress, say};
use crate::url::FlightUrl;

/// One upload: these files become this flight.
struct Job {
    files: Vec<String>,
    url: FlightUrl,
}

pub(super) async fn run(args: PutArgs) -> Outcome {
    let url = parse_url(&args.url)?;
    let client = with_settings(client(&url, &args.connect)?, &args)?;
    let has_descriptor = args.command.is_some() || !args.path.is_empty();
    for mut job in jobs(&args.files, &url, has_descriptor)? {
        if !args.path.is_empty() {
            job.url.path.clone_from(&args.path);
            job.url.is_prefix = false;
        }
        let result = upload(&client, &job, &args).await?;
        report(&job, &result, &args)?;
    }
    Ok(())
}

/// Tells the server what the flags say, in the headers that it documents.
fn with_settings(mut client: Client, args: &PutArgs) -> Outcome<Client> {
    let settings = [
        ("wingbeat-mode", args.mode.map(ModeArg::name)),
        ("wingbeat-format", args.store_as.as_deref()),
        ("wingbeat-compression", args.compression.as_deref()),
        ("wingbeat-upload-id", args.upload_id.as_deref()),
    ];
    for (header, value) in settings {
        if let Some(value) = value {
            let value = header_value(header, value.as_bytes())?;
            client = client.with_header(HeaderName::from_static(header), value);
        }
    }
    Ok(client)
}

/// Several files are one flight, or with a prefix a flight each.
fn jobs(files: &[String], url: &FlightUrl, has_descriptor: bool) -> Outcome<Vec<Job>> {
    if has_descriptor || !url.is_prefix {
        return Ok(vec![Job { files: files.to_vec(), url: url.clone() }]);
    }
    files
        .iter()
        .map(|file| {
            let name = Path::new(file).file_name().and_then(|name| name.to_str());
            let Some(name) = name.filter(|_| file != "-") else {
                let text = format!("{file:?} has no name for a flight below {url}");
                return Err(Failure::usage(text));
            };
            let name = Format::split_name(name).map_or(name, |(stem, _, _)| stem);
            Ok(Job { files: vec![file.clone()], url: url.join(name) })
        })
        .collect()
}

/// Sends one flight; the result is the server's last word on it.
async fn upload(client: &Client, job: &Job, args: &PutArgs) -> Outcome<Value> {
    let input = Input::open(&job.files, args.format).await?;
    let schema = input.schema();
    let descriptor = match &args.command {
        Some(command) => FlightDescriptor::command(read_bytes(command)?),
        None => FlightDescriptor::path(job.url.path.clone()),
    };
    let progress = Progress::new("put", input.rows(), args.quiet);
    let counted = progress.clone();
    let batches = input.inspect(move |batch| {
        if let Ok(batch) = batch {
            counted.batch(batch);
        }
    });
    let stream = BatchStream::from_blocking(schema, batches);
    let result = client.do_put(descriptor, stream).finish().await;
    progress.finish();
    let result = result.map_err(|error| {
        let hint = "--mode replace puts the upload in its place all the same";
        Failure::refused(error, "wingbeat-mode: replace", hint)
    })?;
    let last = result.map(|result| result.app_metadata).unwrap_or_default();
    Ok(serde_json::from_slice(&last)
        .unwrap_or_else(|_| json!({ "app_metadata": super::describe::printable(&last) })))
}

fn report(job: &Job, result: &Value, args: &PutArgs) -> Outcome {
    if args.json {
        let mut line = result.clone();
        line["url"] = json!(job.url.to_string());
        writeln!(std::io::stdout(), "{line}")?;
        return Ok(());
    }
    if args.quiet {
        return Ok(());
    }
    let rows = result["rows"].as_u64().map_or_else(|| "all".to_owned(), |rows| rows.to_string());
    let stored = match (result["bytes"].as_u64(), result["format"].as_str()) {
        (Some(bytes), Some(format)) => format!(", stored as {bytes} bytes of {format}"),
        _ => String::new(),
    };
    say(&format!("{}: {rows} rows sent{stored}", job.url));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_prefix_makes_a_flight_of_each_file() {
        let url = "grpc://h/in/".parse().unwrap();
        let jobs = jobs(&files(&["x/a.csv.gz", "b.parquet"]), &url, false).unwrap();
        let urls: Vec<String> = jobs.iter().map(|job| job.url.to_string()).collect();
        assert_eq!(urls, ["grpc://h:8815/in/a", "grpc://h:8815/in/b"]);
    }

    #[test]
    fn a_name_takes_all_files() {
        let url = "grpc://h/all".parse().unwrap();
        let jobs = jobs(&files(&["a.csv", "b.csv"]), &url, false).unwrap();
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].files.len(), 2);
    }

    #[test]
    fn stdin_has_no_name_below_a_prefix() {
        let url = "grpc://h/in/".parse().unwrap();
        assert!(matches!(jobs(&files(&["-"]), &url, false), Err(Failure::Usage(_))));
    }
}
