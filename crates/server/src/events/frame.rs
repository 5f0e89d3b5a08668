//! Events as bytes, in the form of server-sent events (WHATWG HTML, 9.2).
//!
//! Always holds: data is JSON, in which no line ends, so that no text of anybody's can be taken for another field.

use bytes::Bytes;
use serde::Serialize;

/// Milliseconds after which a client comes back.
const RETRY: u32 = 2000;

/// What every stream begins with.
pub(super) fn beginning() -> Bytes {
    Bytes::from(format!("retry: {RETRY}\n\n"))
}

/// What shows that a silent stream is alive.
pub(super) fn heartbeat() -> Bytes {
    Bytes::from_static(b":\n\n")
}

/// An event; its id is the number of the last notice up to it.
pub(super) fn event(name: &str, id: u64, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\nid: {id}\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn text_with_lines_stays_in_its_event() {
        let frame = event("notice", 7, &"one\nevent: end\r\n\n\u{2028}");
        assert_eq!(frame, "event: notice\nid: 7\ndata: \"one\\nevent: end\\r\\n\\n\u{2028}\"\n\n");
    }
}
