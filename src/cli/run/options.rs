//! The settings of the operator: options, and environment variables of the same names.
//!
//! Values are parsed here, once. Credentials must not be settings: they come from Secrets.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use url::Url;

use crate::telemetry::LogFormat;

/// Options of `run`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunArgs {
    /// The operator's own namespace, which holds the Secrets of the accounts and the Lease.
    #[arg(long, env = "POD_NAMESPACE", default_value = "fabric-operator")]
    pub(super) namespace: String,
    /// Reconcile the resources of this namespace only; those of all namespaces by default.
    #[arg(long, env = "FABRIC_OPERATOR_WATCH_NAMESPACE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) watch_namespace: Option<String>,
    /// An origin that FabricAccounts may name as their endpoint. Repeat the option, or separate several
    /// origins by commas.
    #[arg(
        long = "allowed-endpoint",
        env = "FABRIC_OPERATOR_ALLOWED_ENDPOINTS",
        default_value = "https://api.equinix.com",
        value_delimiter = ',',
        value_parser = origin
    )]
    pub(super) allowed_endpoints: Vec<Url>,
    /// A namespace whose connections and service profiles are protected from deletion where their spec
    /// leaves deletionProtection out. Repeat the option, or separate several namespaces by commas.
    #[arg(
        long = "deletion-protection-in",
        env = "FABRIC_OPERATOR_DELETION_PROTECTION_IN",
        value_delimiter = ',',
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    pub(super) protected_namespaces: Vec<String>,
    /// The ClusterRole to bind in a namespace so that the operator may read its Secrets. Messages name
    /// it; the chart gives it the name of the release.
    #[arg(long, env = "FABRIC_OPERATOR_SECRET_READER_ROLE", default_value = "fabric-operator-secret-reader", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) secret_reader_role: String,
    /// Add metrics that name namespaces: what the connections of each one cost a month. Every scraper then
    /// reads the names.
    #[arg(long, env = "FABRIC_OPERATOR_NAMESPACE_METRICS", default_value_t = false, action = clap::ArgAction::Set)]
    pub(super) namespace_metrics: bool,
    /// Limit on concurrent reconciles for each combination of account, namespace and priority. The
    /// priorities are interactive (just edited), progressing, and background (at rest or failing).
    #[arg(long, env = "FABRIC_OPERATOR_CONCURRENCY", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) concurrency: u16,
    /// Act only while holding a Lease in the operator's namespace, so that one of several replicas
    /// acts. Disable it only where exactly one replica runs.
    #[arg(long, env = "FABRIC_OPERATOR_LEADER_ELECTION", default_value_t = true, action = clap::ArgAction::Set)]
    pub(super) leader_election: bool,
    /// Name of that Lease. The installed RBAC rules grant the default name only.
    #[arg(long, env = "FABRIC_OPERATOR_LEASE_NAME", default_value = "fabric-operator")]
    pub(super) lease_name: String,
    /// How long the Lease stays valid after its last renewal; the longest time that a failover takes.
    #[arg(long, env = "FABRIC_OPERATOR_LEASE_DURATION", default_value = "15s", value_parser = lease_duration)]
    pub(super) lease_duration: Duration,
    /// Address to serve /livez, /readyz and /metrics at. In a Pod, use 0.0.0.0 or the Pod's IP address,
    /// so that probes reach it.
    #[arg(long, env = "FABRIC_OPERATOR_HTTP_ADDRESS", default_value = "127.0.0.1")]
    pub(super) http_address: IpAddr,
    /// Port for /livez, /readyz and /metrics; 0 picks a free one, which the log names.
    #[arg(long, env = "FABRIC_OPERATOR_HTTP_PORT", default_value_t = 8481)]
    pub(super) http_port: u16,
    /// Address of a collector to export traces to by OTLP over HTTP, such as http://127.0.0.1:4318; no
    /// traces by default. `OTEL_EXPORTER_OTLP_HEADERS` sets the headers.
    #[arg(long, env = "FABRIC_OPERATOR_OTLP_ENDPOINT", value_parser = collector)]
    pub(super) otlp_endpoint: Option<Url>,
    /// PEM file of CA certificates that the operator trusts in addition to the platform's, for Equinix
    /// and the collector: that of a proxy which inspects TLS, for example. Read once, at the start.
    #[arg(long, env = "FABRIC_OPERATOR_CA_FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Log format.
    #[arg(long, env = "FABRIC_OPERATOR_LOG_FORMAT", default_value = "json")]
    pub(super) log_format: LogFormat,
    /// Log filter, e.g. info or fabric_operator=debug.
    #[arg(long, env = "FABRIC_OPERATOR_LOG", default_value = "info")]
    pub(super) log: String,
    /// Print the effective settings as options, one on each line, and exit. They contain no secrets.
    #[arg(long)]
    pub(super) print_config: bool,
}

