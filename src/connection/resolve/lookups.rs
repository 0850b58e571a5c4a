//! Looks up what the spec names, at the provider and in Secrets. Gathers everything that is not found,
//! so that one message reports it all.

use kube::ResourceExt;
use secrecy::ExposeSecret;

use fabric_api::{FabricConnection, PortRef, Reason, SecretKeyRef};
use fabric_client::{Error, Fault, KeyCheck};
use fabric_domain::{
    AuthenticationKey, BuyerAnswer, Flow, Invalid, LinkProtocol, MetroCode, Port, ProfileId,
    ServiceProfile,
};

use crate::{
    account::{
        grants::{AccountUse, Granted, PortUse, ProfileUse},
        near::{self, Nameable},
        ports,
        secrets::{self, SecretReference},
        session::{Session, not_whole},
    },
    connection::{
        ConnectionPass,
        resolve::{ASideContext, checks},
    },
    reconcile::{
        backoff::LONGEST_PAUSE,
        context::Context,
        problem::{Problem, list},
        status::ApiError,
    },
};

/// What a spec is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connection) enum Purpose {
    /// An order is to come of it: all that can be known before is looked into.
    Order,
    /// A line or an order of it is there already: only what things are matters, not what is sold.
    Compare,
}

/// A key, and where it is to be used.
#[derive(Clone, Copy)]
pub(in crate::connection) struct KeyUse<'a> {
    pub(super) key: &'a AuthenticationKey,
    /// The field that gives it.
    pub(super) field: &'static str,
    pub(super) profile: &'a ServiceProfile,
    pub(super) metro: MetroCode,
    pub(super) seller_region: Option<&'a str>,
}

/// A secret value of the spec: in clear, or by a reference to a Secret.
#[derive(Clone, Copy)]
pub(in crate::connection) struct GivenSecret<'a> {
    pub(super) clear: Option<&'a str>,
    /// The field that gives it in clear.
    pub(super) clear_at: &'a str,
    pub(super) reference: Option<&'a SecretKeyRef>,
    /// The field that refers to it.
    pub(super) reference_at: &'a str,
}

/// A look-up of one spec's references.
pub(in crate::connection) struct References<'a> {
    pub(in crate::connection) object: &'a FabricConnection,
    pub(in crate::connection) purpose: Purpose,
    pub(in crate::connection) session: &'a Session,
    context: &'a Context,
    /// What the namespace may use; `None` if that does not matter.
    granted: Option<&'a Granted>,
    /// The answers to the seller's questions, in the spec's order; `None` for one that cannot be had.
    pub(in crate::connection) answers: Vec<Option<BuyerAnswer>>,
    /// All that was wrong so far.
    pub(in crate::connection) problems: Vec<Problem>,
    /// What the references use of the account.
    pub(in crate::connection) asked: AccountUse,
}

impl<'a> References<'a> {
    pub(in crate::connection) fn new(
        pass: &'a ConnectionPass<'a>,
        purpose: Purpose,
        session: &'a Session,
        granted: Option<&'a Granted>,
    ) -> Self {
        let (object, context) = (pass.object, pass.context);
        let asked = AccountUse::default();
        Self {
            object,
            purpose,
            session,
            context,
            granted,
            answers: vec![],
            problems: vec![],
            asked,
        }
    }

    /// Counts a port and the tag on it among what is asked of the account.
    pub(in crate::connection) fn uses(
        &mut self,
        port: &Port,
        link: LinkProtocol,
        at: &str,
        link_at: &str,
    ) {
        let tag = Some((link.tags().s_tag, link_at.to_owned()));
        self.asked.ports.push(PortUse { port: port.clone(), at: at.to_owned(), tag });
    }

    /// The value of `field`, or a problem more.
    pub(in crate::connection) fn keep<T>(
        &mut self,
        field: &str,
        value: Result<T, Invalid>,
    ) -> Option<T> {
        value.map_err(|e| self.invalid(&format!("{field}: {e}"))).ok()
    }

    pub(in crate::connection) fn invalid(&mut self, message: &str) {
        self.problems.push(Problem::stalled(Reason::InvalidSpec, message));
    }

