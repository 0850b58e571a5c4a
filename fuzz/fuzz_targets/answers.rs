//! Answers of the API: the first two bytes choose the status, the rest is the body.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let [a, b, body @ ..] = data {
        let status = 200 + u16::from_le_bytes([*a, *b]) % 400;
        fabric_operator_fuzz::read_everything(br#"{"access_token":"t"}"#, status, body);
    }
});