impl RunArgs {
    /// All settings, as options.
    pub(super) fn in_force(&self) -> Vec<String> {
        let Self {
            namespace,
            watch_namespace,
            allowed_endpoints,
            protected_namespaces,
            secret_reader_role,
            namespace_metrics,
            concurrency,
            leader_election,
            lease_name,
            lease_duration,
            http_address,
            http_port,
            otlp_endpoint,
            ca_file,
            log_format,
            log,
            print_config: _,
        } = self;
        let origins: Vec<String> =
            allowed_endpoints.iter().map(|url| url.origin().ascii_serialization()).collect();
        let mut options = vec![
            format!("--namespace={namespace}"),
            format!("--allowed-endpoint={}", origins.join(",")),
            format!("--secret-reader-role={secret_reader_role}"),
            format!("--namespace-metrics={namespace_metrics}"),
            format!("--concurrency={concurrency}"),
            format!("--leader-election={leader_election}"),
            format!("--lease-name={lease_name}"),
            format!("--lease-duration={}", humantime::format_duration(*lease_duration)),
            format!("--http-address={http_address}"),
            format!("--http-port={http_port}"),
            format!("--log-format={}", <&str>::from(*log_format)),
            format!("--log={log}"),
        ];
        options.extend(watch_namespace.iter().map(|it| format!("--watch-namespace={it}")));
        if !protected_namespaces.is_empty() {
            options.push(format!("--deletion-protection-in={}", protected_namespaces.join(",")));
        }
        options.extend(otlp_endpoint.iter().map(|it| format!("--otlp-endpoint={it}")));
        options.extend(ca_file.iter().map(|it| format!("--ca-file={}", it.display())));
        options
    }
}

fn origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|e| format!("expected an address such as https://api.equinix.com: {e}"))?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" | "http" if bare && anonymous && url.has_host() => Ok(url),
        _ => Err("expected an origin without a path, such as https://api.equinix.com".to_owned()),
    }
}

fn collector(text: &str) -> Result<Url, String> {
    let anonymous = |url: &Url| url.username().is_empty() && url.password().is_none();
    let plain = |url: &Url| url.query().is_none() && url.fragment().is_none() && url.has_host();
    let url = Url::parse(text).ok().filter(|url| anonymous(url) && plain(url));
    url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
        "expected an address without credentials, such as http://127.0.0.1:4318".to_owned()
    })
}

/// A duration that leaves room for three renewals, and keeps a failover short.
fn lease_duration(text: &str) -> Result<Duration, String> {
    let allowed = Duration::from_secs(5)..=Duration::from_secs(600);
    match humantime::parse_duration(text) {
        Ok(it) if allowed.contains(&it) && it.subsec_nanos() == 0 => Ok(it),
        _ => Err("expected whole seconds from 5s to 10min, such as 15s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct TestCli {
        #[command(flatten)]
        args: RunArgs,
    }

    fn parsed(options: &[&str]) -> Result<RunArgs, String> {
        let cli = TestCli::try_parse_from([&["run"], options].concat());
        cli.map(|cli| cli.args).map_err(|e| e.to_string())
    }

    #[test]
    fn what_is_printed_can_be_given_again() {
        for options in [
            &[] as &[_],
            &[
                "--watch-namespace=network",
                "--secret-reader-role=fabric-secret-reader",
                "--lease-duration=1m 30s",
                "--ca-file=/etc/fabric-operator/ca/ca.crt",
                "--log=fabric_operator=debug",
            ],
            &[
                "--allowed-endpoint=https://api.equinix.com",
                "--allowed-endpoint=http://127.0.0.1:8480",
                "--otlp-endpoint=http://127.0.0.1:4318/",
                "--log-format=text",
                "--deletion-protection-in=network",
                "--deletion-protection-in=prod",
                "--leader-election=false",
                "--http-address=::1",
            ],
        ] {
            let printed = parsed(options).unwrap().in_force();
            let again: Vec<&str> = printed.iter().map(String::as_str).collect();
            assert_eq!(parsed(&again).unwrap().in_force(), printed);
            for option in options {
                let there = printed.iter().any(|p| {
                    p.split_once('=').zip(option.split_once('=')).is_some_and(
                        |((name, all), (asked, value))| name == asked && all.contains(value),
                    )
                });
                assert!(there, "{option} is not in {printed:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        for (option, words) in [
            ("--allowed-endpoint=https://api.equinix.com/v4", "an origin without a path"),
            ("--allowed-endpoint=https://user:secret@api.equinix.com", "an origin without a path"),
            ("--lease-duration=1s", "whole seconds from 5s to 10min"),
            ("--otlp-endpoint=http://user:secret@127.0.0.1:4318", "without credentials"),
            ("--concurrency=0", "1..=256"),
            ("--watch-namespace=", "--watch-namespace"),
            ("--deletion-protection-in=", "--deletion-protection-in"),
            ("--http-address=localhost", "--http-address"),
        ] {
            let said = parsed(&[option]).unwrap_err();
            let name = option.split('=').next().unwrap();
            assert!(said.contains(words) && said.contains(name), "{option}: {said}");
        }
    }
}
