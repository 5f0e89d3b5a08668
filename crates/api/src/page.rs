//! One page of a longer list, as every list of our own API answers.

use serde::{Deserialize, Serialize};

/// A part of a list, and how to ask for the rest: `?after=<next>`, with the same `limit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries, in the order of the list.
    pub items: Vec<T>,
    /// What to ask for next; `None` at the end of the list. Nothing is promised about what it looks like.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each entry as `show` makes it.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next: self.next }
    }
}
