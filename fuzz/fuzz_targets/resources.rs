//! Custom resources, as an API server hands them over.
#![no_main]

use fabric_operator::api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

/// What is read prints as something that is read again.
fn read<T: DeserializeOwned + Serialize>(data: &[u8]) {
    if let Ok(object) = serde_json::from_slice::<T>(data) {
        let printed = serde_json::to_vec(&object).expect("what was read can be printed");
        serde_json::from_slice::<T>(&printed).expect("what was printed can be read");
    }
}

fuzz_target!(|data: &[u8]| {
    read::<FabricConnection>(data);
    read::<FabricAccount>(data);
    read::<ServiceProfile>(data);
    read::<ConnectionApproval>(data);
});
