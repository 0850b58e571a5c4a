//! Users of the APIs: their credentials, lock-out, access and refresh tokens.
//!
//! Requests for tokens arrive through `server::oauth`; nothing here knows HTTP but the value of an
//! `Authorization` header.

use std::{collections::BTreeMap, fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use serde::Deserialize;
use tokio::time::Instant;

/// Consecutive failed attempts that lock a user ("Requesting Access and Refresh tokens"; v4 OAuth
/// description).
const MAX_FAILURES: u32 = 5;

/// How many unknown user names are counted; a bound, so that guessing cannot exhaust memory.
const MAX_UNKNOWN_USERS: usize = 1_000;

/// The number of an organisation. The first owns what the buyers' samples name; the seller
/// "John-Doe-Corp" owns the ports and profiles of the sellers' samples; others start with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Organisation(pub(crate) u32);

impl Organisation {
    /// The organisation that owns what the samples name.
    pub const FIRST: Self = Self(0);
}

/// What one user authenticates with, for either grant.
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
    /// `user_password`, in clear text.
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

    /// Whether a client with this secret may have the grant.
    fn prove(&self, client_secret: &str, grant: GrantType<'_>) -> bool {
        let known_user = match grant {
            GrantType::Client => true,
            GrantType::Password { user, password, hashed: false } => {
                user == self.user_name && password == self.user_password
            }
            GrantType::Password { user, password, hashed: true } => {
                user == self.user_name
                    && password == STANDARD.encode(Md5::digest(&self.user_password))
            }
        };
        known_user && client_secret == self.client_secret
    }
}

impl fmt::Debug for UserCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCredentials")
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}

/// Why no token is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Wrong credentials.
    Wrong,
    /// Too many failed attempts.
    Locked,
    /// No such refresh token, or an expired or used one.
    RefreshToken,
}

/// The OAuth grant that a client requests.
#[derive(Debug, Clone, Copy)]
pub(crate) enum GrantType<'a> {
    Client,
    Password { user: &'a str, password: &'a str, hashed: bool },
}

/// A token as it is issued.
#[derive(Debug)]
pub(crate) struct IssuedToken {
    pub(crate) access: String,
    pub(crate) user: String,
    pub(crate) refresh: Option<String>,
}

#[derive(Debug)]
struct UserAccount {
    credentials: UserCredentials,
    organisation: Organisation,
}

/// Whose token it is, and until when it is valid.
#[derive(Debug)]
struct TokenLease {
    /// The place of the account in [`Users::accounts`].
    account: usize,
    until: Instant,
}

/// All accounts, with their failed attempts and their tokens.
#[derive(Debug)]
pub(crate) struct Users {
    accounts: Vec<UserAccount>,
    /// Consecutive failed attempts by user name.
    failures: BTreeMap<String, u32>,
    access_tokens: BTreeMap<String, TokenLease>,
    refresh_tokens: BTreeMap<String, TokenLease>,
    issued: u64,
    lifetime: Duration,
    refresh_lifetime: Duration,
}

impl Users {
    /// The user of the samples alone; lifetimes are those of access and refresh tokens.
    pub(crate) fn new(lifetime: Duration, refresh_lifetime: Duration) -> Self {
        Self {
            accounts: vec![UserAccount {
                credentials: UserCredentials::of_the_samples(),
                organisation: Organisation::FIRST,
            }],
            failures: BTreeMap::new(),
            access_tokens: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            issued: 0,
            lifetime,
            refresh_lifetime,
        }
    }

    /// The lifetimes of access tokens and of refresh tokens.
    pub(crate) fn lifetimes(&self) -> (Duration, Duration) {
        (self.lifetime, self.refresh_lifetime)
    }

    /// Adds an account with an organisation of its own.
    pub(crate) fn admit(&mut self, credentials: UserCredentials) -> Organisation {
        let number = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        let organisation = Organisation(number);
        self.accounts.push(UserAccount { credentials, organisation });
        organisation
    }

    /// Replaces the credentials of an organisation's user and revokes its tokens.
    pub(crate) fn rotate(&mut self, organisation: Organisation, credentials: UserCredentials) {
        let mut accounts = self.accounts.iter_mut().enumerate();
        let found = accounts.find(|(_, account)| account.organisation == organisation);
        let Some((rotated, account)) = found else { return };
        account.credentials = credentials;
        self.access_tokens.retain(|_, lease| lease.account != rotated);
        self.refresh_tokens.retain(|_, lease| lease.account != rotated);
    }

