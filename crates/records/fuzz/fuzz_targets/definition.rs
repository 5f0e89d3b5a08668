//! The definition parser reads of any text what stands in it, entry by entry, or refuses it.
#![no_main]

#[path = "../../tests/differential/definition.rs"]
mod definition;

libfuzzer_sys::fuzz_target!(|text: &str| definition::check_definition(text));
