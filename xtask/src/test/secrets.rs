//! No secret in any log: all that the servers and programs of the suites logged, everything on, is searched for the
//! passwords and tokens that the tests use.

mod search;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::failure::{Failure, Result};
use search::Secrets;

/// The variable that tells the suites where their logs are kept.
pub(super) const FOLDER_VARIABLE: &str = "SLIDERULE_TEST_LOGS";

/// Every secret that a test uses.
const LIST: &str = include_str!("../../../crates/server/tests/secrets.txt");

/// Makes the folder for logs, without those of an earlier run.
pub(super) fn prepare(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file("remove", folder))?;
    }
    fs::create_dir_all(folder).map_err(Failure::file("make the folder", folder))
}

/// Searches every log in `folder`; how many lines there are. Fails at the first secret, which is not repeated.
pub(super) fn check(folder: &Path) -> Result<usize> {
    let secrets = Secrets::read(LIST);
    let mut lines = 0;
    for entry in fs::read_dir(folder).map_err(Failure::file("read", folder))?.flatten() {
        let path = entry.path();
        let mut log = BufReader::new(File::open(&path).map_err(Failure::file("read", &path))?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if log.read_until(b'\n', &mut line).map_err(Failure::file("read", &path))? == 0 {
                break;
            }
            lines += 1;
            if let Some(secret) = secrets.find(&String::from_utf8_lossy(&line)) {
                let place = path.display();
                return Err(Failure::said(format!(
                    "a secret is in a log: `{secret}` in {place}, line {number}"
                )));
            }
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{check, prepare};

    /// A log of two lines that are fine and one that is given.
    fn checked(line: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let log = format!("INFO answered status=200\nWARN say `Bearer …`, or ghp_…\n{line}\n");
        fs::write(folder.path().join("api.log"), log).unwrap();
        check(folder.path()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_log_without_secrets_is_fine() {
        assert_eq!(checked("INFO sliderule-ps is listening"), Ok(3));
    }

    #[test]
    fn a_planted_secret_of_each_kind_is_found_and_its_place_is_told() {
        for planted in [
            "DEBUG body={\"password\": \"correct horse battery staple\"}",
            "TRACE access=eyJhbGciOiJFZERTQSJ9.eyJ0b2tlbl90eXBlIjoi",
            "TRACE authorization: Bearer x",
            "TRACE token=ghp_good",
            "TRACE GET /?code=stand-in-code-0&state=x",
            "TRACE state=srs_0",
            "ERROR hash=$argon2id$v=19$m=19456",
        ] {
            let found = checked(planted).unwrap_err();
            assert!(
                found.contains("a secret is in a log") && found.contains("api.log, line 3"),
                "{planted}: {found}"
            );
            assert!(
                !found.contains("battery") && !found.contains("good"),
                "the secret itself is not told: {found}"
            );
        }
    }

    #[test]
    fn logs_of_an_earlier_run_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        prepare(&logs).unwrap();
        fs::write(logs.join("old.log"), "Bearer x").unwrap();
        prepare(&logs).unwrap();
        assert_eq!(check(&logs).unwrap(), 0);
    }
}
