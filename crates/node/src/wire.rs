//! The records that the node sends, in the layout of the release it announces.
//!
//! The layouts are the recorded definitions of v4.0.2 and v4.20.0, built into the program and served by
//! `/source/definition`, so that what is sent and what is described cannot differ. One thing was added:
//! `eventrec` has the field names of both, `name` and `attr` beside `source` and `message`, over the same bytes.

use bytes::Bytes;
use serde_json::{Map, Value};
use sliderule_records::encode::Record;
use sliderule_records::{Definitions, Exception};

use crate::announced::{Family, Kind, Level};
use crate::error::Error;
use crate::science::elevation::Elevation;

const V4_0: &str = include_str!("../definitions/v4.0.2.json");
const V4_20: &str = include_str!("../definitions/v4.20.0.json");

/// Bytes of text in an `eventrec`: the layout of v4.20.0 reserves no more.
const EVENT_TEXT: usize = 1023;
/// `type` of an `eventrec` that is a message.
const LOG: u8 = 1;

/// Something that happened, to be sent as an `eventrec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Milliseconds since the GPS epoch.
    pub gps_ms: i64,
    /// How grave.
    pub level: Level,
    /// Who says so.
    pub source: &'static str,
    /// What happened.
    pub text: String,
}

/// Makes records.
#[derive(Clone, Debug)]
pub struct Wire {
    family: Family,
    /// Address of this node, for events.
    ip: String,
    texts: Map<String, Value>,
    definitions: Definitions,
}

impl Wire {
    /// The records of a family, sent from the address `ip`.
    ///
    /// # Errors
    ///
    /// Only if the definitions built into the program are broken.
    pub fn new(family: Family, ip: String) -> Result<Self, Error> {
        let text = match family {
            Family::V4_0 => V4_0,
            Family::V4_20 => V4_20,
        };
        let texts: Map<String, Value> = serde_json::from_str(text).map_err(Error::Definitions)?;
        let mut definitions = Definitions::new();
        for (record_type, definition) in &texts {
            definitions.define(record_type, &definition.to_string())?;
        }
        Ok(Self { family, ip, texts, definitions })
    }

    /// Which family the records are of.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// The definition of a record type as JSON; `null` for an unknown one.
    #[must_use]
    pub fn definition(&self, record_type: &str) -> Value {
        self.texts.get(record_type).cloned().unwrap_or_default()
    }

    /// An `eventrec`.
    ///
    /// # Errors
    ///
    /// Only if the definitions built into the program are broken; so with the others below.
    pub fn event(&self, event: &Event) -> Result<Bytes, Error> {
        let said = sliderule_records::Event {
            time: Some(event.gps_ms),
            level: i32::from(event.level as u8),
            source: event.source.to_owned(),
            text: cut(&event.text, EVENT_TEXT).to_owned(),
        };
        let mut record = said.record(&self.definitions)?;
        let mut fields = record.root();
        fields.set("ipv4", cut(&self.ip, 15))?;
        if fields.has("type") {
            fields.set("type", LOG)?;
        }
        Ok(record.frame()?.into())
    }

    /// An `exceptrec`; text that is too long for it is cut.
    pub fn exception(&self, kind: Kind, level: Level, text: &str) -> Result<Bytes, Error> {
        let said =
            Exception { code: self.family.code(kind), level: i32::from(level as u8), text: text.to_owned() };
        Ok(said.record(&self.definitions)?.frame()?.into())
    }

    /// An `atl06rec` with these elevations.
    pub fn elevations(&self, rows: &[Elevation]) -> Result<Bytes, Error> {
        let mut record = Record::new(&self.definitions, "atl06rec")?;
        for (index, row) in rows.iter().enumerate() {
            let mut root = record.root();
            let mut fields = root.element("elevation", index)?;
            fields.set("extent_id", row.extent_id)?;
            fields.set("segment_id", row.segment_id)?;
            fields.set("n_fit_photons", row.n_fit_photons)?;
            fields.set("pflags", row.pflags)?;
            fields.set("rgt", row.rgt)?;
            fields.set("cycle", row.cycle)?;
            if fields.has("region") {
                fields.set("region", row.region)?;
            }
            fields.set("spot", row.spot)?;
            fields.set("gt", row.gt)?;
            fields.set("time", row.time_ns)?;
            fields.set("latitude", row.latitude)?;
            fields.set("longitude", row.longitude)?;
            fields.set("h_mean", row.h_mean)?;
            fields.set("dh_fit_dx", row.dh_fit_dx)?;
            fields.set("x_atc", row.x_atc)?;
            fields.set("y_atc", row.y_atc)?;
            fields.set("w_surface_window_final", row.w_surface_window_final)?;
            fields.set("rms_misfit", row.rms_misfit)?;
            fields.set("h_sigma", row.h_sigma)?;
        }
        Ok(record.frame()?.into())
    }
}

/// The beginning of a text, at most `most` bytes, cut between characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Event, Wire};
    use crate::announced::{Family, Kind, Level};

    fn wire(family: Family) -> Wire {
        Wire::new(family, "127.0.0.1".to_owned()).unwrap()
    }

    #[test]
    fn an_event_of_the_old_layout_is_the_recorded_one() {
        let event = Event {
            gps_ms: 1_479_499_450_060,
            level: Level::Info,
            source: "sendlog",
            text:
                "request <AppServer.57> processing initialized on ATL03_20200304065203_10470607_003_01.h5 ..."
                    .to_owned(),
        };
        let bytes = wire(Family::V4_0).event(&event).unwrap();
        assert_eq!(bytes.len(), 186);
        assert_eq!(bytes[..17], *b"\0\x02\0\x09\0\0\0\xa9eventrec\0");
        assert_eq!(bytes[17..25], [0xcc, 0x06, 0x0a, 0x79, 0x58, 0x01, 0, 0]);
        assert_eq!(bytes[17 + 26..17 + 28], [1, 1], "type LOG, level INFO");
        assert_eq!(bytes[17 + 44..17 + 51], *b"sendlog");
        assert!(bytes.ends_with(b"003_01.h5 ...\0"));
    }

    #[test]
    fn an_exception_of_the_old_layout_is_the_recorded_one() {
        let text = "Successfully completed processing resource [1 out of 1]: ATL03_20200304065203_10470607_003_01.h5";
        let bytes = wire(Family::V4_0).exception(Kind::Status, Level::Info, text).unwrap();
        assert_eq!(bytes.len(), 282);
        assert_eq!(bytes[18..26], [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0]);
        assert_eq!(bytes[26..26 + text.len()], *text.as_bytes());
    }

    #[test]
    fn text_too_long_for_its_field_is_cut_between_characters() {
        let long = "é".repeat(200);
        let bytes = wire(Family::V4_20).exception(Kind::Failure, Level::Error, &long).unwrap();
        assert_eq!(bytes.len(), 282);
        assert_eq!(bytes[26..26 + 254], *"é".repeat(127).as_bytes());
    }

    #[test]
    fn events_have_the_field_names_of_both_layouts() {
        for family in [Family::V4_0, Family::V4_20] {
            let definition = wire(family).definition("eventrec");
            for (old, new) in [("name", "source"), ("attr", "message")] {
                assert_eq!(definition[old], definition[new]);
                assert!(definition[old].is_object());
            }
        }
        assert!(wire(Family::V4_0).definition("nosuchrec").is_null());
    }
}
