//! The credentials of an account, and the token request that they make.
//!
//! Secrets stay in [`SecretString`]s; `Debug` prints asterisks.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

/// The OAuth 2 grant.
#[derive(Clone)]
pub enum OAuthGrant {
    /// Client id and secret alone.
    ClientCredentials,
    /// Client id and secret, with user name and password.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretString,
        /// What the request holds in place of the password.
        digest: PasswordDigest,
    },
}

/// What a token request holds in place of the password (`password_encoding`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordDigest {
    /// The password itself.
    None,
    /// Base64 of its MD5 digest.
    Md5B64,
}

/// The credentials of an account.
#[derive(Clone)]
pub struct OAuthCredentials {
    /// The client id (consumer key).
    pub client_id: String,
    /// The client secret (consumer secret).
    pub client_secret: SecretString,
    /// The grant.
    pub grant: OAuthGrant,
}

impl fmt::Debug for OAuthCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuthCredentials(***)")
    }
}

impl PartialEq for OAuthCredentials {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl OAuthCredentials {
    /// Compared in place of the secrets, so that no comparison stops at the first byte that
    /// differs.
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.token_request().to_string()).into()
    }

    /// The body of the token request.
    pub(super) fn token_request(&self) -> Value {
        let mut body = json!({
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
        });
        if let OAuthGrant::Password { user, password, digest } = &self.grant {
            body["grant_type"] = "password".into();
            body["user_name"] = user.as_str().into();
            match digest {
                PasswordDigest::None => body["user_password"] = password.expose_secret().into(),
                PasswordDigest::Md5B64 => {
                    let digest = Md5::digest(password.expose_secret());
                    body["user_password"] = STANDARD.encode(digest).into();
                    body["password_encoding"] = "md5-b64".into();
                }
            }
        }
        body
    }
}
