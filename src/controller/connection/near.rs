//! Where a half starts, as far as it could be made out, and the tags of an end.
//!
//! Values of the spec parsed; nothing is looked up here.

use super::line::Part;
use crate::{
    api::LinkProtocolType,
    domain::{Invalid, LinkProtocol, Mbps, Port, Vlan},
};

/// The near end of a half, as far as it could be made out.
#[derive(Clone, Copy)]
pub(super) struct Near<'a> {
    pub(super) part: Part,
    pub(super) port: Option<&'a Port>,
    pub(super) link: Option<LinkProtocol>,
    pub(super) bandwidth: Option<Mbps>,
}

/// The tags of one end.
pub(super) fn link(spec: &crate::api::LinkProtocol) -> Result<LinkProtocol, Invalid> {
    let needs = |tag: Option<u16>, name: &str| {
        tag.ok_or_else(|| Invalid::new("link protocol", format!("needs {name}")))
            .and_then(Vlan::new)
    };
    match spec.r#type {
        LinkProtocolType::Dot1q => Ok(LinkProtocol::Dot1q(needs(spec.vlan_tag, "vlanTag")?)),
        LinkProtocolType::Qinq => Ok(LinkProtocol::Qinq {
            outer: needs(spec.vlan_s_tag, "vlanSTag")?,
            inner: spec.vlan_c_tag.map(Vlan::new).transpose()?,
        }),
    }
}
