//! Who may use the API: credentials, lock-out, access and refresh tokens.
//!
//! Facts about tokens only; how they are asked for over HTTP is the face's matter.

use std::{collections::BTreeMap, fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use serde::Deserialize;
use tokio::time::Instant;

/// Consecutive bad tries that lock a user ("Requesting Access and Refresh tokens"; v4 OAuth
/// description).
const TRIES: u32 = 5;

/// How many names of unknown users are counted, so that guessing costs no memory without bound.
const MAX_UNKNOWN_USERS: usize = 1_000;

/// The number of an organisation. The first owns what the buyers' samples name, the seller
/// "John-Doe-Corp" the ports and profiles of the sellers' samples; others own nothing at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Organisation(pub(crate) u32);

impl Organisation {
    /// The organisation that owns what the samples name.
    pub const FIRST: Self = Self(0);
}

/// What a client proves itself with: both grants' credentials of one user.
///
/// ```json
/// {"clientId": "SELLER", "clientSecret": "...", "userName": "jane.doe@example.com",
///  "userPassword": "..."}
/// ```
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserCredentials {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
    /// `user_name`.
    pub user_name: String,
    /// `user_password`, in clear.
    pub user_password: String,
}

impl UserCredentials {
    /// The credentials of all OAuth samples.
    pub fn of_the_samples() -> Self {
        Self {
            client_id: "ABCDE12345".to_owned(),
            client_secret: "FGHIJ67890".to_owned(),
            user_name: "john.doe@example.com".to_owned(),
            user_password: "jd1@#$".to_owned(),
        }
    }
}

impl fmt::Debug for UserCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}

/// Why no token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Wrong credentials.
    Wrong,
    /// Too many wrong tries.
    Locked,
    /// No such refresh token, or no longer.
    RefreshToken,
}

/// Which grant is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum GrantType<'a> {
    Client,
    Password { user: &'a str, password: &'a str, hashed: bool },
}

/// A token as it is given out.
#[derive(Debug)]
pub(crate) struct IssuedToken {
    pub(crate) access: String,
    pub(crate) user: String,
    pub(crate) refresh: Option<String>,
}

#[derive(Debug)]
struct TokenLease {
    client: usize,
    until: Instant,
}

/// All that is known about credentials and tokens.
#[derive(Debug)]
pub(crate) struct Users {
    known: Vec<(UserCredentials, Organisation)>,
    tries: BTreeMap<String, u32>,
    leases: BTreeMap<String, TokenLease>,
    refresh: BTreeMap<String, TokenLease>,
    given: u64,
    lifetime: Duration,
    refresh_lifetime: Duration,
}

impl Users {
    pub(crate) fn new(lifetime: Duration, refresh_lifetime: Duration) -> Self {
        Self {
            known: vec![(UserCredentials::of_the_samples(), Organisation::FIRST)],
            tries: BTreeMap::new(),
            leases: BTreeMap::new(),
            refresh: BTreeMap::new(),
            given: 0,
            lifetime,
            refresh_lifetime,
        }
    }

    pub(crate) fn lifetimes(&self) -> (Duration, Duration) {
        (self.lifetime, self.refresh_lifetime)
    }

    pub(crate) fn admit(&mut self, credentials: UserCredentials) -> Organisation {
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let organisation = Organisation(number);
        self.known.push((credentials, organisation));
        organisation
    }

    /// Gives an organisation's user other credentials. Its tokens end with the old ones.
    pub(crate) fn rotate(&mut self, organisation: Organisation, credentials: UserCredentials) {
        let known = self.known.iter_mut().enumerate().find(|(_, (_, of))| *of == organisation);
        let Some((at, (old, _))) = known else { return };
        *old = credentials;
        self.leases.retain(|_, lease| lease.client != at);
        self.refresh.retain(|_, lease| lease.client != at);
    }

