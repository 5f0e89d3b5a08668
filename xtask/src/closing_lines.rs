//! What test runners say at their end, found in their output.

/// How many tests ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Tally {
    /// Sums up the closing lines of `cargo test` (`test result: ok. 3 passed; 0 failed; 1 ignored; …`) and of
    /// node's reporters (`# pass 3` and `ℹ pass 3`).
    pub(crate) fn read(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            if let Some(counts) = line.strip_prefix("test result: ") {
                for count in counts.split([';', '.']) {
                    let mut words = count.split_whitespace();
                    let (number, word) = (words.next().and_then(|text| text.parse().ok()), words.next());
                    tally.count(word.unwrap_or_default(), number);
                }
            } else if let Some(count) = of_node(line) {
                let mut words = count.split_whitespace();
                let (word, number) = (words.next(), words.next().and_then(|text| text.parse().ok()));
                tally.count(word.unwrap_or_default(), number);
            }
        }
        tally
    }

    fn count(&mut self, word: &str, number: Option<u64>) {
        let number = number.unwrap_or(0);
        match word {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" => self.failed += number,
            "ignored" | "skipped" => self.skipped += number,
            _ => {}
        }
    }
}

/// The closing lines themselves, without those of empty runs.
pub(crate) fn of(output: &str) -> impl Iterator<Item = String> {
    output.lines().filter_map(|line| {
        if line.starts_with("test result: ") {
            return (!line.contains(" 0 passed; 0 failed; 0 ignored")).then(|| line.to_owned());
        }
        let line = of_node(line)?;
        let counted = ["tests ", "pass ", "fail ", "skipped "].iter().any(|word| line.starts_with(word));
        counted.then(|| format!("# {line}"))
    })
}

/// A line of node's summary without the sign that a reporter sets before it.
fn of_node(line: &str) -> Option<&str> {
    line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))
}

/// The last `count` lines.
pub(crate) fn last(output: &str, count: usize) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Tally, last, of};

    const CARGO: &str = "\
running 3 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 0 tests
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s
";
    const SPEC: &str = "ℹ tests 4\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ duration_ms 12.5\n";
    const NODE: &str =
        "1..5\n# tests 5\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n";

    #[test]
    fn the_counts_of_both_runners_are_summed() {
        assert_eq!(Tally::read(CARGO), Tally { passed: 6, failed: 1, skipped: 1 });
        assert_eq!(Tally::read(NODE), Tally { passed: 3, failed: 1, skipped: 1 });
        assert_eq!(Tally::read(SPEC), Tally { passed: 3, failed: 1, skipped: 0 });
        let mut both = Tally::read(CARGO);
        both += Tally::read(NODE);
        assert_eq!(both.to_string(), "9 passed, 2 failed, 2 skipped");
    }

    #[test]
    fn the_closing_lines_are_shown_without_those_of_empty_runs() {
        assert_eq!(of(CARGO).count(), 2);
        assert_eq!(of(NODE).collect::<Vec<_>>(), ["# tests 5", "# pass 3", "# fail 1", "# skipped 1"]);
        assert_eq!(of(SPEC).collect::<Vec<_>>(), ["# tests 4", "# pass 3", "# fail 1"]);
    }

    #[test]
    fn the_end_of_an_output_is_cut_by_lines() {
        assert_eq!(last("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last("a\n", 5), "a");
    }
}
