//! The provider's world in our own words: what is reasoned about between the wire and the custom
//! resources.
//!
//! Values are parsed once and carry their proof. No serde, no Kubernetes and no I/O belongs here.

mod change;
mod connection;
mod decision;
mod ids;
mod incoming;
mod inventory;
mod limits;
mod money;
mod offering;
mod standing;
mod states;
mod tagging;
mod text;

pub use change::{Change, ChangeProgress, ChangeSeen};
pub use connection::{
    ASide, Connection, Half, Join, LinkProtocol, Order, Peering, Placed, Redundancy, Tags, ZSide,
};
pub use decision::{AwsKeys, Decision, Landing, Matter, Stand};
pub use ids::{
    AuthenticationKey, ConnectionId, Invalid, MetroCode, PortId, ProfileId, ServiceTokenId,
};
pub use incoming::{Asks, Incoming};
pub use inventory::{Encapsulation, Metro, Port, ServiceProfile};
pub use limits::{ConnectionName, Email, Mbps, ProfileName, PurchaseOrderNumber, Term, Vlan};
pub use money::{Currency, Money, Quote};
pub use offering::{Offering, Outlet, OwnProfile, ProfileState, Publication, Question, TagType};
pub use standing::{Flow, Phase, Standing, WaitingFor};
pub use states::{EquinixStatus, Priority, ProviderStatus};
pub use tagging::{FarEnd, TagFault, faults as tag_faults};
pub use text::clean;
