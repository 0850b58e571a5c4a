//! Answers of the token endpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|token: &[u8]| fabric_operator_fuzz::read_everything(token, 200, b"{}"));
