//! Which values the chart accepts: all that `values.yaml` lists, and no others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{read, render};

/// Every value as a path, down to lists, plain values, and maps that are the user's own.
fn listed(value: &Value, path: &str, schema: &Value, found: &mut BTreeSet<String>) {
    match value.as_object() {
        Some(fields) if schema["properties"].is_object() => {
            for (name, field) in fields {
                let schema = resolved(&schema["properties"][name]);
                listed(field, &format!("{path}.{name}"), &schema, found);
            }
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

/// Every value that the schema knows, to the same depth.
fn known(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    match schema["properties"].as_object() {
        Some(fields) if schema["type"] == "object" => {
            assert_eq!(schema["additionalProperties"], false, "{path} takes unknown values");
            for (name, field) in fields {
                known(&resolved(field), &format!("{path}.{name}"), found);
            }
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

fn schema() -> Value {
    read("charts/fabric-operator/values.schema.json")
}

/// A schema with what it refers to in its place.
fn resolved(field: &Value) -> Value {
    let Some(reference) = field["$ref"].as_str() else { return field.clone() };
    let name = reference.strip_prefix("#/$defs/").unwrap();
    schema()["$defs"][name].clone()
}

#[test]
fn the_schema_knows_the_values_that_are_listed_and_no_others() {
    let (mut lists, mut knows) = (BTreeSet::new(), BTreeSet::new());
    listed(&read("charts/fabric-operator/values.yaml"), "", &schema(), &mut lists);
    known(&schema(), "", &mut knows);
    // Helm adds it when the chart is a part of another one.
    assert!(knows.remove(".global"));
    assert_eq!(lists, knows);
}

#[test]
fn a_wrong_value_is_refused_by_its_name() {
    let wrong: [(&str, &[&str]); 47] = [
        ("replica=2", &["'replica' not allowed"]),
        (r#"replicas="two""#, &["/replicas", "string", "integer"]),
        ("replicas=-1", &["/replicas"]),
        (r#"image.repository="Fabric Operator""#, &["/image/repository"]),
        (r#"image.digest="sha256:abc""#, &["/image/digest"]),
        (r#"image.pullPolicy="Sometimes""#, &["/image/pullPolicy", "IfNotPresent"]),
        (r#"imagePullSecrets=["pull"]"#, &["/imagePullSecrets/0"]),
        ("allowedEndpoints=[]", &["/allowedEndpoints"]),
        (r#"allowedEndpoints=["https://api.equinix.com/v4"]"#, &["/allowedEndpoints/0"]),
        (r#"allowedEndpoints="https://api.equinix.com""#, &["/allowedEndpoints", "array"]),
        ("concurrency=0", &["/concurrency"]),
        (r#"log.format="xml""#, &["/log/format", "json", "text"]),
        (r#"log.level="info""#, &["/log", "'level' not allowed"]),
        (r#"rbac.secretNamespaces=["*"]"#, &["/rbac/secretNamespaces/0"]),
        (r#"rbac.secretNamespaces=["a","a"]"#, &["/rbac/secretNamespaces"]),
        (r#"rbac.aggregate="yes""#, &["/rbac/aggregate", "boolean"]),
        ("crds.keep=false", &["/crds", "'keep' not allowed"]),
        (r#"account.create="true""#, &["/account/create", "boolean"]),
        (r#"account.name="Default""#, &["/account/name"]),
        ("resources.request={}", &["/resources", "'request' not allowed"]),
        (r#"podLabels={"app.kubernetes.io/name":"x"}"#, &["/podLabels/app.kubernetes.io~1name"]),
        ("podAnnotations.count=1", &["/podAnnotations/count", "string"]),
        (r#"topologySpread=[{"topologyKey":"zone"}]"#, &["/topologySpread/0", "maxSkew"]),
        ("affinity=[]", &["/affinity", "object"]),
        (r#"networkPolicy.dns.ports=["dns"]"#, &["/networkPolicy/dns/ports/0"]),
        (r#"networkPolicy.provider.to=["0.0.0.0/0"]"#, &["/networkPolicy/provider/to/0"]),
        ("networkPolicy.provider.to=[{}]", &["/networkPolicy/provider/to/0"]),
        (r#"nameOverride="Net""#, &["/nameOverride"]),
        (r#"fullnameOverride="a.b""#, &["/fullnameOverride"]),
        (r#"serviceAccount.create="no""#, &["/serviceAccount/create", "boolean"]),
        (r#"serviceAccount.nam="x""#, &["/serviceAccount", "'nam' not allowed"]),
        (r#"proxy.httpsProxy="socks5://p:1080""#, &["/proxy/httpsProxy"]),
        (r#"proxy.httpsProxy="http://user:word@p:3128""#, &["/proxy/httpsProxy"]),
        (r#"proxy.noProxy="10.0.0.0/8""#, &["/proxy/noProxy", "array"]),
        (r#"trustedCa.key="../ca""#, &["/trustedCa/key"]),
        ("podSecurityContext=[]", &["/podSecurityContext", "object"]),
        (r#"uninstallGuard.enabled="yes""#, &["/uninstallGuard/enabled", "boolean"]),
        (r#"podMonitor.interval="often""#, &["/podMonitor/interval"]),
        (r#"extraObjects=[{"kind":"ConfigMap"}]"#, &["/extraObjects/0", "apiVersion"]),
        ("extraObjects={}", &["/extraObjects", "array"]),
        (r#"watchNamespace="*""#, &["/watchNamespace"]),
        (r#"serviceMonitor.interval="often""#, &["/serviceMonitor/interval"]),
        (r#"prometheusRule.enabled="yes""#, &["/prometheusRule/enabled", "boolean"]),
        (r#"dashboard.folder="Net""#, &["/dashboard", "'folder' not allowed"]),
        ("extraArgs=[1]", &["/extraArgs/0", "string"]),
        (r#"extraEnv=[{"nam":"HTTPS_PROXY"}]"#, &["/extraEnv/0", "name"]),
        (
            r#"extraVolumeMounts=[{"name":"ca","mountPath":"ca"}]"#,
            &["/extraVolumeMounts/0/mountPath"],
        ),
    ];
    for (value, words) in wrong {
        let said = render(&[value]).expect_err(value);
        for word in words {
            assert!(said.contains(word), "{value}: {word:?} is not in {said}");
        }
    }
}
