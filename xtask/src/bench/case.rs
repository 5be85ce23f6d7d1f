//! What is measured: which libraries, over what, doing what.

use serde::{Deserialize, Serialize};

/// The name under which raw sockets take the place of a server and a client.
pub(super) const LIMIT: &str = "limit";
/// The name of the program that everything is compared with.
pub(super) const WINGBEAT: &str = "wingbeat";

/// Names one series of samples. Two series never share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) measure: Measure,
    pub(super) server: String,
    pub(super) client: String,
    pub(super) transport: Transport,
    /// The workload's name; with `:BATCHES` where the number of batches is what differs.
    pub(super) workload: String,
    pub(super) streams: u32,
    pub(super) connections: u32,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Measure {
    /// DoGet, one stream.
    Get,
    /// DoPut, one stream.
    Put,
    /// DoExchange that echoes, one stream; both directions count.
    Exchange,
    /// DoGet by many streams at once.
    Streams,
    /// Small calls one after another on a quiet server.
    Latency,
    /// The same beside 512 streams.
    Beside,
    /// The same on the connection of the streams.
    BesideShared,
    /// Peak resident memory.
    Memory,
    /// Resident memory of connections that do nothing.
    Idle,
    /// System calls, counted by strace.
    Calls,
    /// Bytes copied by a DoGet.
    CopiesGet,
    /// Bytes copied by a DoPut.
    CopiesPut,
    /// Bytes copied by a DoExchange that echoes; both directions count.
    CopiesExchange,
    /// A Parquet file to record batches in memory.
    Read,
    /// Record batches in memory to a Parquet file.
    Write,
}

/// How the two sides are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Transport {
    Tcp,
    Unix,
    /// TLS over TCP.
    Tls,
    /// Not at all: the work is done in one process.
    Local,
}

impl Case {
    /// One stream over TCP.
    pub(super) fn new(measure: Measure, server: &str, client: &str, workload: &str) -> Self {
        Self {
            measure,
            server: server.to_owned(),
            client: client.to_owned(),
            transport: Transport::Tcp,
            workload: workload.to_owned(),
            streams: 1,
            connections: 1,
        }
    }

    /// The same library on both sides, one stream over TCP.
    pub(super) fn same(measure: Measure, library: &str, workload: &str) -> Self {
        Self::new(measure, library, library, workload)
    }

    pub(super) fn with_transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    pub(super) fn with_streams(mut self, streams: u32, connections: u32) -> Self {
        self.streams = streams;
        self.connections = connections;
        self
    }

    /// For the terminal, and for the list of what is missing.
    pub(super) fn describe(&self) -> String {
        let mut text = format!("{} {}", self.measure.name(), self.workload);
        if self.server == self.client {
            text += &format!(", {}", self.server);
        } else {
            text += &format!(", {} server, {} client", self.server, self.client);
        }
        match self.transport {
            Transport::Tcp => {}
            Transport::Unix => text += ", Unix socket",
            Transport::Tls => text += ", TLS",
            Transport::Local => text += ", in one process",
        }
        if self.measure == Measure::Streams {
            text += &format!(", {} streams on {}", self.streams, self.connections);
        }
        text
    }
}

impl Measure {
    /// As the contestants' command line and the JSON call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Exchange => "exchange",
            Self::Streams => "streams",
            Self::Latency => "latency",
            Self::Beside => "beside",
            Self::BesideShared => "beside-shared",
            Self::Memory => "memory",
            Self::Idle => "idle",
            Self::Calls => "calls",
            Self::CopiesGet => "copies-get",
            Self::CopiesPut => "copies-put",
            Self::CopiesExchange => "copies-exchange",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}
