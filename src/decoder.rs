//! The exported `Decoder` of a record stream.
//!
//! `js/` pulls the reader, pushes chunks, fetches the definitions that are needed, and ends the stream. What is decoded
//! is told to the object that `js/` passes in, before the call that decoded it returns.

use sliderule_api::{ErrorCode, ReleaseVersion};
use sliderule_records::{Decoder as Records, Error, Fault};
use sliderule_session::Failure;
use wasm_bindgen::prelude::*;

use crate::items::{Items, Teller};

/// `flush` would tell of something. These numbers are in `STATE` of `js/stream/decoder.js`.
const GATHERING: u32 = 1;
/// Records wait for a definition; `needs` says which.
const WAITING: u32 = 2;
/// The stream is damaged, and all that came whole before the damage has been told of but for what `flush` gives. `finish`
/// says what is wrong.
const FAILED: u32 = 4;

/// Decodes one stream. What fails is told to the items, too: an export that throws takes twice the code.
#[wasm_bindgen]
pub struct Decoder {
    records: Records,
    teller: Teller,
}

#[wasm_bindgen]
impl Decoder {
    /// A decoder at the start of a stream of a server of that release, such as `4.20.0`; of none that is known, if it is
    /// empty.
    #[wasm_bindgen(constructor)]
    pub fn new(release: &str, items: Items) -> Decoder {
        let release = release.parse::<ReleaseVersion>().ok();
        let release = release.map(|release| (release.major, release.minor));
        Decoder { records: Records::default(), teller: Teller { items, release } }
    }

    /// Records of this type are not to be taken apart into rows.
    #[wasm_bindgen(js_name = keepWhole)]
    pub fn keep_whole(&mut self, record_type: &str) {
        self.records.keep_whole(record_type, &mut self.teller);
    }

    /// Decodes the next bytes, and tells of full batches and messages.
    pub fn push(&mut self, chunk: &[u8]) {
        self.records.gather(chunk, &mut self.teller);
    }

    /// Tells of the rows that wait for their batch to become full.
    pub fn flush(&mut self) {
        self.records.flush(&mut self.teller);
    }

    /// What can be asked for now: `GATHERING`, `WAITING` and `FAILED`, as far as they hold.
    pub fn state(&self) -> u32 {
        (u32::from(self.records.is_gathering()) * GATHERING)
            | (u32::from(self.records.is_waiting()) * WAITING)
            | (u32::from(self.records.has_failed()) * FAILED)
    }

    /// Tells of the record types whose definitions are needed before anything more can be decoded.
    pub fn needs(&self) {
        self.records.needs().iter().for_each(|record_type| self.teller.items.need(record_type));
    }

    /// Gives a definition, as the server wrote it, and tells of what can be decoded now.
    pub fn define(&mut self, record_type: &str, definition: &str) {
        let learned = self.records.learn(record_type, definition, &mut self.teller);
        self.tell(learned);
    }

    /// Ends the stream. It fails if it is not whole.
    pub fn finish(&self) {
        self.tell(self.records.finish());
    }

    /// Tells of what failed.
    fn tell(&self, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            self.teller.items.failed(&failure(&error));
        }
    }
}

/// The failure as JSON.
fn failure(error: &Error) -> String {
    let code = match **error {
        Fault::Truncated { .. } => ErrorCode::StreamTruncated,
        Fault::TooLarge { .. } => ErrorCode::StreamTooLarge,
        _ => ErrorCode::StreamMalformed,
    };
    Failure::new(code, error.to_string()).to_json()
}
