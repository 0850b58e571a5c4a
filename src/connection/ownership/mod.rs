//! Whose a connection is: the owner that status names, the mark that an order carries, and what a
//! connection at the provider proves by itself.
//!
//! Pure. An id in status proves nothing alone, because who may write status must not be able to have
//! any connection of the account cancelled; and a name, port and tags may be another cluster's.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use sha2::{Digest, Sha256};

use fabric_api::{FabricConnection, OrderIntent, Owner};
use fabric_domain::{Connection, ConnectionName, CustomerReference, Leg, PortId, Tags};

use crate::connection::{
    resolve::{connection_name, connection_name_with, name_is_made},
    state::adopted,
};

/// How every mark begins.
const PREFIX: &str = "fo-";

/// How much earlier than its resource a connection whose id status has may have been created: the
/// clocks of the API server and of this process may be hours apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(24);

/// The same for a connection that only looks like the resource's.
const CLOCKS_AGREE: SignedDuration = SignedDuration::from_secs(5);

/// The same for two times of the provider, which prints whole seconds.
const SAME_CLOCK: SignedDuration = SignedDuration::from_secs(5);

/// How long after its attempt was recorded an order may still be carried out: it waits for its turn,
/// leaves, and may be held up on the way.
const ARRIVES_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// The mark of the connection that `owner` orders for `leg`: `fo-`, six digits of the cluster, sixteen
/// of the resource.
pub(super) fn mark(owner: &Owner, leg: Leg) -> String {
    let digits = |text: &str, count: usize| -> String {
        let hash: [u8; 32] = Sha256::digest(text).into();
        let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
        format!("{hash:016x}").chars().take(count).collect()
    };
    let end = match leg {
        Leg::Primary => "",
        Leg::Secondary => "-2",
    };
    let (cluster, resource) = (&owner.cluster_uid, &owner.resource_uid);
    format!("{PREFIX}{}-{}{end}", digits(cluster, 6), digits(&format!("{cluster}/{resource}"), 16))
}

/// The same as an order carries it.
pub(super) fn reference(owner: &Owner, leg: Leg) -> Option<CustomerReference> {
    CustomerReference::parse(&mark(owner, leg)).ok()
}

/// Whether a customer reference number is a mark of any resource in any cluster.
fn is_mark(reference: &str) -> bool {
    let Some(rest) = reference.strip_prefix(PREFIX) else { return false };
    let rest = rest.strip_suffix("-2").unwrap_or(rest);
    let hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    rest.split_once('-').is_some_and(|(cluster, resource)| hex(cluster, 6) && hex(resource, 16))
}

/// One value for each leg.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ByLeg<T>([T; 2]);

impl<T> ByLeg<T> {
    pub(super) fn of(value: impl Fn(Leg) -> T) -> Self {
        Self(Leg::BOTH.map(value))
    }

    fn get(&self, leg: Leg) -> &T {
        match leg {
            Leg::Primary => &self.0[0],
            Leg::Secondary => &self.0[1],
        }
    }
}

/// Whom status names as the owner of its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StatusOwner {
    /// This resource, or no one yet.
    This,
    /// A resource of this cluster that is gone: this one was restored in its place.
    Gone(Owner),
    /// Another resource, of this cluster or another one.
    Another,
}

impl StatusOwner {
    /// Compares the owner in status with this resource. `exists` answers whether a resource with a
    /// uid is in the cluster; `None` if that is not known.
    pub(super) fn of(
        named: Option<&Owner>,
        this: &Owner,
        exists: impl Fn(&str) -> Option<bool>,
    ) -> Self {
        match named {
            None => Self::This,
            Some(named) if named == this => Self::This,
            Some(named)
                if named.cluster_uid == this.cluster_uid
                    && exists(&named.resource_uid) == Some(false) =>
            {
                Self::Gone(named.clone())
            }
            Some(_) => Self::Another,
        }
    }
}

/// The A-side port of the spec.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SpecPort {
    /// This one.
    Known(PortId),
    /// The account has none of that name, or the leg is not in the spec.
    None,
    /// The ports cannot be read now.
    Unknown,
}

/// A resource as far as it proves the ownership of connections.
#[derive(Debug, Clone)]
pub(super) struct Identity<'a> {
    object: &'a FabricConnection,
    /// The resource as an owner.
    pub(super) owner: Owner,
    pub(super) status_owner: StatusOwner,
    /// How far the provider's clock is ahead of this process's; `None` if it shows no time.
    ahead: Option<SignedDuration>,
    ports: ByLeg<SpecPort>,
    marks: ByLeg<String>,
    /// The marks of the resource in whose place this one was restored.
    former_marks: Option<ByLeg<String>>,
    /// The names of its connections.
    names: ByLeg<Option<ConnectionName>>,
    /// The names that the resource before gave them.
    former_names: Option<ByLeg<Option<ConnectionName>>>,
}

/// What mark or name says of a connection's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marked {
    Ours,
    /// The resource's in whose place this one was restored.
    Former,
    Anothers,
    /// The provider shows no mark, which proves nothing.
    Not,
}

