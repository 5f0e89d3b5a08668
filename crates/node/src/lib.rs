//! The reference node: enough of the SlideRule service to develop and test against.
pub mod error;
pub mod parameters;
pub mod polygon;
pub mod science;