    /// The e-mail address of an organisation's user, which is its user name.
    pub(crate) fn email(&self, organisation: Organisation) -> Option<&str> {
        let account = self.accounts.iter().find(|account| account.organisation == organisation);
        account.map(|account| account.credentials.user_name.as_str())
    }

    /// Forgets all failed attempts.
    pub(crate) fn unlock(&mut self) {
        self.failures.clear();
    }

    /// Invalidates all access tokens; refresh tokens stay valid.
    pub(crate) fn revoke(&mut self) {
        self.access_tokens.clear();
    }

    /// Checks credentials and issues a token.
    pub(crate) fn grant(
        &mut self,
        client_id: &str,
        client_secret: &str,
        grant: GrantType<'_>,
    ) -> Result<IssuedToken, Denied> {
        let by_client =
            self.accounts.iter().position(|account| account.credentials.client_id == client_id);
        // A user is locked, not a client; an unknown client counts by its own name.
        let user = match (grant, by_client.and_then(|at| self.accounts.get(at))) {
            (GrantType::Password { user, .. }, _) => user.to_owned(),
            (GrantType::Client, Some(account)) => account.credentials.user_name.clone(),
            (GrantType::Client, None) => client_id.to_owned(),
        };
        if self.failures.get(&user).is_some_and(|failures| *failures >= MAX_FAILURES) {
            return Err(Denied::Locked);
        }
        let authenticated = by_client.filter(|at| {
            let account = self.accounts.get(*at);
            account.is_some_and(|account| account.credentials.prove(client_secret, grant))
        });
        let Some(account) = authenticated else {
            if self.failures.len() < MAX_UNKNOWN_USERS || self.failures.contains_key(&user) {
                *self.failures.entry(user).or_default() += 1;
            }
            return Err(Denied::Wrong);
        };
        self.failures.remove(&user);
        Ok(self.issue(account, matches!(grant, GrantType::Password { .. })))
    }

    /// Exchanges a refresh token, which is valid once, for a new pair of tokens.
    pub(crate) fn refresh(
        &mut self,
        client_id: &str,
        client_secret: &str,
        token: &str,
    ) -> Result<IssuedToken, Denied> {
        let lease = self.refresh_tokens.get(token).filter(|lease| lease.until > Instant::now());
        let account = lease.map(|lease| lease.account).ok_or(Denied::RefreshToken)?;
        let matches = self.accounts.get(account).is_some_and(|account| {
            account.credentials.client_id == client_id
                && account.credentials.client_secret == client_secret
        });
        if !matches {
            return Err(Denied::Wrong);
        }
        self.refresh_tokens.remove(token);
        Ok(self.issue(account, true))
    }

    fn issue(&mut self, account: usize, refreshable: bool) -> IssuedToken {
        let now = Instant::now();
        self.access_tokens.retain(|_, lease| lease.until > now);
        self.refresh_tokens.retain(|_, lease| lease.until > now);
        self.issued += 1;
        let until = |lifetime| now.checked_add(lifetime).unwrap_or(now);
        let lease = |lifetime| TokenLease { account, until: until(lifetime) };
        let access = format!("simAccess{:011}", self.issued);
        self.access_tokens.insert(access.clone(), lease(self.lifetime));
        let refresh = refreshable.then(|| format!("simRefresh{:010}", self.issued));
        if let Some(refresh) = &refresh {
            self.refresh_tokens.insert(refresh.clone(), lease(self.refresh_lifetime));
        }
        let user = self.accounts.get(account).map(|account| account.credentials.user_name.clone());
        IssuedToken { access, user: user.unwrap_or_default(), refresh }
    }

    /// Whose valid access token an `Authorization` header carries.
    pub(crate) fn bearer(&self, header: Option<&str>) -> Option<Organisation> {
        let (scheme, token) = header?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let lease = self.access_tokens.get(token.trim())?;
        if lease.until <= Instant::now() {
            return None;
        }
        self.accounts.get(lease.account).map(|account| account.organisation)
    }
}
