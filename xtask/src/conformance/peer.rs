//! The peers, and what each does not do.

use super::cell::Side;

/// Another implementation of Flight.
#[derive(Debug)]
pub(super) struct Peer {
    /// Its folder in `interop/peers`.
    pub(super) id: &'static str,
    /// What people call it.
    pub(super) label: &'static str,
    /// Rows that it has no program for, and why. A side that is not named stands for both.
    absent: &'static [(Option<Side>, &'static str, &'static str)],
    /// Why it does not take part in the data files.
    no_files: Option<&'static str>,
}

const CPP_ONLY: &str = "only C++ has these statuses, and trailers for them";

const ELSEWHERE: &str = "gzip by pyarrow is among the tests in `interop/python`";

/// All of them, in the order of the page.
pub(super) const PEERS: &[Peer] = &[
    Peer {
        id: "cpp",
        label: "C++",
        absent: &[(None, "compressed_messages", ELSEWHERE)],
        no_files: None,
    },
    Peer {
        id: "python",
        label: "pyarrow",
        absent: &[
            (None, "poll_flight_info", "pyarrow has no PollFlightInfo"),
            (None, "compressed_messages", ELSEWHERE),
            (Some(Side::Server), "rich_errors", "a handler cannot name the status of its error"),
        ],
        no_files: Some("it is the library of C++"),
    },
    Peer {
        id: "go",
        label: "Go",
        absent: &[
            (None, "rich_errors", CPP_ONLY),
            (Some(Side::Server), "compressed_messages", "Wingbeat's client does not compress"),
        ],
        no_files: None,
    },
    Peer {
        id: "java",
        label: "Java",
        absent: &[
            (None, "decimal32", "Arrow Java has decimals of 128 and 256 bits only"),
            (None, "decimal64", "Arrow Java has decimals of 128 and 256 bits only"),
            (None, "rich_errors", CPP_ONLY),
            (None, "compressed_messages", "our programs do not ask for it"),
            (None, "nested_dictionary", "Arrow Java does not read a dictionary within another"),
        ],
        no_files: None,
    },
];

/// The peer of that id.
pub(super) fn find(id: &str) -> Option<&'static Peer> {
    PEERS.iter().find(|peer| peer.id == id)
}

impl Peer {
    /// Why there is no outcome for a scenario.
    pub(super) fn reason(&self, side: Side, row: &str) -> Option<&'static str> {
        let absent = self.absent.iter();
        let mut found =
            absent.filter(|(of, name, _)| of.is_none_or(|of| of == side) && *name == row);
        found.next().map(|(.., reason)| *reason)
    }

    /// Why there is no outcome for a data file.
    pub(super) fn file_reason(&self, side: Side, file: &str) -> Option<&'static str> {
        self.no_files.or_else(|| self.reason(side, file))
    }
}
