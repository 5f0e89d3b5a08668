//! All settings as a table, which `sliderule-ps settings` prints and `docs/OPERATIONS.md` contains.

use std::fmt::Write;

use super::known;
use super::section::Described;

/// The table, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut table =
        "| key | variable | flag of `serve` | default | meaning |\n|---|---|---|---|---|\n".to_owned();
    for Described { key, variable, flag, meaning, value } in known() {
        let flag = flag.map_or_else(String::new, |flag| format!("`--{flag}`"));
        let value = value.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
        // Writing to a text cannot fail.
        let _ = writeln!(table, "| `{key}` | `{variable}` | {flag} | {value} | {meaning} |");
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn operators_read_of_every_setting() {
        let page = include_str!("../../../../docs/OPERATIONS.md");
        let table = super::markdown();
        assert!(
            page.contains(&format!("<!-- settings -->\n\n{table}\n<!-- end of settings -->")),
            "put what `sliderule-ps settings` prints into docs/OPERATIONS.md:\n{table}"
        );
    }
}
