//! What the integration tests share. Each module stands in for one outside system; none of them
//! may know what a particular test is about.
pub mod apiserver;
pub mod manifests;
pub mod operator;
pub mod pages;
pub mod selling;
pub mod tools;
