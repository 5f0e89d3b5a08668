//! The binary record format of SlideRule: framing, definitions, decoding into columns, encoding.