    /// A port of the account; `at` is the field that names it.
    pub(in crate::connection) async fn port(
        &mut self,
        reference: &PortRef,
        at: &str,
    ) -> Option<Port> {
        let account = &self.object.spec.account;
        match ports::find(self.session, account, reference, at, self.granted).await {
            Ok(port) => Some(port),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A service profile by id or name; `at` is the field that names it.
    pub(in crate::connection) async fn profile(
        &mut self,
        uuid: Option<&str>,
        name: Option<&str>,
        at: &str,
    ) -> Option<ServiceProfile> {
        let account = &self.object.spec.account;
        let not_found = |asked: &str, meant: &str| {
            Problem::stalled(
                Reason::ProfileNotFound,
                format!(
                    "FabricAccount {account} sees no service profile {asked} that this namespace may use{meant}; correct {at}, or ask the seller for access and the account's administrator to grant it"
                ),
            )
        };
        let problem = match (uuid.map(ProfileId::parse), name) {
            (Some(Ok(id)), _) => match self.session.profile(&id).await {
                Ok(profile) if self.shows(&profile) => return Some(self.goes_to(profile, at)),
                Ok(_) => not_found(id.as_str(), ""),
                Err(error @ (Error::NotVisible(_) | Error::Refused(_) | Error::Gone(_))) => {
                    let said = Problem::reading("reading the service profile", account, &error);
                    Problem { faults: said.faults, ..not_found(id.as_str(), "") }
                }
                Err(error) => Problem::reading("reading the service profile", account, &error),
            },
            (None, Some(name)) => match self.session.reads.profiles_named(name).await {
                Ok(found) => {
                    let found = found.filter(|profile| self.shows(profile));
                    match (found.items.as_slice(), &found.gap) {
                        // Another profile that was not read may have the name.
                        ([] | [_], Some(gap)) => {
                            let problem = not_whole("service profiles", gap);
                            let message = format!("{}, or give {at}.uuid", problem.message);
                            Problem { message, ..problem }
                        }
                        ([profile], None) => return Some(self.goes_to(profile.clone(), at)),
                        ([], None) => {
                            let nameable =
                                Nameable { session: self.session, granted: self.granted };
                            let known = nameable.profile_names().await;
                            not_found(name, &near::did_you_mean(name, known))
                        }
                        (several, _) => Problem::stalled(
                            Reason::ProfileAmbiguous,
                            format!(
                                "several service profiles are named {name}: give {at}.uuid as one of {}",
                                list(several.iter().map(|profile| match &profile.organization {
                                    Some(seller) => format!("{} of {seller}", profile.id),
                                    None => profile.id.to_string(),
                                }))
                            ),
                        ),
                    }
                }
                Err(error) => Problem::reading("listing the service profiles", account, &error),
            },
            (Some(Err(_)), _) | (None, None) => not_found(uuid.unwrap_or_default(), ""),
        };
        self.problems.push(problem);
        None
    }

    /// Whether the namespace may know of a profile.
    fn shows(&self, profile: &ServiceProfile) -> bool {
        self.granted.is_none_or(|granted| granted.shows_profile(&profile.id, &profile.name))
    }

    /// Counts a profile among what is asked of the account.
    fn goes_to(&mut self, profile: ServiceProfile, at: &str) -> ServiceProfile {
        let (id, name) = (profile.id.clone(), profile.name.clone());
        self.asked.profiles.push(ProfileUse { id, name, at: at.to_owned() });
        profile
    }

    /// The metro of the Z side, if there is one of that code and it can be reached from the A-side
    /// port; `at` is the field that gives it.
    pub(in crate::connection) async fn metro(
        &mut self,
        metro: Option<MetroCode>,
        a_side: ASideContext<'_>,
        at: &str,
    ) -> Option<MetroCode> {
        let metro = metro?;
        let metros = match self.session.metros().await {
            Ok(metros) => metros,
            Err(error) => {
                let account = &self.object.spec.account;
                self.problems.push(Problem::reading("listing the metros", account, &error));
                return None;
            }
        };
        if !metros.items.iter().any(|m| m.code == metro) {
            self.problems.push(match &metros.gap {
                Some(gap) => not_whole("metros", gap),
                None => Problem::stalled(
                    Reason::MetroNotFound,
                    format!(
                        "there is no metro {metro}{}; correct {at}: the metros are {}",
                        near::did_you_mean_metro(metro, &metros.items),
                        list(metros.items.iter().map(|m| m.code.to_string()))
                    ),
                ),
            });
            return None;
        }
        self.asked.metros.push((Some(metro), at.to_owned()));
        if self.purpose == Purpose::Order {
            let from = a_side.port.and_then(|port| port.metro);
            let from = metros.items.iter().find(|m| Some(m.code) == from);
            self.problems.extend(from.and_then(|from| checks::reach(from, metro, at)));
        }
        Some(metro)
    }

    /// Has the seller check a key, where it can, before an order carries it.
    pub(in crate::connection) async fn check_key(
        &mut self,
        KeyUse { key, field, profile, metro, seller_region }: KeyUse<'_>,
        a_side: ASideContext<'_>,
    ) {
        let account = &self.object.spec.account;
        if !profile.checks_keys {
            return;
        }
        // The port is reported by itself, and where it is cannot be known without it.
        if a_side.port.is_none() && self.session.reads.can().keys_by_region {
            return;
        }
        let metros = match self.session.metros().await {
            Ok(metros) => metros,
            Err(error) => {
                let doing = "listing the metros, which the check of the authentication key needs";
                self.problems.push(Problem::reading(doing, account, &error));
                return;
            }
        };
        let from = a_side.port.and_then(|port| port.metro);
        let from = metros.items.iter().find(|m| Some(m.code) == from);
        let region = from.and_then(|metro| metro.region.as_deref());
        let check = KeyCheck { key, profile: &profile.id, metro, seller_region, region };
        if let Err(error) = self.session.reads.check_key(check).await {
            let problem = Problem::reading("checking the authentication key", account, &error);
            let full = match Flow::of_profile(&profile.name) {
                Flow::Azure => {
                    "; a key of Azure takes at most three Dot1q pairs, each with a peering of its own"
                }
                Flow::Aws
                | Flow::Google
                | Flow::Oracle
                | Flow::Seller
                | Flow::Own
                | Flow::Token
                | Flow::Invitation => "",
            };
            let (name, is_region) = (&profile.name, of_seller_region(&error));
            self.problems.push(match error {
                Error::Refused(_) if is_region => Problem {
                    message: format!(
                        "{name} does not take the seller region: {error}; correct {}",
                        a_side.fields.seller_region()
                    ),
                    ..problem.because(Reason::KeyRejected)
                },
                Error::Refused(_) => Problem {
                    message: format!(
                        "{name} does not take the authentication key: {error}; correct {field}, or the metro or region that goes with it{full}"
                    ),
                    ..problem.because(Reason::KeyRejected)
                },
                _ => problem,
            });
        }
    }

    /// A secret value, parsed: `None` if it cannot be had, `Some(None)` if the spec gives none.
    pub(in crate::connection) async fn secret<T>(
        &mut self,
        given: GivenSecret<'_>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<Option<T>>, ApiError> {
        let GivenSecret { clear, clear_at, reference, reference_at } = given;
        let reference = match (clear, reference) {
            (Some(clear), _) => return Ok(self.keep(clear_at, parse(clear)).map(Some)),
            (None, Some(reference)) => reference,
            (None, None) => return Ok(Some(None)),
        };
        let namespace = self.object.namespace().unwrap_or_default();
        let SecretKeyRef { name, key } = reference;
        let secret = SecretReference {
            namespace: &namespace,
            name,
            field: reference_at,
            read_again: LONGEST_PAUSE,
        };
        Ok(match secrets::read_key(self.context, secret, key).await? {
            Ok(secret) => {
                let at = format!("{reference_at}, key {key} of Secret {namespace}/{name}");
                self.keep(&at, parse(secret.expose_secret())).map(Some)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        })
    }
}

/// Whether the provider names the seller region, and only that, as the property at fault.
fn of_seller_region(error: &Error) -> bool {
    let is_region = |fault: &Fault| {
        fault.property.as_deref().is_some_and(|property| property.ends_with("/sellerRegion"))
    };
    !error.faults().is_empty() && error.faults().iter().all(is_region)
}
