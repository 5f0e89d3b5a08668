//! The commands of this repository, one file each: `cargo xtask build | demo | test | simulate | soak | bench | size`.
//!
//! Each command does its own set-up ([`setup`]) and says what it does while it does it, one line each with
//! its duration. What always holds: a second run skips what is there by looking at it; a failure is one
//! clear sentence; however a command ends, no process it started outlives it ([`descendants`]) and its
//! temporary folders go.
//!
//! | file | what it holds |
//! |---|---|
//! | `tree` | where things are |
//! | `shell` | running programs: logs, heartbeats, interruption |
//! | `setup` | what must be installed before anything can be built |
//! | `build` | the package, the page, the servers |
//! | `demo` | a private cluster on this machine, and the shipped example against it |
//! | `test` | every test, in groups |
//! | `fuzz` | the decoder of record streams, under libFuzzer |
//! | `simulate` | the control plane with everything going wrong that can, from seeds |
//! | `soak` | the proofs at full length |
//! | `bench` | how long things take, in a release build |
//! | `size` | how large the package is, and may be |
//! | `figures` | what a measurement wrote down |
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on the terminal")]

mod bench;
mod build;
mod closing_lines;
mod demo;
mod descendants;
mod failure;
mod figures;
mod fresh;
mod fuzz;
mod interrupt;
mod setup;
mod shell;
mod simulate;
mod size;
mod soak;
mod test;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use failure::{Failure, Result};
use shell::Shell;

const USAGE: &str = "\
usage: cargo xtask <command>

  build             the package (dist/), the page (www/dist), the servers (target/debug)
  demo [--once]     a provisioning system with one sleeping private cluster, and the main job against it;
                    serves until Ctrl-C, or ends by itself with --once
  simulate [--first-seed S] --seeds N --days D [--json FILE]
                    the control plane over simulated nodes, with everything going wrong that can
  soak [--kills N] [--seeds N] [--fuzz-seconds N] [--json FILE]
                    the proofs at full length: 300 kills, 1000 seeds, 600 s of each fuzz target, the measurements
  bench control | session | streams | startup [--json FILE]
                    how long decisions, requests, waits, decoding and beginning take, in a release build
  size [--json FILE] [--record]
                    how large the package is, against its budgets and docs/sizes.json, which --record renews
  test [group …]    every test, or the named groups only:
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Interrupted) => {
            eprintln!("\ninterrupted");
            ExitCode::from(130)
        }
        Err(Failure::Usage(problem)) => {
            eprintln!("{problem}\n\n{}", usage());
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command that `arguments` name, and ends whatever it left running.
fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let command = Command::read(&words)?;
    let shell = Shell::open()?;
    let outcome = match command {
        Command::Usage => {
            println!("{}", usage());
            Ok(())
        }
        Command::Build => setup::prepare(&shell).and_then(|tools| build::build(&shell, &tools)),
        Command::Demo { once } => demo::demo(&shell, once),
        Command::Test { groups } => test::test(&shell, &groups),
        Command::Simulate(words) => simulate::simulate(&shell, &words),
        Command::Soak(soak) => soak::soak(&shell, &soak),
        Command::Size(size) => size::size(&shell, &size),
        Command::Bench { subject, json } => bench::bench(&shell, subject, json.as_deref()),
    };
    let ended = descendants::end_all();
    match (outcome, ended.is_empty()) {
        (Ok(()), false) => Err(Failure::said(format!(
            "processes were left running and have now been ended: {}",
            ended.join(", ")
        ))),
        (outcome, _) => outcome,
    }
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Usage,
    Build,
    Demo { once: bool },
    Test { groups: Vec<test::Group> },
    Simulate(Vec<String>),
    Soak(soak::Soak),
    Size(size::Size),
    Bench { subject: bench::Subject, json: Option<PathBuf> },
}

impl Command {
    fn read(words: &[&str]) -> Result<Self> {
        match words {
            [] | ["help" | "--help" | "-h"] => Ok(Self::Usage),
            ["build"] => Ok(Self::Build),
            ["demo"] => Ok(Self::Demo { once: false }),
            ["demo", "--once"] => Ok(Self::Demo { once: true }),
            ["test", names @ ..] => Ok(Self::Test { groups: test::Group::named(names)? }),
            ["simulate", words @ ..] => {
                Ok(Self::Simulate(words.iter().map(|word| (*word).to_owned()).collect()))
            }
            ["soak", flags @ ..] => Ok(Self::Soak(soak::Soak::read(flags)?)),
            ["size", flags @ ..] => Ok(Self::Size(size::Size::read(flags)?)),
            ["bench", subject] => Ok(Self::Bench { subject: bench::Subject::named(subject)?, json: None }),
            ["bench", subject, "--json", file] => {
                Ok(Self::Bench { subject: bench::Subject::named(subject)?, json: Some(PathBuf::from(file)) })
            }
            [command @ ("build" | "demo" | "bench"), ..] => {
                Err(Failure::Usage(format!("`{command}` does not take these arguments")))
            }
            [unknown, ..] => Err(Failure::Usage(format!("there is no command `{unknown}`"))),
        }
    }
}

fn usage() -> String {
    let mut text = USAGE.to_owned();
    for group in test::Group::ALL {
        text.push_str(&format!("      {:<12}{}\n", group.name(), group.what()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Command, usage};

    #[test]
    fn each_command_is_read_with_its_arguments() {
        assert_eq!(Command::read(&[]).unwrap(), Command::Usage);
        assert_eq!(Command::read(&["build"]).unwrap(), Command::Build);
        assert_eq!(Command::read(&["demo", "--once"]).unwrap(), Command::Demo { once: true });
        let bench = Command::Bench { subject: crate::bench::Subject::Control, json: None };
        assert_eq!(Command::read(&["bench", "control"]).unwrap(), bench);
        let Command::Test { groups } = Command::read(&["test", "rust", "format"]).unwrap() else { panic!() };
        let names: Vec<_> = groups.iter().map(|group| group.name()).collect();
        assert_eq!(names, ["format", "rust"], "groups run in their own order, however they are named");
    }

    #[test]
    fn an_unknown_word_is_refused_and_the_usage_lists_what_exists() {
        for words in [
            &["fly"][..],
            &["bench", "everything"],
            &["build", "fast"],
            &["demo", "--twice"],
            &["test", "nothing"],
        ] {
            assert!(Command::read(words).is_err(), "{words:?}");
        }
        assert!(usage().contains("demo [--once]") && usage().contains("  packaging"));
    }
}