    /// The e-mail address of an organisation's user: its name.
    pub(crate) fn email(&self, organisation: Organisation) -> Option<&str> {
        let known = self.known.iter().find(|(_, of)| *of == organisation);
        known.map(|(credentials, _)| credentials.user_name.as_str())
    }

    pub(crate) fn unlock(&mut self) {
        self.tries.clear();
    }

    pub(crate) fn revoke(&mut self) {
        self.leases.clear();
    }

    /// Checks credentials and gives out a token.
    pub(crate) fn grant(
        &mut self,
        client_id: &str,
        client_secret: &str,
        grant: GrantType<'_>,
    ) -> Result<IssuedToken, Denied> {
        let by_client = self.known.iter().position(|(c, _)| c.client_id == client_id);
        // The lock is on the user; a client without a known user is counted by its own name.
        let user = match (grant, by_client.and_then(|at| self.known.get(at))) {
            (GrantType::Password { user, .. }, _) => user.to_owned(),
            (GrantType::Client, Some((known, _))) => known.user_name.clone(),
            (GrantType::Client, None) => client_id.to_owned(),
        };
        if self.tries.get(&user).is_some_and(|tries| *tries >= TRIES) {
            return Err(Denied::Locked);
        }
        let proven = by_client.filter(|at| {
            self.known.get(*at).is_some_and(|(known, _)| {
                known.client_secret == client_secret
                    && match grant {
                        GrantType::Client => true,
                        GrantType::Password { user, password, hashed } => {
                            known.user_name == user
                                && if hashed {
                                    password == STANDARD.encode(Md5::digest(&known.user_password))
                                } else {
                                    password == known.user_password
                                }
                        }
                    }
            })
        });
        let Some(client) = proven else {
            if self.tries.len() < MAX_UNKNOWN_USERS || self.tries.contains_key(&user) {
                *self.tries.entry(user).or_default() += 1;
            }
            return Err(Denied::Wrong);
        };
        self.tries.remove(&user);
        Ok(self.lease(client, matches!(grant, GrantType::Password { .. })))
    }

    /// Takes a refresh token and gives out a new pair.
    pub(crate) fn refresh(
        &mut self,
        client_id: &str,
        client_secret: &str,
        token: &str,
    ) -> Result<IssuedToken, Denied> {
        let client = self
            .refresh
            .get(token)
            .filter(|lease| lease.until > Instant::now())
            .map(|lease| lease.client)
            .ok_or(Denied::RefreshToken)?;
        let matches = self.known.get(client).is_some_and(|(known, _)| {
            known.client_id == client_id && known.client_secret == client_secret
        });
        if !matches {
            return Err(Denied::Wrong);
        }
        self.refresh.remove(token);
        Ok(self.lease(client, true))
    }

    fn lease(&mut self, client: usize, refreshable: bool) -> IssuedToken {
        let now = Instant::now();
        self.leases.retain(|_, lease| lease.until > now);
        self.refresh.retain(|_, lease| lease.until > now);
        self.given += 1;
        let access = format!("simAccess{:011}", self.given);
        let until = |lifetime| now.checked_add(lifetime).unwrap_or(now);
        let lease = |lifetime| TokenLease { client, until: until(lifetime) };
        self.leases.insert(access.clone(), lease(self.lifetime));
        let refresh = refreshable.then(|| format!("simRefresh{:010}", self.given));
        if let Some(refresh) = &refresh {
            self.refresh.insert(refresh.clone(), lease(self.refresh_lifetime));
        }
        let user =
            self.known.get(client).map(|(known, _)| known.user_name.clone()).unwrap_or_default();
        IssuedToken { access, user, refresh }
    }

    /// Whose token this `Authorization` value carries.
    pub(crate) fn bearer(&self, header: Option<&str>) -> Option<Organisation> {
        let (scheme, token) = header?.split_once(' ')?;
        let lease = self.leases.get(token.trim())?;
        let valid = scheme.eq_ignore_ascii_case("bearer") && lease.until > Instant::now();
        self.known.get(lease.client).filter(|_| valid).map(|(_, organisation)| *organisation)
    }
}
