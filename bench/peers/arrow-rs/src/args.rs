//! The command line, the same for all contestants.

pub(crate) const USAGE: &str = "\
usage: peer server --bind URI
       peer client URI get|put|exchange WORKLOAD RUNS [--streams N] [--connections N]
       peer latency URI N";

pub(crate) enum Command {
    Server { bind: String },
    Client(Client),
    Latency { uri: String, calls: u32 },
}

pub(crate) struct Client {
    pub(crate) uri: String,
    pub(crate) method: Method,
    pub(crate) workload: String,
    pub(crate) runs: u32,
    pub(crate) streams: u32,
    pub(crate) connections: u32,
}

#[derive(Clone, Copy)]
pub(crate) enum Method {
    Get,
    Put,
    Exchange,
}

impl Command {
    /// None where it is not used as [`USAGE`] says.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Option<Self> {
        let words: Vec<String> = words.collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match *words.as_slice() {
            ["server", "--bind", uri] => Some(Self::Server { bind: uri.to_owned() }),
            ["latency", uri, calls] => {
                Some(Self::Latency { uri: uri.to_owned(), calls: positive(calls)? })
            }
            ["client", uri, method, workload, runs, ref options @ ..] => {
                let method = match method {
                    "get" => Method::Get,
                    "put" => Method::Put,
                    "exchange" => Method::Exchange,
                    _ => return None,
                };
                let (uri, workload) = (uri.to_owned(), workload.to_owned());
                let runs = positive(runs)?;
                let client = Client { uri, method, workload, runs, streams: 1, connections: 1 };
                client.with_options(options).map(Self::Client)
            }
            _ => None,
        }
    }
}

impl Client {
    fn with_options(mut self, options: &[&str]) -> Option<Self> {
        for option in options.chunks(2) {
            match *option {
                ["--streams", number] => self.streams = positive(number)?,
                ["--connections", number] => self.connections = positive(number)?,
                _ => return None,
            }
        }
        Some(self)
    }
}

fn positive(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}
