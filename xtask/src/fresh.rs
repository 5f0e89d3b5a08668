//! Whether a step may be skipped, judged by looking at what it reads and what it makes.
//!
//! A step's product carries the time at which the step *began*, so that a file changed while the step ran
//! counts as newer than the product.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::failure::{Failure, Result};

/// Folders that are never input: what tools put beside the sources.
const NOT_INPUT: [&str; 3] = ["node_modules", "target", "dist"];

/// Whether `product` exists and nothing under `inputs` is newer. Folders count with their own time, which
/// changes when something in them is added or removed; an input that does not exist is ignored.
pub(crate) fn up_to_date(product: &Path, inputs: &[PathBuf]) -> bool {
    let Some(made) = modified(product) else { return false };
    inputs.iter().filter_map(|input| newest(input)).all(|changed| changed <= made)
}

/// Gives `product` the time at which the step that made it began.
pub(crate) fn made_from(product: &Path, began: SystemTime) -> Result<()> {
    File::options()
        .write(true)
        .open(product)
        .and_then(|file| file.set_modified(began))
        .map_err(Failure::file("set the time of", product))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let own = modified(path)?;
    let Ok(entries) = fs::read_dir(path) else { return Some(own) };
    entries
        .flatten()
        .filter(|entry| !NOT_INPUT.iter().any(|name| entry.file_name() == *name))
        .filter_map(|entry| newest(&entry.path()))
        .chain([own])
        .max()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::{made_from, up_to_date};

    #[test]
    fn a_product_is_stale_when_an_input_changes_appears_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let (input, product) = (folder.path().join("src"), folder.path().join("product"));
        fs::create_dir(&input).unwrap();
        fs::write(input.join("a"), "1").unwrap();
        let inputs = [input.clone(), folder.path().join("absent")];
        assert!(!up_to_date(&product, &inputs), "there is no product yet");

        fs::write(&product, "").unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        made_from(&product, later).unwrap();
        assert!(up_to_date(&product, &inputs));

        made_from(&product, SystemTime::now() - Duration::from_secs(60)).unwrap();
        assert!(!up_to_date(&product, &inputs), "an input is newer than the beginning of the step");
    }

    #[test]
    fn what_tools_put_beside_the_sources_is_not_input() {
        let folder = tempfile::tempdir().unwrap();
        let (input, product) = (folder.path().join("www"), folder.path().join("product"));
        fs::create_dir_all(input.join("dist")).unwrap();
        fs::write(&product, "").unwrap();
        let hour = Duration::from_secs(3600);
        made_from(&product, SystemTime::now() + hour).unwrap();
        fs::write(input.join("dist/page.js"), "").unwrap();
        made_from(&input.join("dist/page.js"), SystemTime::now() + 2 * hour).unwrap();
        assert!(up_to_date(&product, &[input]));
    }
}
