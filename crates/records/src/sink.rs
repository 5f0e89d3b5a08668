//! Who is told of what comes out of a stream, in the stream's order.

use crate::column::Batch;
use crate::message::{Event, Exception};

/// Takes what is decoded, piece by piece.
pub trait Sink {
    /// Rows of consecutive data records of one type. They are lent: the next ones are decoded in their memory.
    fn batch(&mut self, batch: &Batch);

    /// An `eventrec`: its level and its text, and the record for whoever wants more of it.
    fn event(&mut self, level: i32, text: &str, record: &Batch);

    /// An `exceptrec`.
    fn exception(&mut self, code: i32, level: i32, text: &str);
}

/// What a stream says, piece by piece.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Rows of consecutive data records of one type.
    Batch(Batch),
    /// An `eventrec`.
    Event(Event),
    /// An `exceptrec`.
    Exception(Exception),
}

impl Sink for Vec<Item> {
    fn batch(&mut self, batch: &Batch) {
        self.push(Item::Batch(batch.clone()));
    }

    fn event(&mut self, level: i32, text: &str, record: &Batch) {
        self.push(Item::Event(Event::of(level, text, record)));
    }

    fn exception(&mut self, code: i32, level: i32, text: &str) {
        self.push(Item::Exception(Exception { code, level, text: text.to_owned() }));
    }
}
