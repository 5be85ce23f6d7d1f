//! Which flight a command is about: the URL's path, or what --cmd, --path and --ticket say.

use serde_json::json;
use wingbeat::{FlightDescriptor, Ticket};

use crate::args::{FlightArgs, ReadArgs};
use crate::bytes_arg::read_bytes;
use crate::exit::{Failure, Outcome};
use crate::url::FlightUrl;

/// What to ask the server for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// A flight to ask the server about.
    Descriptor(FlightDescriptor),
    /// A ticket to redeem at once.
    Ticket(Ticket),
}

impl Target {
    /// What `args` name.
    pub(crate) fn new(url: &FlightUrl, args: &FlightArgs) -> Outcome<Self> {
        if let Some(command) = &args.command {
            return Ok(Self::Descriptor(FlightDescriptor::command(read_bytes(command)?)));
        }
        if let Some(ticket) = &args.ticket {
            return Ok(Self::Ticket(Ticket::new(read_bytes(ticket)?)));
        }
        if !args.path.is_empty() {
            return Ok(Self::Descriptor(FlightDescriptor::path(args.path.clone())));
        }
        if url.path.is_empty() {
            let hint = "give it a path (grpc://HOST/PATH), --cmd, --ticket or --path";
            return Err(Failure::usage(format_args!("{url} names no flight: {hint}")));
        }
        if url.is_prefix {
            let hint = "a trailing slash means many flights, see wingbeat ls";
            return Err(Failure::usage(format_args!("{url} names no single flight: {hint}")));
        }
        Ok(Self::Descriptor(FlightDescriptor::path(url.path.clone())))
    }

    /// Narrows a path to the columns and rows of `read`, in the JSON that a Wingbeat server takes.
    pub(crate) fn with_read(self, read: &ReadArgs) -> Outcome<Self> {
        if read.is_everything() {
            return Ok(self);
        }
        let Self::Descriptor(FlightDescriptor::Path(path)) = self else {
            let text = "--columns, --filter, --limit, --offset, --version and --at go with a path, \
                        not with --cmd or --ticket";
            return Err(Failure::usage(text));
        };
        let mut command = json!({ "dataset": path.join("/") });
        if !read.columns.is_empty() {
            command["columns"] = json!(read.columns);
        }
        if !read.filter.is_empty() {
            command["filter"] = read.filter.iter().map(|filter| filter.0.clone()).collect();
        }
        if let Some(limit) = read.limit {
            command["limit"] = json!(limit);
        }
        if let Some(offset) = read.offset {
            command["offset"] = json!(offset);
        }
        if let Some(version) = read.moment.version {
            command["version"] = json!(version);
        }
        if let Some(at) = &read.moment.at {
            command["timestamp"] = json!(at);
        }
        Ok(Self::Descriptor(FlightDescriptor::command(command.to_string())))
    }

    /// The descriptor, where a ticket makes no sense.
    pub(crate) fn descriptor(self) -> Outcome<FlightDescriptor> {
        match self {
            Self::Descriptor(descriptor) => Ok(descriptor),
            Self::Ticket(_) => Err(Failure::usage("--ticket can only be read, with wingbeat get")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::MomentArgs;

    fn args(url: &str) -> FlightArgs {
        FlightArgs {
            url: url.to_owned(),
            command: None,
            ticket: None,
            path: Vec::new(),
            connect: crate::args::ConnectArgs::default(),
        }
    }

    fn target(args: &FlightArgs) -> Outcome<Target> {
        Target::new(&args.url.parse().unwrap(), args)
    }

    #[test]
    fn the_path_of_the_url_is_a_path_descriptor() {
        let expected = FlightDescriptor::path(["a", "b"]);
        assert_eq!(target(&args("grpc://h/a/b")).unwrap(), Target::Descriptor(expected));
    }

    #[test]
    fn no_path_and_a_prefix_are_usage_errors() {
        for url in ["grpc://h", "grpc://h/a/"] {
            assert!(matches!(target(&args(url)), Err(Failure::Usage(_))), "{url}");
        }
    }

    #[test]
    fn a_narrowed_read_is_a_json_command() {
        let read = ReadArgs {
            columns: vec!["a".to_owned()],
            filter: vec!["a > 1".parse().unwrap()],
            limit: Some(5),
            moment: MomentArgs { version: Some(7), at: None },
            ..ReadArgs::default()
        };
        let target = target(&args("grpc://h/t")).unwrap().with_read(&read).unwrap();
        let Target::Descriptor(FlightDescriptor::Command(command)) = target else { panic!() };
        let json: serde_json::Value = serde_json::from_slice(&command).unwrap();
        let expected = json!({
            "dataset": "t", "columns": ["a"], "filter": [["a", ">", 1]], "limit": 5, "version": 7
        });
        assert_eq!(json, expected);
    }
}
