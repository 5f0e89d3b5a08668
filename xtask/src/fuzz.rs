//! Fuzzing the decoder of record streams: the targets in `crates/records/fuzz`, built and run with libFuzzer.
//!
//! The package is laid out for cargo-fuzz, so that `cargo fuzz run decoder` works for whoever has it. What cargo-fuzz does on
//! a stable compiler is to pass the flags below, so here they are passed without it: it takes minutes to compile.
//!
//! What always holds: a run begins with the seeds that are in git and ends with the input that was found, if one was. The
//! seeds are not written to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::closing_lines::Tally;
use crate::failure::{Failure, Result};
use crate::setup;
use crate::shell::{Shell, read_lossy};

const PACKAGE: &str = "crates/records/fuzz";
const TARGETS: [&str; 3] = ["frames", "definition", "decoder"];

/// How long each target runs in `test`.
const SHORT: u64 = 20;

/// Counts which branches an input takes and what it compares, where libFuzzer looks for it.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Branches that are folded into one are not counted apart.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "--cfg=fuzzing",
];

/// The group of tests: every target for a moment, from the seeds alone, so that two runs begin alike.
pub(crate) fn test(shell: &Shell) -> Result<Tally> {
    let fuzzer = Fuzzer::build(shell)?;
    let grown = shell.temporary_folder("sliderule-fuzz-")?;
    let mut tally = Tally::default();
    let mut found = Vec::new();
    for target in TARGETS {
        match fuzzer.run(target, SHORT, &grown.path().join(target)) {
            Ok(_) => tally.passed += 1,
            Err(Failure::Said(finding)) => {
                tally.failed += 1;
                found.push(finding);
            }
            Err(interrupted) => return Err(interrupted),
        }
    }
    println!("  {} passed, {} failed", tally.passed, tally.failed);
    if found.is_empty() { Ok(tally) } else { Err(Failure::said(found.join("\n"))) }
}

/// Every target for `seconds`, from the seeds and what earlier calls found worth keeping. Returns the figures as JSON.
pub(crate) fn soak(shell: &Shell, seconds: u64) -> Result<String> {
    let fuzzer = Fuzzer::build(shell)?;
    let mut figures = vec![format!("\"seconds\": {seconds}")];
    for target in TARGETS {
        let Run { executions, covered } =
            fuzzer.run(target, seconds, &fuzzer.folder.join("grown").join(target))?;
        figures.push(format!("\"{target}_executions\": {executions}, \"{target}_covered\": {covered}"));
    }
    Ok(format!("{{{}}}", figures.join(", ")))
}

/// The targets, built.
struct Fuzzer<'s> {
    shell: &'s Shell,
    /// What this file keeps: the build, grown corpora, findings.
    folder: PathBuf,
    programs: PathBuf,
}

/// What a run without a finding came to.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    executions: u64,
    /// Branches that were taken at least once.
    covered: u64,
}

impl<'s> Fuzzer<'s> {
    fn build(shell: &'s Shell) -> Result<Self> {
        setup::cpp_compiler(shell)?;
        let host = shell
            .version("rustc", &["--print", "host-tuple"])
            .ok_or_else(|| Failure::said("rustc does not say for which machine it compiles"))?;
        let folder = shell.tree.cargo_target.join("fuzz");
        let build = folder.join("build");
        let mut command = shell.command("cargo");
        command
            .args(["build", "--release", "--target", &host, "--manifest-path"])
            .arg(shell.tree.at(PACKAGE).join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
        shell.step("Building the fuzz targets", "fuzz-build", &mut command)?;
        Ok(Self { shell, folder, programs: build.join(host).join("release") })
    }

    /// Runs a target; inputs that reach something new go to `grown`. A finding is a failure that names the input.
    fn run(&self, target: &str, seconds: u64, grown: &Path) -> Result<Run> {
        let package = self.shell.tree.at(PACKAGE);
        let findings = self.folder.join("findings");
        for folder in [grown, &findings] {
            fs::create_dir_all(folder).map_err(Failure::file("make the folder", folder))?;
        }
        let program = self.programs.join(target);
        let mut command = self.shell.command(&program);
        command
            .args(["-seed=1", "-print_final_stats=1", "-timeout=10"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}", findings.join(format!("{target}-")).display()));
        let words = package.join(format!("{target}.dict"));
        if words.is_file() {
            command.arg(format!("-dict={}", words.display()));
        }
        command.arg(grown).arg(package.join("corpus").join(target));

        let name = format!("fuzz-{target}");
        let outcome = self.shell.step(&format!("Fuzzing {target} for {seconds} s"), &name, &mut command);
        match outcome {
            Ok(output) => {
                let run = Run::read(&output);
                println!("  {} executions, {} branches covered", run.executions, run.covered);
                Ok(run)
            }
            Err(Failure::Said(why)) => {
                let output = read_lossy(&self.shell.tree.logs().join(format!("{name}.log")))?;
                Err(Failure::said(match finding(&output) {
                    Some(input) => format!(
                        "fuzzing {target} found an input that fails: {input}\nto see it fail again: {} {input}",
                        program.display()
                    ),
                    None => why,
                }))
            }
            Err(other) => Err(other),
        }
    }
}

impl Run {
    /// Reads what libFuzzer says while it runs and at its end.
    fn read(output: &str) -> Self {
        let after = |mark: &str| {
            let line = output.lines().rfind(|line| line.contains(mark))?;
            line.split(mark).nth(1)?.split_whitespace().next()?.parse().ok()
        };
        Self {
            executions: after("stat::number_of_executed_units:").unwrap_or(0),
            covered: after(" cov:").unwrap_or(0),
        }
    }
}

/// The file in which libFuzzer left the input that failed.
fn finding(output: &str) -> Option<&str> {
    output.lines().find_map(|line| line.split("Test unit written to ").nth(1)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{FLAGS, Run, finding};

    const RUN: &str = "\
#10\tINITED cov: 1784 ft: 3498 corp: 7/14602b exec/s: 0 rss: 29Mb
#169996\tDONE   cov: 2872 ft: 12825 corp: 1396/1246Kb lim: 4590 exec/s: 2786 rss: 34Mb
Done 169996 runs in 61 second(s)
stat::number_of_executed_units: 169996
";
    const FOUND: &str = "\
SUMMARY: libFuzzer: deadly signal
artifact_prefix='/tree/findings/decoder-'; Test unit written to /tree/findings/decoder-crash-0a1b
";

    #[test]
    fn the_figures_are_those_at_the_end_of_a_run() {
        assert_eq!(Run::read(RUN), Run { executions: 169_996, covered: 2872 });
        assert_eq!(Run::read(""), Run { executions: 0, covered: 0 });
    }

    #[test]
    fn a_finding_is_named_by_its_file() {
        assert_eq!(finding(FOUND), Some("/tree/findings/decoder-crash-0a1b"));
        assert_eq!(finding(RUN), None);
    }

    #[test]
    fn no_flag_needs_an_unstable_compiler() {
        assert!(FLAGS.iter().all(|flag| !flag.starts_with("-Z")));
    }
}
