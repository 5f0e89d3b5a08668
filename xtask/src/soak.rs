//! `cargo xtask soak [--kills N] [--seeds N] [--fuzz-seconds N] [--json FILE]`: the proofs at full length.
//!
//! Four parts, each of which `cargo xtask test` runs shorter: the real server killed at random instants under load, the
//! simulator's seeds, the fuzz targets, and the measurements. A part whose number is 0 is left out. `docs/TESTING.md` records
//! what came of them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::{self, Subject};
use crate::failure::{Failure, Result};
use crate::figures;
use crate::shell::Shell;
use crate::{build, closing_lines, fuzz};

/// How long a fuzz target may run: a step that takes longer than half an hour is taken for one that hangs.
const LONGEST: u64 = 1700;

/// How much is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Soak {
    /// Kills of the real server.
    pub(crate) kills: u64,
    /// Seeds of the simulator, 30 days each.
    pub(crate) seeds: u64,
    /// Seconds that each fuzz target runs.
    pub(crate) fuzz: u64,
    /// Where the figures go besides.
    pub(crate) json: Option<PathBuf>,
}

impl Soak {
    /// Reads the flags of the command.
    pub(crate) fn read(words: &[&str]) -> Result<Self> {
        let mut soak = Self { kills: 300, seeds: 1000, fuzz: 600, json: None };
        let mut words = words.iter();
        while let Some(flag) = words.next() {
            let value = words.next().ok_or_else(|| Failure::Usage(format!("`{flag}` needs a value")))?;
            let number = || value.parse().map_err(|_| Failure::Usage(format!("`{value}` is no number")));
            match *flag {
                "--kills" => soak.kills = number()?,
                "--seeds" => soak.seeds = number()?,
                "--fuzz-seconds" => soak.fuzz = number()?,
                "--json" => soak.json = Some(PathBuf::from(value)),
                other => return Err(Failure::Usage(format!("`soak` does not take `{other}`"))),
            }
        }
        if soak.fuzz > LONGEST {
            return Err(Failure::Usage(format!("a fuzz target runs for at most {LONGEST} seconds")));
        }
        Ok(soak)
    }
}

/// Runs all of it, and sums it up.
pub(crate) fn soak(shell: &Shell, soak: &Soak) -> Result<()> {
    build::servers(shell)?;
    let folder = shell.temporary_folder("sliderule-soak-")?;
    let file = |name: &str| folder.path().join(name);
    let mut parts = Vec::new();
    if soak.kills > 0 {
        parts.push(("kills", kills(shell, soak.kills, folder.path(), &file("kills.json"))?));
    }
    if soak.seeds > 0 {
        parts.push(("simulate", simulate(shell, soak.seeds, &file("simulate.json"))?));
    }
    if soak.fuzz > 0 {
        parts.push(("fuzz", fuzz::soak(shell, soak.fuzz)?));
    }
    let control = file("control.json");
    let measured = bench::bench(shell, Subject::Control, Some(&control));
    parts.push(("control", read(&control)?));
    println!();
    for (name, json) in &parts {
        print!("{}", figures::table(name, &figures::read(json)));
    }
    if let Some(file) = &soak.json {
        fs::write(file, joined(&parts)).map_err(Failure::file("write", file))?;
    }
    measured
}

/// The real server, killed under load and after every commit and effect.
fn kills(shell: &Shell, kills: u64, folder: &Path, report: &Path) -> Result<String> {
    let mut command = shell.command("cargo");
    command
        .args(["test", "--package", "sliderule-server", "--features", "crash-points", "--test", "program"])
        .args(["--", "--nocapture", "kills::", "orphans::"])
        .env("TMPDIR", folder)
        .env("SLIDERULE_KILLS", kills.to_string())
        .env("SLIDERULE_REPORT", report);
    let output = shell.step(&format!("Killing the server {kills} times"), "soak-kills", &mut command)?;
    for line in closing_lines::of(&output) {
        println!("  {line}");
    }
    // What other commands run is built without crash points.
    build::servers(shell)?;
    read(report)
}

/// The simulator, by its own command.
fn simulate(shell: &Shell, seeds: u64, report: &Path) -> Result<String> {
    let own =
        std::env::current_exe().map_err(|error| Failure::said(format!("cannot find itself: {error}")))?;
    let mut command = shell.command(own);
    command.args(["simulate", "--seeds", &seeds.to_string(), "--days", "30", "--json"]).arg(report);
    shell.step(&format!("Simulating {seeds} seeds of 30 days"), "soak-simulate", &mut command)?;
    read(report)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(Failure::file("read", file))
}

/// `{"soak": {"kills": …, "simulate": …, "control": …}}`, with the figures of each part below its name.
fn joined(parts: &[(&str, String)]) -> String {
    let figure = |(name, value): &(String, String)| {
        let is_bare = value.parse::<f64>().is_ok() || ["true", "false", "null"].contains(&value.as_str());
        if is_bare { format!("\"{name}\": {value}") } else { format!("\"{name}\": \"{value}\"") }
    };
    let part = |(name, json): &(&str, String)| {
        let figures: Vec<String> = figures::read(json).iter().map(figure).collect();
        format!("\"{name}\": {{{}}}", figures.join(", "))
    };
    format!("{{\"soak\": {{{}}}}}\n", parts.iter().map(part).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Soak, joined};

    #[test]
    fn without_flags_it_is_the_full_length() {
        assert_eq!(Soak::read(&[]).unwrap(), Soak { kills: 300, seeds: 1000, fuzz: 600, json: None });
        let words = ["--kills", "7", "--seeds", "0", "--fuzz-seconds", "60", "--json", "x.json"];
        let short = Soak::read(&words).unwrap();
        assert_eq!(short, Soak { kills: 7, seeds: 0, fuzz: 60, json: Some("x.json".into()) });
        for words in [&["--kills"][..], &["--kills", "many"], &["--days", "30"], &["--fuzz-seconds", "3600"]]
        {
            assert!(Soak::read(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn the_parts_stand_below_their_names() {
        let parts =
            [("kills", "{\"kills\":3}".to_owned()), ("control", "{\"control\":{\"a\": 1.5}}".to_owned())];
        let expected = "{\"soak\": {\"kills\": {\"kills\": 3}, \"control\": {\"a\": 1.5}}}\n";
        assert_eq!(joined(&parts), expected);
    }
}
