//! `sliderule-simulate`: many seeds, and what they came to. `cargo xtask simulate` builds and calls it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on the terminal")]

use std::process::ExitCode;
use std::time::Instant;

use sliderule_simulator::minimise::{command, minimise};
use sliderule_simulator::options::{Options, USAGE};
use sliderule_simulator::plant::Plant;
use sliderule_simulator::report::Report;
use sliderule_simulator::simulation::{Outcome, Plan, simulate};
use sliderule_simulator::{book::Violation, crew};

/// Two fifths of a simulation's time went into the system's allocator, which clones of clusters keep busy.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many seeds are tried for each planted bug.
const TRIES: u64 = 5;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let options = match Options::read(&words) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Returns in how many seeds something was wrong.
fn run(options: &Options) -> Result<u64, String> {
    let began = Instant::now();
    let plans: Vec<Plan> = (0..options.seeds).map(|index| options.plan(options.first_seed + index)).collect();
    let (mut report, mut failed, mut journal) = (Report::default(), None, String::new());
    crew::run(&plans, |plan, outcome| {
        report.add(plan, &outcome);
        if let Some(violation) = &outcome.violation {
            println!("seed {}: {}: {}", plan.seed, violation.organization, violation.what);
        }
        if plan.with_journal {
            journal.clone_from(&outcome.journal);
        }
        if outcome.violation.is_some() && failed.is_none() {
            failed = Some((plan.clone(), outcome));
        }
    });
    if options.plant.is_none() {
        report.planted_bugs_found = Some(planted_bugs_found(options));
    }
    report.seconds = began.elapsed().as_secs_f64();
    println!("{report}");
    if let Some((plan, outcome)) = failed {
        show(&plan, outcome);
    }
    let write = |path: &std::path::Path, text: String| {
        std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    };
    if let Some(path) = &options.json {
        write(path, format!("{:#}\n", report.json()))?;
    }
    if let Some(path) = &options.journal {
        write(path, journal)?;
    }
    let missed = report.planted_bugs_found.map_or(0, |found| Plant::ALL.len() as u64 - found);
    Ok(report.violations + missed)
}

/// How many of the bugs that can be planted the simulation finds.
fn planted_bugs_found(options: &Options) -> u64 {
    let found = |plant: &Plant| {
        (0..TRIES).any(|seed| {
            let plan = Plan { plant: Some(*plant), days: 3, with_journal: false, ..options.plan(seed) };
            simulate(&plan).violation.is_some()
        })
    };
    Plant::ALL.iter().filter(|plant| found(plant)).count() as u64
}

/// Shows the first seed that failed, as small as it can be made.
fn show(plan: &Plan, outcome: Outcome) {
    println!("\nmaking seed {} smaller …", plan.seed);
    let (plan, outcome) = minimise(plan, outcome);
    let Some(Violation { at, step, organization, what, trace }) = outcome.violation else { return };
    println!(
        "\nseed {}, step {step}, {} s after the beginning: {organization}: {what}",
        plan.seed,
        at / 1000
    );
    println!("what happened before, oldest first:");
    for line in trace {
        println!("  {line}");
    }
    println!("to replay it: {}", command(&plan));
}
