//! Which requests go through a proxy: the variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
//!
//! Both clients of the operator, that of Equinix and that of the cluster, ask here, so that one rule
//! holds for both. Nothing here may print a proxy's credentials.

use std::{fmt, sync::Arc};

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

/// The proxies of this process, and what is reached without them.
#[derive(Clone)]
pub struct Proxies {
    https: Option<Url>,
    http: Option<Url>,
    /// Intercepts whatever `NO_PROXY` does not exempt.
    no_proxy: Arc<Matcher>,
}

impl Proxies {
    /// No proxy at all.
    pub fn none() -> Self {
        Self { https: None, http: None, no_proxy: Arc::new(Matcher::builder().build()) }
    }

    /// The proxies of the environment. A variable in capitals takes precedence over the same one in
    /// small letters. Fails, naming the variable, if one names a proxy that cannot be used.
    pub fn from_env() -> Result<Self, String> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// The same by another environment, as a function from the names of its variables to their values.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let either = |name: &str| {
            let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
            set(name).or_else(|| set(&name.to_lowercase()))
        };
        let proxy = |name| either(name).map(|value| Self::parse(name, value.trim())).transpose();
        // Any proxy serves: the matcher is only asked whether there would be one.
        let matcher = Matcher::builder().all("http://proxy.example.com");
        Ok(Self {
            https: proxy("HTTPS_PROXY")?,
            http: proxy("HTTP_PROXY")?,
            no_proxy: Arc::new(matcher.no(either("NO_PROXY").unwrap_or_default()).build()),
        })
    }

    /// The address of a proxy from the setting of this name. Fails, naming the setting, if the proxy
    /// cannot be used.
    pub fn parse(setting: &str, value: &str) -> Result<Url, String> {
        // As kubectl and curl have it, an address without a scheme is that of an HTTP proxy.
        let text = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        // The value is not repeated: it may hold a password.
        let url = Url::parse(&text).map_err(|e| {
            format!(
                "cannot use {setting}: {e}; expected an address such as http://proxy.example.com:3128"
            )
        })?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() {
            return Ok(url);
        }
        Err(format!(
            "cannot use {setting}: only proxies at http:// and https:// are supported, not {}://",
            url.scheme()
        ))
    }

    /// The proxy for requests to `target`, with its credentials. None for loopback addresses, as in
    /// kubectl, and for what `NO_PROXY` lists: host names with their subdomains, addresses, ranges
    /// such as 10.0.0.0/8, or `*`.
    pub fn of(&self, target: &Url) -> Option<&Url> {
        let proxy = match target.scheme() {
            "https" => self.https.as_ref()?,
            "http" => self.http.as_ref()?,
            _ => return None,
        };
        let intercepted = || self.no_proxy.intercept(&target.as_str().parse().ok()?);
        (!is_loopback(target) && intercepted().is_some()).then_some(proxy)
    }

    /// The address of that proxy without its credentials, such as `http://proxy.example.com:3128`.
    pub fn address_for(&self, target: &Url) -> Option<String> {
        self.of(target).map(address)
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |proxy: &Option<Url>| proxy.as_ref().map(address);
        f.debug_struct("Proxies")
            .field("https", &shown(&self.https))
            .field("http", &shown(&self.http))
            .finish_non_exhaustive()
    }
}

fn address(proxy: &Url) -> String {
    proxy.origin().ascii_serialization()
}

fn is_loopback(target: &Url) -> bool {
    match target.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Proxies, String> {
        let value =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Proxies::read(value)
    }

    fn proxied(proxies: &Proxies, target: &str) -> Option<String> {
        proxies.of(&target.parse().unwrap()).map(|proxy| proxy.as_str().to_owned())
    }

    #[test]
    fn the_scheme_of_the_target_chooses_the_proxy() {
        let both = read(&[("HTTPS_PROXY", "http://s:3128"), ("http_proxy", "plain:3129")]).unwrap();
        assert_eq!(proxied(&both, "https://api.equinix.com/x").as_deref(), Some("http://s:3128/"));
        assert_eq!(proxied(&both, "http://api.test").as_deref(), Some("http://plain:3129/"));
        let one = read(&[("HTTP_PROXY", "http://p")]).unwrap();
        assert_eq!(proxied(&one, "https://api.equinix.com"), None);
        assert_eq!(proxied(&Proxies::none(), "https://api.equinix.com"), None);
    }

    #[test]
    fn capitals_take_precedence_and_an_empty_variable_is_none() {
        let capitals = read(&[("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")]).unwrap();
        assert_eq!(proxied(&capitals, "https://x.test").as_deref(), Some("http://a/"));
        let empty = read(&[("HTTPS_PROXY", " "), ("https_proxy", "http://b")]).unwrap();
        assert_eq!(proxied(&empty, "https://x.test").as_deref(), Some("http://b/"));
    }

    #[test]
    fn loopback_and_what_no_proxy_lists_go_direct() {
        let no_proxy = "10.96.0.0/12, corp.example.com,.svc,, 192.0.2.7,2001:db8::/32";
        let proxies = read(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", no_proxy)]).unwrap();
        for direct in [
            "https://127.0.0.1:6443",
            "https://127.8.0.1",
            "https://[::1]:6443",
            "https://localhost:8443",
            "https://10.96.0.1",
            "https://corp.example.com",
            "https://api.corp.example.com:6443",
            "https://kubernetes.default.svc",
            "https://192.0.2.7",
            "https://[2001:db8::1]",
        ] {
            assert_eq!(proxied(&proxies, direct), None, "{direct}");
        }
        for through in
            ["https://api.equinix.com", "https://notcorp.example.com", "https://10.95.0.1"]
        {
            assert!(proxied(&proxies, through).is_some(), "{through}");
        }
        let all = read(&[("HTTPS_PROXY", "http://p:1"), ("no_proxy", "*")]).unwrap();
        assert_eq!(proxied(&all, "https://api.equinix.com"), None);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_by_its_variable_without_its_value() {
        for value in ["socks5://user:hush@p:1080", "http://user:hush@p:port"] {
            let said = read(&[("https_proxy", value)]).unwrap_err();
            assert!(said.contains("HTTPS_PROXY") && !said.contains("hush"), "{said}");
        }
    }

    #[test]
    fn credentials_are_kept_but_not_printed() {
        let proxies = read(&[("HTTPS_PROXY", "http://user:hush@p:3128")]).unwrap();
        assert!(proxied(&proxies, "https://x.test").unwrap().contains("user:hush@"));
        let printed = format!("{proxies:?}");
        assert!(printed.contains("http://p:3128") && !printed.contains("hush"), "{printed}");
    }
}
