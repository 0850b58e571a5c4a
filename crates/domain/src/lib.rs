//! The domain model: connections, ports, profiles and their states, between the wire formats and the
//! custom resources.
//!
//! Values are parsed once, into types that prove their validity. No serde, no Kubernetes and no I/O
//! belongs here.

mod answer;
mod change;
mod connection;
mod decision;
mod fault;
mod ids;
mod incoming;
mod inventory;
mod limits;
mod listed;
mod money;
mod offering;
mod standing;
mod states;
mod tagging;
mod text;

pub use answer::{AnswerFault, AnswerText, BuyerAnswer};
pub use change::{Change, ChangeProgress, ChangeSeen};
pub use connection::{
    ASide, Connection, Join, LegOrder, LinkProtocol, Order, Peering, Placed, Redundancy, Tags,
    ZSide, ZSideSeen,
};
pub use decision::{AwsKeys, Decision, DecisionState, SellerPort, Subject};
pub use fault::Fault;
pub use ids::{
    AuthenticationKey, ConnectionId, Invalid, MetroCode, PortId, ProfileId, ServiceTokenId,
};
pub use incoming::{Incoming, SellerRequest};
pub use inventory::{Encapsulation, Metro, Port, ServiceProfile};
pub use limits::{
    ConnectionName, CustomerReference, Email, Mbps, ProfileName, PurchaseOrderNumber, Term, Vlan,
};
pub use listed::Listed;
pub use money::{Currency, Money, Quote};
pub use offering::{Offering, Outlet, OwnProfile, ProfileState, Publication, Question, TagType};
pub use standing::{Flow, Phase, Standing, WaitingFor};
pub use states::{EquinixStatus, Leg, OperationalStatus, ProviderStatus};
pub use tagging::{TagFault, ZSideKind, faults as tag_faults};
pub use text::clean;
