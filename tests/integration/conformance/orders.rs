//! The orders that both dialects support: those of the documents' samples, in the domain's terms.

use fabric_domain::{
    ASide, AuthenticationKey, ConnectionName, Email, LegOrder, LinkProtocol, Mbps, MetroCode,
    Order, Peering, PortId, ProfileId, PurchaseOrderNumber, ServiceTokenId, Vlan, ZSide,
};

use super::{BROKEN, REJECTED, SERVED, Story, WITHDRAWN};

/// An order and the connection that it creates.
pub struct Scenario {
    pub name: &'static str,
    pub order: Order,
    pub stories: &'static [Story],
}

/// One party has to accept: all ends are possible.
const GATED: &[Story] = &[SERVED, REJECTED, WITHDRAWN, BROKEN];
/// No party has to accept, so none can reject; and a minute later the connection is provisioning, when
/// v4 cancels nothing.
const OWN: &[Story] = &[SERVED, BROKEN];

const AWS: &str = "3214888b-39b0-49ea-a232-005088dc9c84";
const AZURE: &str = "84c6616c-573a-447d-a478-9fab8fff284d";
const GOOGLE_1: &str = "9e441721-5342-4d8a-b62e-5ca61b4aa795";
const GOOGLE_2: &str = "c96a3e82-beb3-40a5-830a-fa75a9d6f08a";
const ORACLE: &str = "d7f5769b-9618-4d8e-b7dc-9e68ffd0a8b8";
const SELLER_D: &str = "8e79b5e4-7c5b-4201-9334-fd89b37bec47";
const SELLER_Q: &str = "31b7263f-7e6a-42d0-859e-80a7fd3b9609";
const SELLER_Q2D: &str = "2a73af1a-3c74-47ac-b778-6bf455d1174e";
const SELLER_Q2Q: &str = "32b7273f-7e7a-43d0-859e-81a7fd3b9609";
const OWN_D: &str = "5e79b5e4-7c5b-4201-9334-fd89b37bec47";
const OWN_Q: &str = "31b7263f-3baa-4ec0-bd7b-4147ee2d04f9";

const SV_D: &str = "7f891d3b-973e-73e0-bae0-30ac1885197a";
const SV_D2: &str = "7f891d3b-9740-7400-bae0-30ac1885197a";
const SV_Q: &str = "7f891d3b-973d-73d0-bae0-30ac1885197a";
const SV_Q2: &str = "7f891d3b-973f-73f0-bae0-30ac1885197a";

/// Profiles whose ids are UUIDs and whose names are their own, as all of v4 are meant to be.
pub fn profiles() -> Vec<ProfileId> {
    let all = [
        AWS, AZURE, GOOGLE_1, GOOGLE_2, ORACLE, SELLER_D, SELLER_Q, SELLER_Q2D, SELLER_Q2Q, OWN_D,
        OWN_Q,
    ];
    all.map(|id| ProfileId::parse(id).unwrap()).into()
}

fn vlan(tag: u16) -> Vlan {
    Vlan::new(tag).unwrap()
}

fn dot1q(tag: u16) -> LinkProtocol {
    LinkProtocol::Dot1q(vlan(tag))
}

fn qinq(s_tag: u16, c_tag: Option<u16>) -> LinkProtocol {
    LinkProtocol::Qinq { s_tag: vlan(s_tag), c_tag: c_tag.map(vlan) }
}

fn at(port: &str, link: LinkProtocol) -> ASide {
    ASide { port: PortId::parse(port).unwrap(), link }
}

fn metro(code: &str) -> MetroCode {
    MetroCode::parse(code).unwrap()
}

fn order(mbps: u32, a_side: ASide, z_side: ZSide) -> Order {
    Order {
        name: ConnectionName::parse("JohnDoe").unwrap(),
        bandwidth: Mbps::new(mbps).unwrap(),
        term: None,
        answers: vec![],
        reference: None,
        purchase_order_number: Some(PurchaseOrderNumber::parse("1234567890").unwrap()),
        notifications: vec![Email::parse("JohnDoe@equinix.com").unwrap()],
        a_side,
        z_side,
        secondary: None,
        join: None,
    }
}

fn pair(first: Order, a_side: ASide, z_side: ZSide) -> Order {
    let name = ConnectionName::parse("JohnDoe2").unwrap();
    Order { secondary: Some(LegOrder { name, a_side, z_side }), ..first }
}

/// The Z side at a service profile.
fn profile(id: &str, code: &str, region: Option<&str>, key: &str) -> ZSide {
    ZSide::Profile {
        profile: ProfileId::parse(id).unwrap(),
        metro: metro(code),
        seller_region: region.map(str::to_owned),
        key: Some(AuthenticationKey::parse(key).unwrap()),
        peering: None,
        z_c_tag: None,
    }
}

/// The same with the Z side C-tag.
fn tagged(id: &str, code: &str, key: &str, c_tag: u16) -> ZSide {
    match profile(id, code, None, key) {
        ZSide::Profile { profile, metro, seller_region, key, peering, .. } => {
            let z_c_tag = Some(vlan(c_tag));
            ZSide::Profile { profile, metro, seller_region, key, peering, z_c_tag }
        }
        other => other,
    }
}

