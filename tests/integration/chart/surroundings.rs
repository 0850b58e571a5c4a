//! What the chart makes of a cluster's surroundings: proxies, a company's CA, OpenShift, other
//! releases, and monitoring of one's own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{find, names, release, render, rendered};

const NAME: &str = "fabric-operator";

fn pod_of(objects: &[Value]) -> &Value {
    &find(objects, "Deployment", NAME).unwrap()["spec"]["template"]["spec"]
}

fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a Value> {
    container["env"].as_array().unwrap().iter().find(|v| v["name"] == name).map(|v| &v["value"])
}

#[test]
fn a_proxy_reaches_the_program_and_the_network_policy_lets_it_pass() {
    let objects = rendered(&[
        r#"proxy.httpsProxy="http://proxy.example.com:3128""#,
        r#"proxy.httpProxy="https://proxy.example.com""#,
        r#"proxy.noProxy=["10.0.0.0/8",".example.com"]"#,
    ]);
    let container = &pod_of(&objects)["containers"][0];
    for (name, value) in [
        ("HTTPS_PROXY", "http://proxy.example.com:3128"),
        ("HTTP_PROXY", "https://proxy.example.com"),
        ("NO_PROXY", "10.0.0.0/8,.example.com"),
    ] {
        assert_eq!(variable(container, name), Some(&json!(value)));
    }
    let policy = find(&objects, "NetworkPolicy", NAME).unwrap();
    let rules = policy["spec"]["egress"].as_array().unwrap();
    let provider = &rules[2];
    for (rule, port) in rules[3..].iter().zip([3128, 443]) {
        assert_eq!(rule["ports"], json!([{"port": port, "protocol": "TCP"}]));
        assert_eq!(rule["to"], provider["to"]);
    }
    assert_eq!(rules.len(), 5);

    let plain = rendered(&[]);
    assert_eq!(variable(&pod_of(&plain)["containers"][0], "HTTPS_PROXY"), None);
}