impl<'a> Identity<'a> {
    /// The identity of `object`, which is `owner` in its cluster.
    pub(super) fn new(
        object: &'a FabricConnection,
        owner: Owner,
        status_owner: StatusOwner,
        ahead: Option<SignedDuration>,
        ports: ByLeg<SpecPort>,
    ) -> Self {
        let former = match &status_owner {
            StatusOwner::Gone(former) => Some(former),
            StatusOwner::This | StatusOwner::Another => None,
        };
        let former_marks = former.map(|former| ByLeg::of(|leg| mark(former, leg)));
        let former_names = former.map(|former| {
            ByLeg::of(|leg| connection_name_with(object, &former.resource_uid, leg).ok())
        });
        Self {
            object,
            status_owner,
            ahead,
            ports,
            marks: ByLeg::of(|leg| mark(&owner, leg)),
            former_marks,
            names: ByLeg::of(|leg| connection_name(object, leg).ok()),
            former_names,
            owner,
        }
    }

    /// The owner that status has to name: the one before, where this resource stands in its place and
    /// its connections carry that one's marks.
    pub(super) fn recorded_owner(&self) -> Owner {
        match &self.status_owner {
            StatusOwner::Gone(former) => former.clone(),
            StatusOwner::This | StatusOwner::Another => self.owner.clone(),
        }
    }

    fn marked(&self, line: &Connection, leg: Leg) -> Marked {
        let Some(shown) = line.reference.as_deref().filter(|shown| is_mark(shown)) else {
            return Marked::Not;
        };
        let is = |mark: &String| shown.eq_ignore_ascii_case(mark);
        if is(self.marks.get(leg)) {
            Marked::Ours
        } else if self.former_marks.as_ref().is_some_and(|former| is(former.get(leg))) {
            Marked::Former
        } else {
            Marked::Anothers
        }
    }

    /// Whether a connection proves by itself alone that it is this resource's: by its mark, or by a
    /// name that was made from the uid and that no other resource makes.
    pub(super) fn proves_alone(&self, line: &Connection, leg: Leg) -> bool {
        match self.marked(line, leg) {
            Marked::Ours => true,
            // Status alone says that this resource took the other's place.
            Marked::Former => self.is_named(line, leg) || self.is_anchored(line, leg),
            Marked::Anothers => false,
            Marked::Not => {
                name_is_made(self.object, leg) && is_name(self.names.get(leg).as_ref(), line)
            }
        }
    }

    /// Whether a connection that proves nothing by itself has the name, port and tags of the spec, and
    /// is not older than the resource: status may have been lost.
    pub(super) fn resembles(&self, line: &Connection, leg: Leg) -> bool {
        self.marked(line, leg) == Marked::Not
            && self.is_named(line, leg)
            && self.is_anchored(line, leg)
            && self.is_younger(line, CLOCKS_AGREE) != Some(false)
    }

    fn is_named(&self, line: &Connection, leg: Leg) -> bool {
        let former = self.former_names.as_ref().and_then(|names| names.get(leg).as_ref());
        is_name(self.names.get(leg).as_ref(), line) || is_name(former, line)
    }

    /// Whether the connection whose id status has is the one that this resource ordered or adopted.
    /// Its name may have been changed since, and Equinix may have moved it: then the other of both
    /// still speaks for it, together with its age. What is compared stands in the spec and at the
    /// provider; of status, a name that is to be changed counts beside the place.
    pub(super) fn owns(&self, line: &Connection, leg: Leg, ordered: Option<&OrderIntent>) -> bool {
        if self.adopts(line, leg) || self.proves_alone(line, leg) {
            return true;
        }
        if adopted(self.object, leg).is_some() {
            return false;
        }
        if self.marked(line, leg) != Marked::Not {
            return false;
        }
        let named = self.is_named(line, leg);
        let anchored = self.is_anchored(line, leg);
        // That this resource stands in another's place, status alone says.
        if matches!(self.status_owner, StatusOwner::Gone(_)) {
            return named && anchored;
        }
        match self.is_younger(line, CLOCKS_DIFFER) {
            Some(true) => named || anchored,
            Some(false) => false,
            // A change of the name may be on its way.
            None => anchored && (named || ordered.is_some_and(|order| order.name == line.name)),
        }
    }

    /// Whether `spec.adopt` names a connection.
    pub(super) fn adopts(&self, line: &Connection, leg: Leg) -> bool {
        adopted(self.object, leg).is_some_and(|id| id.eq_ignore_ascii_case(line.id.as_str()))
    }

    /// Whether a connection is on the port and tags of the spec.
    fn is_anchored(&self, line: &Connection, leg: Leg) -> bool {
        let spec = &self.object.spec;
        let a_side = match leg {
            Leg::Primary => Some(&spec.a_side),
            Leg::Secondary => spec.secondary.as_ref().map(|half| &half.a_side),
        };
        let Some(a_side) = a_side else { return false };
        let protocol = &a_side.link_protocol;
        let Some(s_tag) = protocol.vlan_tag.or(protocol.vlan_s_tag) else { return false };
        let tags = Tags { s_tag, c_tag: protocol.vlan_c_tag };
        match self.ports.get(leg) {
            SpecPort::Known(port) => is_on(line, port.as_str(), tags),
            SpecPort::None | SpecPort::Unknown => false,
        }
    }

