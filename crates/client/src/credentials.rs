//! What signs an account in, and the body that it makes.
//!
//! Secrets stay in [`SecretString`]s and print as asterisks.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

/// The OAuth2 grant.
#[derive(Clone)]
pub enum Grant {
    /// Client id and secret alone.
    ClientCredentials,
    /// With user name and password.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretString,
        /// How it travels.
        encoding: PasswordEncoding,
    },
}

/// How a password travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordEncoding {
    /// As it is.
    None,
    /// Base64 of its MD5 digest.
    Md5B64,
}

/// What signs an account in.
#[derive(Clone)]
pub struct Credentials {
    /// The client id (consumer key).
    pub client_id: String,
    /// The client secret (consumer secret).
    pub client_secret: SecretString,
    /// The grant.
    pub grant: Grant,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Credentials {
    /// Equal for equal credentials; tells nothing about them.
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.body().to_string()).into()
    }

    /// The body of the token request.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
        });
        if let Grant::Password { user, password, encoding } = &self.grant {
            body["grant_type"] = "password".into();
            body["user_name"] = user.as_str().into();
            match encoding {
                PasswordEncoding::None => body["user_password"] = password.expose_secret().into(),
                PasswordEncoding::Md5B64 => {
                    let digest = Md5::digest(password.expose_secret());
                    body["user_password"] = STANDARD.encode(digest).into();
                    body["password_encoding"] = "md5-b64".into();
                }
            }
        }
        body
    }
}
