//! The definitions known so far: what a client learned of a server, or a server knows of itself.

use crate::definition::Definition;
use crate::error::Error;

/// How deeply records may nest.
pub const DEPTH: usize = 16;

/// How many record types one may nest, itself included.
pub const NESTED: usize = 64;

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
    ///
    /// None are where it nests more than [`NESTED`] types or deeper than [`DEPTH`]: no record is like that, and a server
    /// that goes on naming further types would be asked for ever. Such a type cannot be decoded.
    pub fn missing_for(&self, record_type: &str) -> Vec<String> {
        let unknown = self.unknown(record_type).unwrap_or_default();
        unknown.into_iter().map(str::to_owned).collect()
    }

    /// Goes through the type and all that it nests, each once, and finds those that are not known. `None` where it comes to
    /// no end within bounds.
    pub(crate) fn unknown<'d>(&'d self, record_type: &'d str) -> Option<Vec<&'d str>> {
        let mut names = vec![(record_type, 0)];
        let mut unknown = Vec::new();
        let mut next = 0;
        while let Some(&(name, depth)) = names.get(next) {
            next += 1;
            let Some(definition) = self.get(name) else {
                unknown.push(name);
                continue;
            };
            for nested in definition.nested() {
                if names.iter().any(|(name, _)| *name == nested) {
                    continue;
                }
                if depth == DEPTH || names.len() == NESTED {
                    return None;
                }
                names.push((nested, depth + 1));
            }
        }
        Some(unknown)
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

    #[test]
    fn a_server_that_names_ever_more_types_is_not_asked_for_ever() {
        let field = |name: String| format!(r#""{name}": {{"type": "{name}", "offset": 0, "elements": 1}}"#);
        let mut definitions = Definitions::new();
        for depth in 0.. {
            let missing = definitions.missing_for("t0");
            let Some(name) = missing.first() else { break };
            assert!(depth <= DEPTH);
            definitions.define(name, &format!("{{{}}}", field(format!("t{}", depth + 1)))).unwrap();
        }
        assert!(definitions.unknown("t0").is_none());
        let wide: Vec<String> = (0..4000).map(|index| field(format!("w{index}"))).collect();
        definitions.define("wide", &format!("{{{}}}", wide.join(","))).unwrap();
        assert_eq!((definitions.missing_for("wide"), definitions.unknown("wide")), (Vec::new(), None));
    }
}
