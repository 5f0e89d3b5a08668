//! The command line.

use std::path::PathBuf;

use crate::kinds::Kind;
use crate::plant::Plant;
use crate::simulation::Plan;

/// How to call it.
pub const USAGE: &str = "\
usage: sliderule-simulate [--first-seed S] [--seeds N] [--days D] [--json FILE] [--without KIND,…]
                          [--journal FILE]

  --first-seed S   the first seed (0)
  --seeds N        how many seeds (1)
  --days D         how many days of each (30)
  --json FILE      write what it came to, as JSON
  --without KINDS  what shall not go wrong
  --journal FILE   write everything that happened in the first seed";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The first seed.
    pub first_seed: u64,
    /// How many.
    pub seeds: u64,
    /// How many days of each.
    pub days: u32,
    /// Where to write JSON.
    pub json: Option<PathBuf>,
    /// What goes wrong.
    pub kinds: Vec<Kind>,
    /// Where to write the first seed's journal.
    pub journal: Option<PathBuf>,
    /// A bug to build in; only that is looked for then.
    pub plant: Option<Plant>,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(words: &[String]) -> Result<Self, String> {
        let mut options = Self {
            first_seed: 0,
            seeds: 1,
            days: 30,
            json: None,
            kinds: Kind::all(),
            journal: None,
            plant: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
            let bad = || format!("`{value}` is not a value of {word}");
            match word.as_str() {
                "--first-seed" => options.first_seed = value.parse().map_err(|_| bad())?,
                "--seeds" => options.seeds = value.parse().map_err(|_| bad())?,
                "--days" => {
                    options.days =
                        value.parse().ok().filter(|days| (1..=3660).contains(days)).ok_or_else(bad)?
                }
                "--json" => options.json = Some(value.into()),
                "--journal" => options.journal = Some(value.into()),
                "--plant" => options.plant = Some(Plant::named(value).ok_or_else(bad)?),
                "--without" => {
                    for name in value.split(',') {
                        let kind = Kind::named(name)
                            .ok_or_else(|| format!("there is no kind of trouble `{name}`"))?;
                        options.kinds.retain(|kept| *kept != kind);
                    }
                }
                _ => return Err(format!("there is no option `{word}`")),
            }
        }
        Ok(options)
    }

    /// The plan of one of the seeds.
    #[must_use]
    pub fn plan(&self, seed: u64) -> Plan {
        Plan {
            seed,
            days: self.days,
            kinds: self.kinds.clone(),
            plant: self.plant,
            with_journal: self.journal.is_some() && seed == self.first_seed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_with_their_values() {
        let options = read("--first-seed 7 --seeds 50 --days 3 --without crash,stale-listing").unwrap();
        assert_eq!((options.first_seed, options.seeds, options.days), (7, 50, 3));
        assert_eq!(options.kinds.len(), read("").unwrap().kinds.len() - 2);
    }

    #[test]
    fn what_is_no_option_is_refused() {
        for line in
            ["--seeds", "--seeds many", "--days 0", "--without boredom", "--fast yes", "--store paper"]
        {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
