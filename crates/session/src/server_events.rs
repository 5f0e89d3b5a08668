//! Server-sent events, read from a body as it comes (HTML standard, section 9.2.6).
//!
//! Always holds: however the body is cut into pieces, the events are the same; a line that has no end is not kept.

use sliderule_api::text::split_once;
use sliderule_records::json::utf8;

/// Longest event that is kept, in bytes.
const LONGEST: usize = 1024 * 1024;

/// An event became longer than any that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Reads events.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    after_return: bool,
    kind: String,
    data: String,
    has_data: bool,
}

impl EventReader {
    /// Reads a piece of the body; `heard` is called with the kind and the data of each event that ends within it. The kind
    /// is `message` where the server does not say, and the lines of the data are joined.
    ///
    /// # Errors
    /// One is too long.
    pub(crate) fn push(&mut self, piece: &[u8], mut heard: impl FnMut(&str, &str)) -> Result<(), TooLong> {
        for &byte in piece {
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' if self.line.is_empty() => {
                    if std::mem::take(&mut self.has_data) {
                        heard(if self.kind.is_empty() { "message" } else { &self.kind }, &self.data);
                    }
                    self.kind.clear();
                    self.data.clear();
                }
                b'\n' | b'\r' => self.end_line(),
                _ if self.line.len() + self.data.len() >= LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        // What is no text is not for us.
        let line = utf8(&line).unwrap_or_default();
        let (field, value) = split_once(line, ":").unwrap_or((line, ""));
        let value = value.strip_prefix(" ").unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            // Comments keep the connection alive; ids and pauses are for who comes back, which we do our own way.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{EventReader, LONGEST, TooLong};

    const BODY: &str = ": hello\n\nevent: status\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nretry: 5\rdata:x\r\rid: 7\n\nevent: end\ndata\n\n";

    /// The events of a body that comes in these pieces: kind and data.
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        for piece in pieces {
            reader.push(piece, |kind, data| events.push((kind.to_owned(), data.to_owned()))).unwrap();
        }
        events
    }

    #[test]
    fn events_are_read_whatever_ends_their_lines() {
        let expected = [("status", "{\"a\":\n1}"), ("message", "x"), ("end", "")];
        assert_eq!(read([BODY.as_bytes()]), expected.map(|(kind, data)| (kind.to_owned(), data.to_owned())));
    }

    #[test]
    fn an_event_without_an_end_is_not_kept() {
        let mut reader = EventReader::default();
        assert_eq!(reader.push(&vec![b'x'; LONGEST + 1], |_, _| ()), Err(TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_a_body_is_cut(cuts in prop::collection::vec(0..BODY.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for to in cuts.into_iter().chain([BODY.len()]) {
                pieces.push(&BODY.as_bytes()[from..to]);
                from = to;
            }
            prop_assert_eq!(read(pieces), read([BODY.as_bytes()]));
        }
    }
}
