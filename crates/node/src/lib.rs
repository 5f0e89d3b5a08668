//! The reference node: enough of the SlideRule service to develop and test against.