fn azure(wanted: Peering, c_tag: Option<u16>) -> ZSide {
    match profile(AZURE, "SV", None, "76e781b5-2992-4042-b2a2-37d0d5eb6735") {
        ZSide::Profile { profile, metro, seller_region, key, .. } => {
            let (peering, z_c_tag) = (Some(wanted), c_tag.map(vlan));
            ZSide::Profile { profile, metro, seller_region, key, peering, z_c_tag }
        }
        other => other,
    }
}

fn own(port: &str, code: &str, link: LinkProtocol, through: Option<&str>) -> ZSide {
    ZSide::Port {
        port: PortId::parse(port).unwrap(),
        link,
        profile: through.map(|id| ProfileId::parse(id).unwrap()),
        metro: Some(metro(code)),
    }
}

pub fn aws_dot1q() -> Order {
    let z_side = profile(AWS, "SV", Some("us-west-1"), "123456789012");
    order(50, at(SV_D, dot1q(774)), z_side)
}

pub fn azure_private() -> Order {
    let z_side = azure(Peering::Private, None);
    pair(order(50, at(SV_D, dot1q(458)), z_side.clone()), at(SV_D2, dot1q(442)), z_side)
}

/// "Connect to Enterprises", Dot1q to Dot1q.
pub fn seller() -> Order {
    let a_side = at("4f891d3b-973e-73e0-bae0-30ac1885197a", dot1q(672));
    order(50, a_side, profile(SELLER_D, "DA", None, "xxxxxxxx"))
}

/// Every flow that both dialects offer, by the samples of its chapter.
pub fn scenarios() -> Vec<Scenario> {
    let gated = |name, order| Scenario { name, order, stories: GATED };
    clouds()
        .into_iter()
        .chain(sellers())
        .map(|(name, order)| gated(name, order))
        .chain(own_ports().into_iter().map(|(name, order)| Scenario { name, order, stories: OWN }))
        .collect()
}

fn clouds() -> Vec<(&'static str, Order)> {
    let aws = profile(AWS, "SV", Some("us-west-1"), "123456789012");
    let manual = |c_tag| azure(Peering::Manual, Some(c_tag));
    let ashburn = profile(AZURE, "DC", None, "e03da869-8243-4dac-ae49-a95c80f5425d");
    let zone = |id, key| profile(id, "SV", Some("us-west1"), key);
    let zone_1 = zone(GOOGLE_1, "33835adc-00fd-4fe1-b9f3-78248e126ef7/us-west1/1");
    let zone_2 = zone(GOOGLE_2, "389730d5-4280-4714-9e8e-216d942a6d3b/us-west1/2");
    let oracle = |key| profile(ORACLE, "DC", Some("us-ashburn-1"), key);
    let dot1q_dc = |tag| at("9f891d3b-973c-73c0-bae0-30ac1885197a", dot1q(tag));
    let qinq_dc = |s_tag, c_tag| at("7f891e3b-974f-74f0-bae0-30ec1885143a", qinq(s_tag, c_tag));
    let first = at("99991d3b-9750-7500-bae0-30ac1885197a", qinq(774, Some(775)));
    vec![
        ("AWS from Dot1q", aws_dot1q()),
        ("AWS from QinQ", order(50, first, aws)),
        ("Azure private from Dot1q", azure_private()),
        (
            "Azure manual from Dot1q",
            pair(order(50, at(SV_D, dot1q(458)), manual(558)), at(SV_D2, dot1q(442)), manual(542)),
        ),
        (
            "Azure from QinQ",
            pair(
                order(50, at(SV_Q, qinq(640, None)), ashburn.clone()),
                at(SV_Q, qinq(650, None)),
                ashburn,
            ),
        ),
        (
            "Google from Dot1q",
            order(50, at("7f891d3b-973c-73c0-bae0-30ac1885197a", dot1q(775)), zone_1),
        ),
        ("Google from QinQ", order(50, at(SV_Q, qinq(371, Some(271))), zone_2)),
        ("Oracle from Dot1q", order(1000, dot1q_dc(786), oracle("ocid1.virtualcircuit.oc1.iad.a"))),
        (
            "Oracle from QinQ",
            order(1000, qinq_dc(3273, Some(1111)), oracle("ocid1.virtualcircuit.oc1.iad.b")),
        ),
        (
            "Oracle Government from QinQ",
            order(
                1000,
                qinq_dc(774, Some(775)),
                oracle("ocid1.virtualcircuit.oc2.us-langley-1.aaaaa"),
            ),
        ),
    ]
}

