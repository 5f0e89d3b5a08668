//! The runner as a program of its own, for this crate's tests; operators have `sliderule-ps runner`.

use std::path::PathBuf;
use std::process::ExitCode;

use sliderule_api::lease::SECRET_VARIABLE;
use sliderule_engines::runner::{self, Ended, RunnerOptions};

/// Takes `runner --data DIR --node ID`, in that order.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
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
