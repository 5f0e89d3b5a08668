//! What a measurement wrote down: a flat JSON object of names and numbers, perhaps below one name.
//!
//! Only ours are read, so a few lines do what a parser would; this is the first program a newcomer compiles.

/// The names and what stands beside them, in their order.
pub(crate) fn read(json: &str) -> Vec<(String, String)> {
    let inner = json.rsplit('{').next().unwrap_or_default().split('}').next().unwrap_or_default();
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().trim_matches('"').to_owned(), value.trim().trim_matches('"').to_owned()))
    };
    inner.split(',').filter_map(pair).collect()
}

/// One line for each.
pub(crate) fn table(title: &str, figures: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| format!("  {name:<28} {value:>14}\n");
    format!("{title}\n{}", figures.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{read, table};

    #[test]
    fn names_and_numbers_are_found_flat_or_below_one_name() {
        let expected = [("kills".to_owned(), "20".to_owned()), ("median_ms".to_owned(), "70.5".to_owned())];
        assert_eq!(read("{\"kills\":20,\"median_ms\":70.5}"), expected);
        assert_eq!(read("{\n  \"soak\": {\n    \"kills\": 20,\n    \"median_ms\": 70.5\n  }\n}\n"), expected);
        assert_eq!(read(""), []);
        assert!(table("Kills", &expected).contains("  kills  "));
    }
}