fn sellers() -> Vec<(&'static str, Order)> {
    let key = "xxxxxxxx";
    let a_side = at("6f891d3b-972d-73d0-bae3-30ac1995197a", qinq(470, Some(470)));
    let dallas = at("7f891d3b-96d3-6d30-bae0-30ac1885197a", qinq(470, None));
    let first = at("6f891d3b-972d-73d0-bae3-30ac1995197a", qinq(771, Some(117)));
    let second = at("7f892d5b-993f-73f0-bae0-32ad1889197a", qinq(881, Some(118)));
    let q2d = |code| profile(SELLER_Q2D, code, None, key);
    vec![
        ("seller, Dot1q to Dot1q", seller()),
        (
            "seller, Dot1q to QinQ",
            order(50, at(SV_D, dot1q(335)), tagged(SELLER_Q, "SV", key, 211)),
        ),
        ("seller, QinQ to Dot1q", order(50, a_side, q2d("DA"))),
        ("seller, QinQ to QinQ", order(50, dallas, profile(SELLER_Q2Q, "DA", None, key))),
        (
            "seller, redundant, Dot1q to QinQ",
            pair(
                order(50, at(SV_D, dot1q(335)), tagged(SELLER_Q, "SV", key, 421)),
                at(SV_D2, dot1q(335)),
                tagged(SELLER_Q, "SV", key, 521),
            ),
        ),
        ("seller, redundant, QinQ to Dot1q", pair(order(50, first, q2d("SV")), second, q2d("SV"))),
    ]
}

fn own_ports() -> Vec<(&'static str, Order)> {
    let dc = |port, link, through| own(port, "DC", link, Some(through));
    let sv = |port, link| own(port, "SV", link, Some(SELLER_Q));
    vec![
        (
            "own ports, Dot1q to Dot1q",
            order(
                50,
                at("4f891d3b-973e-73e0-bae0-80ac1885197a", dot1q(883)),
                dc("7f891d3b-9732-7320-bae0-30ac1885197a", dot1q(662), OWN_D),
            ),
        ),
        (
            "own ports, Dot1q to QinQ",
            order(
                50,
                at("7f891d3b-7e6a-73e0-859e-30ac1885197a", dot1q(991)),
                dc("7f891d3b-973e-7390-bae0-30ac1885197a", qinq(601, Some(483)), OWN_Q),
            ),
        ),
        (
            "own ports, QinQ to Dot1q",
            order(
                50,
                at("7f345d3b-973d-73d0-bae0-30ac1435697a", qinq(756, Some(984))),
                dc("7f891d3b-9732-7320-bae0-30ac1456197a", dot1q(550), OWN_D),
            ),
        ),
        (
            "own ports, QinQ to QinQ",
            order(
                50,
                at("7f579d3b-973d-73d0-bae0-30ac1885197a", qinq(771, None)),
                dc("7f891d3b-9739-7390-bae0-30ac1976197a", qinq(471, None), OWN_Q),
            ),
        ),
        (
            "own ports, redundant, QinQ to Dot1q",
            pair(
                order(
                    50,
                    at(SV_Q, qinq(3994, Some(3449))),
                    sv("7f891d3b-9747-7470-bae0-30ac1885197a", dot1q(2467)),
                ),
                at(SV_Q2, qinq(3773, Some(3254))),
                sv(SV_D2, dot1q(2553)),
            ),
        ),
    ]
}

/// Orders that either dialect refuses.
pub fn mistakes() -> Vec<(&'static str, Order)> {
    let west = |code, key| profile(AWS, code, Some("us-west-1"), key);
    let sv_d = |tag| at(SV_D, dot1q(tag));
    let no_port = at("00000000-0000-4000-8000-000000000000", dot1q(774));
    let aws = west("SV", "123456789012");
    let nowhere =
        profile("00000000-0000-4000-8000-000000000000", "SV", Some("us-west-1"), "123456789012");
    let dallas = profile(AZURE, "DC", None, "76e781b5-2992-4042-b2a2-37d0d5eb6735");
    let first = at(SV_Q, qinq(640, None));
    vec![
        ("a bandwidth that the profile does not have", order(51, sv_d(774), aws.clone())),
        ("a port that does not exist", order(50, no_port, aws)),
        ("a profile that does not exist", order(50, sv_d(774), nowhere)),
        ("a metro where the seller is not", order(50, sv_d(774), west("AM", "123456789012"))),
        ("no region", order(50, sv_d(774), profile(AWS, "SV", None, "123456789012"))),
        (
            "a key of another metro",
            pair(order(50, first, dallas.clone()), at(SV_Q, qinq(650, None)), dallas),
        ),
    ]
}

/// Orders that only v4 takes.
pub fn for_v4_alone() -> Vec<(&'static str, Order)> {
    let a_side = |tag| at("a867f685-41b0-1b07-6de0-320a5c00abdd", dot1q(tag));
    let token = ServiceTokenId::parse("20d32a80-0d61-4333-bc03-707b591ae2f4").unwrap();
    let invitation = ZSide::Invitation {
        email: Email::parse("test@equinix.com").unwrap(),
        message: "Hello World!".into(),
        metro: metro("SV"),
    };
    let port = own("7f891d3b-99c8-9c80-bae0-30ac1885197a", "SV", dot1q(739), None);
    vec![
        ("a service token", order(1000, a_side(1001), ZSide::Token(token))),
        ("an invitation", order(1000, a_side(1002), invitation)),
        ("an own port without a profile", order(50, a_side(1003), port)),
    ]
}
