//! What a process has used so far, as the machine counts it.

use std::fs;

/// Ticks of the processor's account in a second, on every Linux.
const TICKS: f64 = 100.0;

/// Processor time that this process has used, in seconds.
pub(crate) fn own_seconds() -> f64 {
    seconds("self")
}

/// Processor time that the process has used, in seconds.
pub(crate) fn seconds_of(process: u32) -> f64 {
    seconds(&process.to_string())
}

fn seconds(process: &str) -> f64 {
    let account = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // What stands before may have spaces in it.
    let columns = account.rsplit_once(')').unwrap().1;
    let column = |number: usize| columns.split_whitespace().nth(number).unwrap().parse::<f64>().unwrap();
    (column(11) + column(12)) / TICKS
}

/// The most memory that the process ever had, in megabytes.
pub(crate) fn peak_mb_of(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().strip_suffix("kB").unwrap().trim().parse::<f64>().unwrap() / 1024.0
}
