//! The operator's log, kept separately for each run, and the secrets that no log may contain.

use std::{cell::RefCell, io, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter, prelude::*};

use fabric_simulator::UserCredentials;

/// The key at a seller that a connection's Secret holds, in the shape of an AWS account.
pub const SELLER_KEY: &str = "902817364550";

/// The API secret of the seller who lives beside, as `TestCluster::let_in_the_seller` makes it.
const SELLER_SECRET: &str = "KLMNO12345";

/// The keys that accept a connection at AWS, of the sample "Step 3: Accept Connection".
pub const AWS_KEYS: [&str; 2] = ["AKIAGGJKJU7BC3QJKYQ", "CXGJW1lWbqENEqSkBAK"];

thread_local! {
    /// A run stays on one thread.
    static SAID: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Page;

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        SAID.with_borrow_mut(|said| said.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Pages;

impl MakeWriter<'_> for Pages {
    type Writer = Page;

    fn make_writer(&self) -> Page {
        Page
    }
}

/// Begins to listen, on all threads: to all that this crate and the controllers below it
/// say, and to what anything else finds worth telling; with `calls`, to the network's record.
pub fn listen(calls: bool) {
    let ours = tracing_subscriber::filter::Targets::new()
        .with_target("fabric_operator", LevelFilter::TRACE)
        .with_target("net", if calls { LevelFilter::TRACE } else { LevelFilter::OFF })
        .with_default(LevelFilter::INFO);
    let pages = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Pages);
    tracing_subscriber::registry().with(pages.with_filter(ours)).init();
    std::panic::set_hook(Box::new(|panic| {
        PANICS.with_borrow_mut(|panics| panics.push(panic.to_string()));
    }));
}

/// What was said on this thread since the last call.
pub fn said() -> String {
    String::from_utf8_lossy(&SAID.take()).into_owned()
}

/// The panics on this thread since the last call: the cases' own, and any of the operator.
pub fn panics() -> Vec<String> {
    PANICS.take()
}

/// UserCredentials that are found wherever they turn up.
pub fn canary() -> UserCredentials {
    UserCredentials {
        client_id: "ABCDE12345".into(),
        client_secret: "canary-9f1c-client".into(),
        user_name: "john.doe@example.com".into(),
        user_password: "canary-44d2-password".into(),
    }
}

/// What they are rotated to.
pub fn fresh_canary() -> UserCredentials {
    UserCredentials {
        client_secret: "canary-b3e8-client".into(),
        user_password: "canary-07aa-password".into(),
        ..canary()
    }
}

/// The secrets of all runs in every form that they take.
static SECRETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let both = [canary(), fresh_canary()];
    let all = both.iter().flat_map(|c| [c.client_secret.as_str(), c.user_password.as_str()]);
    let plain: Vec<&str> = all.chain([SELLER_KEY, SELLER_SECRET]).chain(AWS_KEYS).collect();
    let encoded = plain.clone().into_iter().map(|secret| STANDARD.encode(secret));
    // printf '%s' 'canary-44d2-password' | openssl md5 -binary | base64
    let hashed = "bq2bjcWDakEx82Hrbo243w==";
    // Tokens as the simulator makes them.
    let others = ["simAccess0", "simRefresh0", hashed];
    plain.into_iter().chain(others).map(str::to_owned).chain(encoded).collect()
});

/// A secret that is in `text`.
pub fn leak(text: &str) -> Option<&'static str> {
    SECRETS.iter().map(String::as_str).find(|secret| text.contains(secret))
}
