//! Where a half starts, as far as it could be made out.
//!
//! Data only; nothing is looked up here.

use super::line::Part;
use crate::domain::{LinkProtocol, Mbps, Port};

/// The near end of a half, as far as it could be made out.
#[derive(Clone, Copy)]
pub(super) struct Near<'a> {
    pub(super) part: Part,
    pub(super) port: Option<&'a Port>,
    pub(super) link: Option<LinkProtocol>,
    pub(super) bandwidth: Option<Mbps>,
}
