//! Every process these commands started, however it detached itself.
//!
//! On Linux this process declares itself the reaper of its descendants, so that a program whose parent died
//! becomes ours instead of init's: what is below us in the process tree is exactly what we started, with no
//! guessing by name. Elsewhere nothing is found, and only direct children are waited for.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A process below this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descendant {
    pub(crate) id: i32,
    parent: i32,
    zombie: bool,
    name: String,
}

impl Descendant {
    /// Reads `/proc/<id>/stat`: `id (name) state parent …`, where the name may hold spaces and brackets.
    fn parse(stat: &str) -> Option<Self> {
        let (id, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let zombie = fields.next()? == "Z";
        let parent = fields.next()?.parse().ok()?;
        Some(Self { id: id.parse().ok()?, parent, zombie, name: name.to_owned() })
    }
}

impl std::fmt::Display for Descendant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

/// Makes orphaned descendants ours.
pub(crate) fn adopt() {
    #[cfg(target_os = "linux")]
    // Refused only by kernels older than 3.4; then orphans go to init and the checks see less.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Everything below this process that has not ended.
pub(crate) fn running() -> Vec<Descendant> {
    let mut below = below(own_id(), &processes());
    below.retain(|process| !process.zombie);
    below
}

/// Collects orphans that ended, so that nothing sees them as still there. `direct` are the children that
/// somebody else waits for.
pub(crate) fn reap(direct: &[u32]) {
    let own = own_id();
    let ended = processes().into_iter().filter(|process| process.zombie && process.parent == own);
    for process in ended.filter(|process| u32::try_from(process.id).is_ok_and(|id| !direct.contains(&id))) {
        // It may have been collected in between; then there is nothing to do.
        let _ = rustix::process::waitpid(Pid::from_raw(process.id), rustix::process::WaitOptions::NOHANG);
    }
}

/// Waits until nothing runs below this process, at most `patience`; returns what still does.
pub(crate) fn wait_until_gone(patience: Duration) -> Vec<Descendant> {
    let deadline = Instant::now() + patience;
    loop {
        reap(&[]);
        let left = running();
        if left.is_empty() || Instant::now() >= deadline {
            return left;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends whatever runs below this process: SIGTERM, five seconds, SIGKILL. Returns what it had to end.
pub(crate) fn end_all() -> Vec<String> {
    let found = wait_until_gone(Duration::from_millis(500));
    send(&found, Signal::TERM);
    let stubborn = wait_until_gone(Duration::from_secs(5));
    send(&stubborn, Signal::KILL);
    wait_until_gone(Duration::from_secs(5));
    found.iter().map(ToString::to_string).collect()
}

fn send(processes: &[Descendant], signal: Signal) {
    for process in processes {
        if let Some(id) = Pid::from_raw(process.id) {
            // Gone already is as good.
            let _ = kill_process(id, signal);
        }
    }
}

fn own_id() -> i32 {
    rustix::process::getpid().as_raw_pid()
}

/// Every process of this machine that can be seen; empty where there is no `/proc`.
fn processes() -> Vec<Descendant> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    folder
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
        .filter_map(|stat| Descendant::parse(&stat))
        .collect()
}

/// Those of `all` that descend from `ancestor`.
fn below(ancestor: i32, all: &[Descendant]) -> Vec<Descendant> {
    let mut found: Vec<Descendant> = Vec::new();
    let mut parents = vec![ancestor];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent && process.id != parent) {
            parents.push(process.id);
            found.push(process.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Descendant, below};

    #[test]
    fn a_stat_line_is_read_though_the_name_holds_brackets_and_spaces() {
        let process = Descendant::parse("42 (a (b) c) Z 7 42 42 0 -1").unwrap();
        assert_eq!(process, Descendant { id: 42, parent: 7, zombie: true, name: "a (b) c".to_owned() });
        assert_eq!(process.to_string(), "a (b) c (42)");
        assert_eq!(Descendant::parse("42 (cut short"), None);
    }

    #[test]
    fn descendants_are_found_through_every_generation_and_nobody_else_is() {
        let process = |id, parent| Descendant { id, parent, zombie: false, name: String::new() };
        let all = [process(10, 1), process(11, 10), process(12, 11), process(20, 1), process(13, 10)];
        let mut ids: Vec<_> = below(10, &all).iter().map(|process| process.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, [11, 12, 13]);
    }
}
