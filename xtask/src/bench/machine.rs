//! The machine that measured, without anything that names it.

use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::workspace::output;

/// What a reader needs to place the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) kernel: String,
    pub(super) memory_gib: u64,
}

impl Machine {
    /// This one. What the system does not say is "unknown" or 0.
    pub(super) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let kernel = output(Command::new("uname").args(["-s", "-r", "-m"])).unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: kernel_version(&kernel),
            memory_gib: memory_gib(&read("/proc/meminfo")),
        }
    }
}

/// What the builders of a kernel add to its version tells of them, not of it.
fn kernel_version(uname: &str) -> String {
    let words = uname.split_whitespace().map(|word| word.split('-').next().unwrap_or(word));
    words.collect::<Vec<_>>().join(" ")
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
    line.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

fn memory_gib(text: &str) -> u64 {
    let total = field(text, "MemTotal");
    let kib: u64 = total.trim_end_matches(" kB").parse().unwrap_or(0);
    (kib + (1 << 19)) >> 20
}

#[cfg(test)]
mod tests {
    use super::{field, kernel_version, memory_gib};

    #[test]
    fn kernels_are_told_by_version() {
        assert_eq!(kernel_version("Linux 6.8.0-49-generic x86_64\n"), "Linux 6.8.0 x86_64");
    }

    #[test]
    fn fields_are_read_from_proc() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n";
        assert_eq!(field(text, "model name"), "Some CPU @ 3 GHz");
        assert_eq!(field("", "model name"), "unknown");
    }

    #[test]
    fn memory_is_rounded_to_gib() {
        assert_eq!(memory_gib("MemTotal:       24654412 kB\n"), 24);
        assert_eq!(memory_gib(""), 0);
    }
}
