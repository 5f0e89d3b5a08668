//! The definitions known so far: what a client learned of a server, or a server knows of itself.

use crate::definition::Definition;
use crate::error::Error;

/// The definitions known so far, by record type.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// Few enough, each having been fetched, to look through.
    known: Vec<Definition>,
}

impl Definitions {
    /// None known.
    pub fn new() -> Definitions {
        Definitions::default()
    }

    /// Reads and keeps a definition, in place of an older one. After an error all is as it was.
    pub fn define(&mut self, record_type: &str, json: &str) -> Result<(), Error> {
        let definition = Definition::parse(record_type, json)?;
        match self.known.iter_mut().find(|known| known.record_type == record_type) {
            Some(known) => *known = definition,
            None => self.known.push(definition),
        }
        Ok(())
    }

    /// The definition of a record type.
    pub fn get(&self, record_type: &str) -> Option<&Definition> {
        self.known.iter().find(|known| known.record_type == record_type)
    }

    /// The definitions that are still needed before records of this type can be decoded: its own, or
    /// those of records nested in it at any depth. More may turn up once these are known.
    pub fn missing_for(&self, record_type: &str) -> Vec<String> {
        let mut names = vec![record_type];
        let mut missing = Vec::new();
        let mut next = 0;
        while let Some(name) = names.get(next).copied() {
            next += 1;
            match self.get(name) {
                None => missing.push(name.to_owned()),
                Some(definition) => definition.nested().for_each(|nested| {
                    if !names.contains(&nested) {
                        names.push(nested);
                    }
                }),
            }
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_definitions_are_found_through_nesting_even_if_it_is_circular() {
        let mut definitions = Definitions::new();
        assert_eq!(definitions.missing_for("a"), ["a"]);
        let nesting = |name: &str| {
            format!(
                r#"{{"f": {{"type": "{name}", "offset": 0, "elements": 0, "flags": "LE"}},
                "p": {{"type": "pointed", "offset": 0, "elements": 1, "flags": "LE|PTR"}}}}"#
            )
        };
        definitions.define("a", &nesting("b")).unwrap();
        assert_eq!(definitions.missing_for("a"), ["b"]);
        definitions.define("b", &nesting("a")).unwrap();
        assert_eq!(definitions.missing_for("a"), [""; 0]);
    }
}
