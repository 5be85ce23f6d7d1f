//! What Linux says about a running process and its children.

use std::collections::BTreeSet;

/// CPU time used so far, user and system, in seconds. None where there is no /proc.
pub(super) fn cpu_seconds(id: u32) -> Option<f64> {
    let ticks: u64 = tree(id).into_iter().filter_map(ticks_of).sum();
    let per_second = rustix::param::clock_ticks_per_second();
    (ticks > 0).then(|| ticks as f64 / per_second as f64)
}

/// The most memory that was resident so far, in MiB.
pub(super) fn peak_mib(id: u32) -> Option<f64> {
    memory_kib(id, "VmHWM:").map(|kib| kib / 1024.0)
}

/// The memory that is resident now, in KiB.
pub(super) fn resident_kib(id: u32) -> Option<f64> {
    memory_kib(id, "VmRSS:")
}

fn memory_kib(id: u32, field: &str) -> Option<f64> {
    let of =
        |id: u32| status_kib(&std::fs::read_to_string(format!("/proc/{id}/status")).ok()?, field);
    let kib: u64 = tree(id).into_iter().filter_map(of).sum();
    (kib > 0).then_some(kib as f64)
}

/// The process and all below it: some contestants are started by a script.
fn tree(id: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{id}/task")) else { continue };
        for task in tasks.flatten() {
            let children = std::fs::read_to_string(task.path().join("children"));
            let children = children.unwrap_or_default();
            open.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        }
    }
    found
}

fn ticks_of(id: u32) -> Option<u64> {
    stat_ticks(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// utime + stime: fields 14 and 15. The second field is a name that may hold anything.
fn stat_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn status_kib(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{peak_mib, resident_kib, stat_ticks, status_kib};

    #[test]
    fn ticks_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 120 30 9 9 20 0 1 0 5 6 7";
        assert_eq!(stat_ticks(stat), Some(150));
        assert_eq!(stat_ticks("7 (sh"), None);
    }

    #[test]
    fn memory_is_read_by_name() {
        let status = "Name:\tsh\nVmHWM:\t    1536 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(status_kib(status, "VmHWM:"), Some(1536));
        assert_eq!(status_kib(status, "VmSwap:"), None);
    }

    #[test]
    fn our_own_process_has_memory() {
        let id = std::process::id();
        let (peak, now) = (peak_mib(id).unwrap(), resident_kib(id).unwrap());
        assert!(peak > 0.1 && now > 100.0, "{peak} MiB, {now} KiB");
    }
}