#[test]
fn a_ca_is_mounted_and_named_to_the_program() {
    let mount =
        json!({"name": "trusted-ca", "mountPath": "/etc/fabric-operator/ca", "readOnly": true});
    for (value, volume) in [
        (r#"trustedCa.configMap="corp""#, json!({"configMap": {"name": "corp"}})),
        (r#"trustedCa.secret="corp""#, json!({"secret": {"secretName": "corp"}})),
    ] {
        let objects = rendered(&[
            value,
            r#"trustedCa.key="ca-bundle.crt""#,
            r#"extraVolumes=[{"name":"more","emptyDir":{}}]"#,
            r#"extraVolumeMounts=[{"name":"more","mountPath":"/more"}]"#,
        ]);
        let pod = pod_of(&objects);
        let mut expected = volume;
        expected["name"] = json!("trusted-ca");
        assert_eq!(pod["volumes"], json!([expected, {"name": "more", "emptyDir": {}}]));
        let container = &pod["containers"][0];
        assert_eq!(
            container["volumeMounts"],
            json!([mount, {"name": "more", "mountPath": "/more"}])
        );
        let option = "--ca-file=/etc/fabric-operator/ca/ca-bundle.crt";
        assert!(container["args"].as_array().unwrap().contains(&json!(option)), "{container}");
    }
    let said = render(&[r#"trustedCa={"configMap":"a","secret":"b"}"#]).unwrap_err();
    assert!(said.contains("trustedCa: set configMap or secret, not both"), "{said}");
}

#[test]
fn no_pod_has_a_fixed_user_and_a_value_can_set_one() {
    for objects in super::SETS.iter().copied().map(rendered) {
        for object in &objects {
            let text = object.to_string();
            assert!(!text.contains("runAsUser") && !text.contains("runAsGroup"), "{text}");
        }
    }
    let objects = rendered(&[
        "podSecurityContext.runAsUser=1000",
        "podSecurityContext.fsGroup=1000",
        "securityContext.privileged=false",
    ]);
    let pods = [pod_of(&objects), &find(&objects, "Pod", "fabric-operator-test").unwrap()["spec"]];
    for pod in pods {
        let expected = json!({
            "fsGroup": 1000, "runAsNonRoot": true, "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        });
        assert_eq!(pod["securityContext"], expected);
        let container = &pod["containers"][0]["securityContext"];
        assert_eq!(container["privileged"], false);
        assert_eq!(container["readOnlyRootFilesystem"], true);
    }
}

#[test]
fn link_local_addresses_are_reached_nowhere_but_for_dns() {
    let policy = rendered(&[]);
    let egress = &find(&policy, "NetworkPolicy", NAME).unwrap()["spec"]["egress"];
    for rule in egress.as_array().unwrap() {
        let peers = rule["to"].as_array().unwrap_or_else(|| panic!("{rule} allows every peer"));
        for block in peers.iter().map(|peer| &peer["ipBlock"]).filter(|block| block.is_object()) {
            match block["cidr"].as_str().unwrap() {
                "0.0.0.0/0" => assert_eq!(block["except"], json!(["169.254.0.0/16"])),
                "::/0" => assert_eq!(block["except"], json!(["fe80::/10", "fd00:ec2::254/128"])),
                // NodeLocal DNSCache.
                "169.254.20.10/32" => {
                    let ports = rule["ports"].as_array().unwrap();
                    assert!(ports.iter().all(|p| p["port"] == 53 || p["port"] == 5353), "{rule}");
                }
                other => panic!("{other} is not expected"),
            }
        }
    }
}

#[test]
fn on_cilium_an_api_server_on_a_node_is_reached_too() {
    let kind = "CiliumNetworkPolicy";
    assert!(find(&rendered(&[]), kind, NAME).is_none());
    let cilium = ["--api-versions", "cilium.io/v2/CiliumNetworkPolicy"];
    let objects = release(NAME, &cilium, &[]).unwrap();
    let policy = find(&objects, kind, NAME).unwrap();
    assert_eq!(policy["spec"]["egress"], json!([{"toEntities": ["kube-apiserver"]}]));
    let pods = &find(&objects, "NetworkPolicy", NAME).unwrap()["spec"]["podSelector"];
    assert_eq!(&policy["spec"]["endpointSelector"], pods);
}

/// Every object but the definitions, which all installations of a cluster share.
fn own(objects: &[Value]) -> BTreeSet<String> {
    let own = objects.iter().filter(|o| o["kind"] != "CustomResourceDefinition").cloned();
    names(&own.collect::<Vec<_>>()).into_iter().collect()
}

#[test]
fn releases_of_other_names_share_no_object() {
    // deploy/base has the names of this one.
    let first = rendered(&["rbac.aggregate=true"]);
    for (name, values) in [
        ("other", &[] as &[&str]),
        ("fabric-operator-two", &[]),
        (NAME, &[r#"fullnameOverride="three""#]),
        (NAME, &[r#"nameOverride="four""#]),
    ] {
        let second = release(name, &[], values).unwrap();
        let shared: Vec<_> = own(&first).intersection(&own(&second)).cloned().collect();
        assert_eq!(shared, [""; 0], "{name} {values:?}");
        let lease = "--lease-name=fabric-operator";
        let named = find(&second, "Deployment", NAME).is_some();
        assert!(!named && !Value::from(second.clone()).to_string().contains(&format!("{lease}\"")));
    }
}

#[test]
fn an_override_names_everything_and_the_selectors_still_meet() {
    let objects =
        release("r", &[], &[r#"fullnameOverride="net""#, r#"nameOverride="app""#]).unwrap();
    for name in own(&objects) {
        let name = name.rsplit('/').next().unwrap();
        assert!(name == "net" || name.starts_with("net-"), "{name}");
    }
    let deployment = find(&objects, "Deployment", "net").unwrap();
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["app.kubernetes.io/name"], "app");
    let selectors = [
        &deployment["spec"]["selector"]["matchLabels"],
        &find(&objects, "Service", "net").unwrap()["spec"]["selector"],
        &find(&objects, "NetworkPolicy", "net").unwrap()["spec"]["podSelector"]["matchLabels"],
    ];
    for (label, value) in selectors.iter().flat_map(|s| s.as_object().unwrap()) {
        assert_eq!(&labels[label], value);
    }
}

#[test]
fn a_service_account_of_ones_own_gets_the_rights() {
    let objects = rendered(&[r#"serviceAccount={"create":false,"name":"mine"}"#]);
    assert!(!names(&objects).iter().any(|name| name.starts_with("ServiceAccount")));
    assert_eq!(pod_of(&objects)["serviceAccountName"], "mine");
    let bindings = objects.iter().filter(|o| o["roleRef"].is_object());
    assert!(bindings.clone().count() >= 2);
    for binding in bindings {
        let subject = json!([{"kind": "ServiceAccount", "name": "mine", "namespace": NAME}]);
        assert_eq!(binding["subjects"], subject);
    }
    let created = rendered(&[r#"serviceAccount.name="mine""#]);
    assert!(find(&created, "ServiceAccount", "mine").is_some());
}

#[test]
fn a_pod_monitor_finds_the_pods() {
    let objects = rendered(&[
        "podMonitor.enabled=true",
        r#"podMonitor.interval="1m""#,
        r#"podMonitor.labels={"release":"prometheus"}"#,
    ]);
    let monitor = find(&objects, "PodMonitor", NAME).unwrap();
    assert_eq!(monitor["metadata"]["labels"]["release"], "prometheus");
    assert_eq!(monitor["spec"]["podMetricsEndpoints"], json!([{"port": "http", "interval": "1m"}]));
    let deployment = &find(&objects, "Deployment", NAME).unwrap()["spec"];
    assert_eq!(monitor["spec"]["selector"], deployment["selector"]);
    let ports = &deployment["template"]["spec"]["containers"][0]["ports"];
    assert_eq!(ports[0]["name"], "http");
}

#[test]
fn further_objects_are_templates() {
    let objects = rendered(&[
        r#"extraObjects=[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{ .Release.Name }}-ca"}}]"#,
    ]);
    assert!(find(&objects, "ConfigMap", "fabric-operator-ca").is_some());
}

#[test]
fn the_test_asks_the_operator_and_is_not_taken_for_it() {
    let objects = rendered(&[r#"imagePullSecrets=[{"name":"pull"}]"#]);
    let pod = find(&objects, "Pod", "fabric-operator-test").unwrap();
    assert_eq!(pod["metadata"]["annotations"]["helm.sh/hook"], "test");
    let container = &pod["spec"]["containers"][0];
    let url = "--url=http://fabric-operator.fabric-operator:8481/readyz";
    assert_eq!(container["args"], json!(["ready", url]));
    assert_eq!(container["image"], pod_of(&objects)["containers"][0]["image"]);
    let service = find(&objects, "Service", NAME).unwrap();
    assert_eq!(service["spec"]["ports"][0]["port"], 8481);
    let name = "app.kubernetes.io/name";
    assert_ne!(pod["metadata"]["labels"][name], service["spec"]["selector"][name]);
}

#[test]
fn a_guard_runs_before_the_uninstallation_when_asked_for() {
    let name = "fabric-operator-uninstall-guard";
    assert!(find(&rendered(&[]), "Job", name).is_none());
    let objects = rendered(&["uninstallGuard.enabled=true", r#"watchNamespace="network""#]);
    let job = find(&objects, "Job", name).unwrap();
    assert_eq!(job["metadata"]["annotations"]["helm.sh/hook"], "pre-delete");
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["args"], json!(["guard", "--watch-namespace=network"]));
    assert_eq!(pod["serviceAccountName"], pod_of(&objects)["serviceAccountName"]);
    // A failure is an answer, which must not be asked for again.
    assert_eq!((&job["spec"]["backoffLimit"], &pod["restartPolicy"]), (&json!(0), &json!("Never")));
}
