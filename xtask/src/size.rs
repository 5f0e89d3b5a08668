//! `cargo xtask size [--json FILE] [--record]`: how large what npm publishes is, what that may be, and what it was.
//!
//! What is counted stands in `js/build/sizes.mjs`; the sizes to compare with in `docs/sizes.json`, which `--record`
//! renews. It fails where something is above its budget.

use std::fs;
use std::path::PathBuf;

use crate::build;
use crate::failure::{Failure, Result};
use crate::figures;
use crate::setup;
use crate::shell::Shell;

/// What is recorded, and compared with.
const BASELINE: &str = "docs/sizes.json";

/// What is measured: its name, what it is, and how many bytes it may have as gzip.
const PARTS: [(&str, &str, Option<u64>); 6] = [
    ("wasm", "WebAssembly", Some(60 * 1024)),
    ("js", "JavaScript by hand", Some(14 * 1024)),
    ("slim", "entry ./slim", None),
    ("entry", "entry . (inlined)", Some(90 * 1024)),
    ("node", "entry ./node", None),
    ("cli", "command line", None),
];

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    json: Option<PathBuf>,
    record: bool,
}

impl Size {
    pub(crate) fn read(words: &[&str]) -> Result<Self> {
        match words {
            [] => Ok(Self::default()),
            ["--record", rest @ ..] => Ok(Self { record: true, ..Self::read(rest)? }),
            ["--json", file, rest @ ..] => Ok(Self { json: Some(PathBuf::from(file)), ..Self::read(rest)? }),
            _ => Err(Failure::Usage("`size` takes --json FILE and --record".to_owned())),
        }
    }
}

/// Builds the package, measures it and judges it.
pub(crate) fn size(shell: &Shell, size: &Size) -> Result<()> {
    let tools = setup::prepare(shell)?;
    build::package(shell, &tools)?;
    let sizes = measured(shell)?;
    print!("{}", table(&sizes, &baseline(shell)));
    let written = format!("{{\n  \"size\": {{\n{}\n  }}\n}}\n", sizes.lines());
    let baseline = size.record.then(|| shell.tree.at(BASELINE));
    for file in [size.json.as_ref(), baseline.as_ref()].into_iter().flatten() {
        fs::write(file, &written).map_err(Failure::file("write", file))?;
    }
    judged(&sizes)
}

/// The table, for the tests of what is built; an error where anything has grown beyond what was recorded. The budgets are
/// judged by [`size`] alone while they are not kept.
pub(crate) fn show(shell: &Shell) -> Result<()> {
    let (sizes, before) = (measured(shell)?, baseline(shell));
    print!("{}", table(&sizes, &before));
    grown(&sizes, &before)
}

/// Bytes by names such as `wasm_gzip`.
struct Sizes(Vec<(String, String)>);

impl Sizes {
    fn of(&self, part: &str, how: &str) -> Option<u64> {
        let name = format!("{part}_{how}");
        self.0.iter().find(|(each, _)| *each == name).and_then(|(_, value)| value.parse().ok())
    }

    fn lines(&self) -> String {
        let line = |(name, value): &(String, String)| format!("    \"{name}\": {value}");
        self.0.iter().map(line).collect::<Vec<_>>().join(",\n")
    }
}

fn measured(shell: &Shell) -> Result<Sizes> {
    let mut command = shell.command("node");
    let output = shell.step("Measuring the package", "size", command.arg("js/build/sizes.mjs"))?;
    Ok(Sizes(figures::read(&output)))
}

/// What was recorded; nothing before anything was.
fn baseline(shell: &Shell) -> Sizes {
    Sizes(figures::read(&fs::read_to_string(shell.tree.at(BASELINE)).unwrap_or_default()))
}

