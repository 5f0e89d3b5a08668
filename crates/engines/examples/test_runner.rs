//! The runner as a program of its own, for this crate's tests; operators have `sliderule-ps runner`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use sliderule_api::lease::SECRET_VARIABLE;
use sliderule_engines::runner::{self, Ended, RunnerOptions, bound};

/// Takes `runner --data DIR --node ID`, in that order, or `bound-program RUNNER PROGRAM ARGUMENTS…`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [subcommand, parent, program, arguments @ ..] = words.as_slice()
        && subcommand == bound::SUBCOMMAND
        && let Some(Ok(parent)) = parent.to_str().map(str::parse)
    {
        let _why = bound::exec(parent, program, arguments);
        return ExitCode::FAILURE;
    }
    let mut arguments = std::env::args_os().skip(1);
    let (Some(_), Some(_), Some(data), Some(_), Some(node)) =
        (arguments.next(), arguments.next(), arguments.next(), arguments.next(), arguments.next())
    else {
        return ExitCode::from(2);
    };
    let (Some(Ok(node)), Ok(secret)) = (node.to_str().map(str::parse), std::env::var(SECRET_VARIABLE)) else {
        return ExitCode::from(2);
    };
    match runner::run(RunnerOptions { data: PathBuf::from(data), node, secret }).await {
        Ok(Ended::ByItself) | Err(_) => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
    }
}
