//! Server-sent events, read from a body as it comes (HTML standard, section 9.2.6).
//!
//! Always holds: however the body is cut into pieces, the events are the same; a line that has no end is not kept.

use sliderule_api::text::split_once;
use sliderule_records::json::utf8;

/// Longest event that is kept, in bytes.
const LONGEST: usize = 1024 * 1024;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    /// Its kind; `message` where the server does not say.
    pub kind: String,
    /// Its data, lines joined.
    pub data: String,
}

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
    /// The events that end within this piece.
    ///
    /// # Errors
    /// One is too long.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<ServerEvent>, TooLong> {
        let mut events = Vec::new();
        for &byte in piece {
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.len() >= LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<ServerEvent> {
        // What is no text is not for us.
        let line = std::mem::take(&mut self.line);
        let line = utf8(&line).unwrap_or_default();
        if line.is_empty() {
            let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
            let kind = if kind.is_empty() { "message".to_owned() } else { kind };
            return std::mem::take(&mut self.has_data).then_some(ServerEvent { kind, data });
        }
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
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{EventReader, LONGEST, ServerEvent, TooLong};

    const BODY: &str = ": hello\n\nevent: status\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nretry: 5\rdata:x\r\rid: 7\n\nevent: end\ndata\n\n";

    fn event(kind: &str, data: &str) -> ServerEvent {
        ServerEvent { kind: kind.into(), data: data.into() }
    }

    #[test]
    fn events_are_read_whatever_ends_their_lines() {
        let read = EventReader::default().push(BODY.as_bytes()).unwrap();
        assert_eq!(read, [event("status", "{\"a\":\n1}"), event("message", "x"), event("end", "")]);
    }

    #[test]
    fn an_event_without_an_end_is_not_kept() {
        let mut reader = EventReader::default();
        assert_eq!(reader.push(&vec![b'x'; LONGEST + 1]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_a_body_is_cut(cuts in prop::collection::vec(0..BODY.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut reader = EventReader::default();
            let (mut events, mut from) = (Vec::new(), 0);
            for to in cuts.into_iter().chain([BODY.len()]) {
                events.extend(reader.push(&BODY.as_bytes()[from..to]).unwrap());
                from = to;
            }
            prop_assert_eq!(events, EventReader::default().push(BODY.as_bytes()).unwrap());
        }
    }
}
