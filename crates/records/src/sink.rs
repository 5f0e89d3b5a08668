//! Who is told of what comes out of a stream, in the stream's order.

use crate::column::Batch;
use crate::message::{Event, Exception};

/// Takes what is decoded, piece by piece.
pub trait Sink {
    /// Rows of consecutive data records of one type. They are lent: the next ones are decoded in their memory.
    fn batch(&mut self, batch: &Batch);

    /// An `eventrec`.
    fn event(&mut self, event: Event);

    /// An `exceptrec`.
    fn exception(&mut self, exception: Exception);
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

    fn event(&mut self, event: Event) {
        self.push(Item::Event(event));
    }

    fn exception(&mut self, exception: Exception) {
        self.push(Item::Exception(exception));
    }
}