fn table(sizes: &Sizes, before: &Sizes) -> String {
    let mut text = format!(
        "  {:<20}{:>10}{:>10}{:>10}{:>12}{:>12}\n",
        "bytes", "raw", "gzip", "brotli", "gzip budget", "gzip change"
    );
    for (part, title, budget) in PARTS {
        let cell = |how| sizes.of(part, how).map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
        let budget = budget.map_or_else(String::new, |bytes| bytes.to_string());
        let change = match (sizes.of(part, "gzip"), before.of(part, "gzip")) {
            (Some(now), Some(then)) => format!("{:+}", i128::from(now) - i128::from(then)),
            _ => "new".to_owned(),
        };
        text.push_str(&format!(
            "  {title:<20}{:>10}{:>10}{:>10}{budget:>12}{change:>12}\n",
            cell("raw"),
            cell("gzip"),
            cell("brotli")
        ));
    }
    text
}

/// How many bytes of a hundred a part may grow before somebody has to record it: compilers and bundlers differ a little.
const SLACK: u64 = 1;

/// An error where a part has grown beyond what was recorded.
fn grown(sizes: &Sizes, before: &Sizes) -> Result<()> {
    let problem = |(part, title, _): (&str, &str, Option<u64>)| {
        let (now, then) = (sizes.of(part, "gzip")?, before.of(part, "gzip")?);
        (now > then + then * SLACK / 100).then(|| {
            format!(
                "{title} has grown from {then} to {now} bytes as gzip; if it must, record it with cargo xtask size --record"
            )
        })
    };
    failed(PARTS.into_iter().filter_map(problem).collect())
}

fn failed(problems: Vec<String>) -> Result<()> {
    if problems.is_empty() { Ok(()) } else { Err(Failure::said(problems.join("\n"))) }
}

/// An error where a part is above its budget, or was not measured.
fn judged(sizes: &Sizes) -> Result<()> {
    let problem = |(part, title, budget): (&str, &str, Option<u64>)| {
        let budget = budget?;
        match sizes.of(part, "gzip") {
            Some(bytes) if bytes <= budget => None,
            Some(bytes) => Some(format!("{title} has {bytes} bytes as gzip, and may have {budget}")),
            None => Some(format!("{title} was not measured")),
        }
    };
    failed(PARTS.into_iter().filter_map(problem).collect())
}

#[cfg(test)]
mod tests {
    use super::{Size, Sizes, grown, judged, table};

    fn sizes(wasm: u64, js: u64) -> Sizes {
        let names = [("wasm_gzip", wasm), ("js_gzip", js), ("entry_gzip", 90 * 1024)];
        Sizes(names.map(|(name, bytes)| (name.to_owned(), bytes.to_string())).to_vec())
    }

    #[test]
    fn flags_are_read_in_any_order() {
        let both = Size { json: Some("x.json".into()), record: true };
        assert_eq!(Size::read(&["--record", "--json", "x.json"]).unwrap(), both);
        assert_eq!(Size::read(&["--json", "x.json", "--record"]).unwrap(), both);
        assert_eq!(Size::read(&[]).unwrap(), Size::default());
        assert!(Size::read(&["--json"]).is_err() && Size::read(&["all"]).is_err());
    }

    #[test]
    fn a_budget_is_kept_up_to_its_last_byte() {
        judged(&sizes(60 * 1024, 14 * 1024)).unwrap();
        let why = judged(&sizes(60 * 1024 + 1, 14 * 1024 + 2)).unwrap_err().to_string();
        assert!(why.contains("WebAssembly has 61441") && why.contains("by hand has 14338"), "{why}");
        assert!(judged(&Sizes(Vec::new())).is_err(), "nothing measured is nothing kept");
    }

    #[test]
    fn growth_is_noticed_and_a_little_of_it_forgiven() {
        let before = sizes(1000, 100);
        grown(&sizes(1010, 101), &before).unwrap();
        grown(&sizes(1, 1), &before).unwrap();
        let why = grown(&sizes(1011, 100), &before).unwrap_err().to_string();
        assert!(why.contains("WebAssembly has grown from 1000 to 1011"), "{why}");
        grown(&sizes(1011, 100), &Sizes(Vec::new())).unwrap();
    }

    #[test]
    fn the_table_tells_the_change_against_what_was_recorded() {
        let text = table(&sizes(1000, 20), &sizes(1200, 15));
        assert!(text.contains("-200\n") && text.contains("+5\n"), "{text}");
        assert!(table(&sizes(1000, 20), &Sizes(Vec::new())).contains("new\n"));
    }
}
