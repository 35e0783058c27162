//! See [`fuzz::manifests`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::manifests(bytes));
