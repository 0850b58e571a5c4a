//! Custom resources, as an API server hands them over.
#![no_main]

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};
use fabric_operator_fuzz::read_again;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_again::<FabricConnection>(data);
    read_again::<FabricAccount>(data);
    read_again::<ServiceProfile>(data);
    read_again::<ConnectionApproval>(data);
});
