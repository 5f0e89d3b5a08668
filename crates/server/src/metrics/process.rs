//! What this process takes of its machine.

use std::fs;

/// Bytes of memory that the process holds, where the machine says so.
pub(super) fn resident_bytes() -> Option<i64> {
    let pages: i64 = fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(rustix::param::page_size()).ok()?)
}

/// Files and connections that the process has open, where the machine says so.
pub(super) fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_process_holds_memory_and_files() {
        assert!(super::resident_bytes().unwrap() > 1_000_000);
        assert!(super::open_files().unwrap() > 3);
    }
}
