//! `fabric-operator ready`: asks a running operator whether it is ready, as the chart's test does.
//!
//! The image has no shell and no HTTP client besides this program. It must not change anything.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::{Instant, sleep};
use url::Url;

use fabric_client::{Http, Proxies, ReqwestHttp, TrustedCas};
use fabric_domain::clean;

/// The pause between two questions.
const INTERVAL: Duration = Duration::from_secs(1);

/// Options of `ready`.
#[derive(Debug, clap::Args)]
pub(super) struct ReadyArgs {
    /// Address of the operator's /readyz.
    #[arg(long, default_value = "http://127.0.0.1:8481/readyz")]
    url: Url,
    /// How long the operator may take to become ready.
    #[arg(long, default_value = "2m", value_parser = humantime::parse_duration)]
    within: Duration,
}

impl ReadyArgs {
    /// Prints what the operator reports of its gates. Fails if it is not ready in time.
    pub(super) async fn execute(self) -> Result<(), String> {
        // The operator is in the same cluster, to which no proxy leads.
        let http = ReqwestHttp::new(&Proxies::none(), &TrustedCas::default())?;
        let start = Instant::now();
        loop {
            let why = match self.ask(&http).await {
                Ok(gates) => {
                    println!("{gates}");
                    return Ok(());
                }
                Err(why) => why,
            };
            if start.elapsed() >= self.within {
                return Err(format!("the operator at {} is not ready: {why}", self.url));
            }
            sleep(INTERVAL).await;
        }
    }

    async fn ask(&self, http: &ReqwestHttp) -> Result<String, String> {
        let request = Request::get(self.url.as_str()).body(Bytes::new());
        let request = request.map_err(|e| format!("--url is not valid: {e}"))?;
        let answer = http.send(request).await.map_err(|e| e.to_string())?;
        let gates = clean(&String::from_utf8_lossy(answer.body()), 1000);
        if answer.status().is_success() { Ok(gates) } else { Err(gates) }
    }
}