    /// Whether it is known which port the spec means.
    pub(super) fn knows_port(&self, leg: Leg) -> bool {
        *self.ports.get(leg) != SpecPort::Unknown
    }

    /// Whether a connection was created after this resource, by the provider's clock; `None` if it
    /// does not show when.
    fn is_younger(&self, line: &Connection, tolerance: SignedDuration) -> Option<bool> {
        let created = line.created?;
        let resource = self.object.creation_timestamp()?.0;
        // A provider's clock that is so far from this one tells nothing about age.
        let ahead = self.ahead.unwrap_or_default();
        (ahead.abs() <= CLOCKS_DIFFER).then(|| created + tolerance >= resource + ahead)
    }

    /// What a listed connection is to an order whose answer is missing. Its age may deny that it is
    /// the order's; it never proves that, since the clock of a gateway and that of the application
    /// behind it may differ.
    pub(super) fn matches(&self, line: &Connection, leg: Leg, intent: &OrderIntent) -> Match {
        if self.proves_alone(line, leg) {
            return Match::Ours;
        }
        let tags = Tags { s_tag: intent.vlan_s_tag, c_tag: intent.vlan_c_tag };
        let port = &intent.port_uuid;
        if line.port.as_ref().is_some_and(|shown| !is_port(shown.as_str(), port))
            || line.tags.is_some_and(|shown| !carries(shown, tags))
        {
            return Match::Elsewhere;
        }
        // On a QinQ port many connections share an S-tag, and the document of v3 prints no C-tag.
        let shows_place = line.port.is_some() && line.tags == Some(tags);
        let (marked, named) = (self.marked(line, leg), line.name == intent.name);
        match (marked == Marked::Not, named, age(line, intent)) {
            (false, _, _) | (true, false, Age::Before) if shows_place => Match::Occupant,
            // An order that carried a mark, and a connection that shows none: it may be a colleague's.
            (true, true, Age::Possible)
                if intent.reference.is_none() && line.port.is_some() && line.tags.is_some() =>
            {
                Match::Ours
            }
            (true, true, _) => Match::Doubtful { shows_place },
            (true, false, Age::Possible) if line.port.is_some() && line.tags.is_some() => {
                Match::Doubtful { shows_place }
            }
            (false, _, _) | (true, false, _) => Match::Elsewhere,
        }
    }
}

/// What a listed connection is to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// What it ordered.
    Ours,
    /// On the port and tags, or perhaps there, and nothing proves whose it is.
    Doubtful {
        /// Whether it shows port and tags, all of them.
        shows_place: bool,
    },
    /// Another's, by its mark or by another name and an earlier time, and on the port and tags, of
    /// which the provider gives out one each: the order was refused.
    Occupant,
    /// On another port or tag.
    Elsewhere,
}

/// When a connection was created, by the provider's clock, compared with when an order may have been
/// carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Before,
    /// At a time at which the order may have made it, or it does not show when.
    Possible,
    After,
}

fn age(line: &Connection, intent: &OrderIntent) -> Age {
    let Some(created) = line.created else { return Age::Possible };
    let (Some(first), Some(last)) = (&intent.provider_time, &intent.attempt_provider_time) else {
        // Clocks differ: an older one of the same name is another only if it is much older.
        let is_older = created + Duration::from_secs(3600) < intent.at.0;
        return if is_older { Age::Before } else { Age::Possible };
    };
    if created + SAME_CLOCK < first.0 {
        return Age::Before;
    }
    let ends_by = |attempt: Timestamp| created <= attempt + ARRIVES_WITHIN;
    // Of more than two attempts, those between the first and the last are not recorded.
    let between = intent.attempt <= 2 && !ends_by(first.0) && created + SAME_CLOCK < last.0;
    if between || !ends_by(last.0) { Age::After } else { Age::Possible }
}

/// Whether a connection is on a port and carries these tags, as far as it shows its C-tag: the
/// document of v3 prints none.
fn is_on(line: &Connection, port: &str, tags: Tags) -> bool {
    line.port.as_ref().is_some_and(|shown| is_port(shown.as_str(), port))
        && line.tags.is_some_and(|shown| carries(shown, tags))
}

/// Whether tags are those that were asked for. The document of v3 prints no A-side C-tag, so one that
/// is not shown is no difference.
fn carries(shown: Tags, wanted: Tags) -> bool {
    shown.s_tag == wanted.s_tag && (shown.c_tag.is_none() || shown.c_tag == wanted.c_tag)
}

fn is_name(name: Option<&ConnectionName>, line: &Connection) -> bool {
    name.is_some_and(|name| name.as_str() == line.name)
}

fn is_port(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
pub(super) mod tests;
