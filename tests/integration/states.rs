//! The state tables of the documents, row by row.
//!
//! The phase and whose move it is are what each row's description says; where a row says nothing
//! of whose move it is, it is Equinix's or the other side's, whichever of the two states moves.

use strum::IntoEnumIterator;

use fabric_domain::{
    EquinixStatus, Flow,
    Phase::{self, AwaitingApproval, Deleted, Deleting, Failed, Provisioning, Ready},
    ProviderStatus, Standing,
    WaitingFor::{self, Equinix, Nobody, Provider, Seller, You},
};

/// One row of a table.
pub struct Row {
    /// The table, by its flow.
    pub table: &'static str,
    flow: Flow,
    pub equinix: &'static str,
    pub provider: &'static str,
    phase: Phase,
    waiting_for: WaitingFor,
}

/// All rows of all tables: creation, then deletion.
#[allow(clippy::too_many_lines, reason = "it is a table, and is read as one")]
pub fn rows() -> Vec<Row> {
    let mut all = vec![];
    let mut table = |table, flow, rows: &[(&'static str, &'static str, Phase, WaitingFor)]| {
        for &(equinix, provider, phase, waiting_for) in rows {
            all.push(Row { table, flow, equinix, provider, phase, waiting_for });
        }
    };
    table(
        "aws",
        Flow::Aws,
        &[
            ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
            // "The connection awaits for acceptance", by the buyer, in step 3.
            ("PROVISIONED", "PENDING_APPROVAL", AwaitingApproval, You),
            ("PROVISIONED", "PROVISIONING", Provisioning, Provider),
            ("PROVISIONED", "PROVISIONED", Ready, Nobody),
            ("DEPROVISIONING", "DEPROVISIONING", Deleting, Equinix),
            ("DEPROVISIONED", "DEPROVISIONED", Deleted, Nobody),
        ],
    );
    table(
        "azure",
        Flow::Azure,
        &[
            ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
            // "awaits for the customer to configure Microsoft peering on the Azure portal".
            ("PENDING_BGP_PEERING", "PENDING_BGP", Provisioning, You),
            ("PROVISIONING", "PROVISIONED", Provisioning, Equinix),
            ("PROVISIONED", "PROVISIONED", Ready, Nobody),
            ("DEPROVISIONING", "PROVISIONED", Deleting, Equinix),
            ("DEPROVISIONED", "DEPROVISIONED", Deleted, Nobody),
        ],
    );
    table(
        "google",
        Flow::Google,
        &[
            ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
            ("PROVISIONED", "PENDING_APPROVAL", AwaitingApproval, Provider),
            // "Activation needed -> BGP Configuration needed".
            ("PROVISIONED", "PROVISIONING", Provisioning, You),
            ("PROVISIONED", "PROVISIONED", Ready, Nobody),
            ("DEPROVISIONING", "DEPROVISIONING", Deleting, Equinix),
            ("DEPROVISIONED", "DEPROVISIONED", Deleted, Nobody),
        ],
    );
    table(
        "oracle",
        Flow::Oracle,
        &[
            ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
            // "Connection awaits for acceptance. Connection establishment in progress."
            ("PROVISIONED", "PROVISIONING", AwaitingApproval, Provider),
            ("PROVISIONED", "PROVISIONED", Ready, Nobody),
            ("DEPROVISIONING", "DEPROVISIONING", Deleting, Equinix),
            ("DEPROVISIONED", "DEPROVISIONED", Deleted, Nobody),
        ],
    );
    table(
        "oracle-government",
        Flow::Oracle,
        &[
            ("Provisioning", "Not available", Provisioning, Equinix),
            ("Provisioned", "Provisioning", AwaitingApproval, Provider),
            // "Connection establishment in progress" here and "Connection established" for the
            // same pair of the same cloud's other table: no state follows it, so it is the last.
            ("Provisioned", "Provisioned", Ready, Nobody),
            ("DEPROVISIONING", "DEPROVISIONING", Deleting, Equinix),
            ("DEPROVISIONED", "DEPROVISIONED", Deleted, Nobody),
        ],
    );
    for name in ["enterprise", "enterprise-redundant"] {
        table(
            name,
            Flow::Seller,
            &[
                ("PENDING_APPROVAL", "NOT_AVAILABLE", AwaitingApproval, Seller),
                ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
                ("REJECTED", "NOT_AVAILABLE", Failed, You),
                ("PROVISIONED", "AVAILABLE", Ready, Nobody),
                ("PENDING_DELETE", "AVAILABLE", Deleting, Seller),
                ("DEPROVISIONING", "AVAILABLE", Deleting, Equinix),
                ("DEPROVISIONED", "NOT_AVAILABLE", Deleted, Nobody),
            ],
        );
    }
    for name in ["self", "self-redundant"] {
        table(
            name,
            Flow::Own,
            &[
                ("PENDING_AUTO_APPROVAL", "NOT_AVAILABLE", Provisioning, Equinix),
                ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
                ("PROVISIONED", "AVAILABLE", Ready, Nobody),
                ("DEPROVISIONING", "AVAILABLE", Deleting, Equinix),
                ("DEPROVISIONED", "NOT_AVAILABLE", Deleted, Nobody),
            ],
        );
    }
    table(
        "invitation",
        Flow::Invitation,
        &[
            // Of the sample answer; the table begins with the next.
            ("PENDING_APPROVAL", "NOT_AVAILABLE", AwaitingApproval, Provider),
            ("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix),
            ("PROVISIONED", "PROVISIONING", Provisioning, Provider),
            ("PROVISIONED", "PROVISIONED", Ready, Nobody),
        ],
    );
    // The document has no table; this is its sample answer.
    table(
        "service-token",
        Flow::Token,
        &[("PROVISIONING", "NOT_AVAILABLE", Provisioning, Equinix)],
    );
    all
}

fn standing(equinix: &str, provider: &str, flow: Flow) -> Standing {
    Standing::of(&EquinixStatus::read(equinix), &ProviderStatus::read(provider), flow)
}

#[test]
fn every_pair_of_the_documents_means_what_its_row_says() {
    for row in rows() {
        let it = standing(row.equinix, row.provider, row.flow);
        assert_eq!(
            (it.phase, it.waiting_for),
            (row.phase, row.waiting_for),
            "{}: {}/{}",
            row.table,
            row.equinix,
            row.provider
        );
    }
}

#[test]
fn advice_says_what_the_row_asks_for() {
    for (equinix, provider, flow, words) in [
        (
            "PROVISIONED",
            "PENDING_APPROVAL",
            Flow::Aws,
            &["accept", "AWS Direct Connect console"][..],
        ),
        ("PENDING_BGP_PEERING", "PENDING_BGP", Flow::Azure, &["peering", "Azure portal"]),
        ("PROVISIONED", "PROVISIONING", Flow::Google, &["activate", "BGP"]),
        ("PENDING_APPROVAL", "NOT_AVAILABLE", Flow::Seller, &["seller", "approve"]),
        ("PENDING_APPROVAL", "NOT_AVAILABLE", Flow::Invitation, &["accept the invitation"]),
        // "the connection would still be considered active and charged accordingly".
        ("PENDING_DELETE", "AVAILABLE", Flow::Seller, &["seller", "confirm", "billed"]),
        // "Connection disbandment in progress. or The seller has rejected the request."
        ("DEPROVISIONING", "AVAILABLE", Flow::Seller, &["taken down", "seller refused", "billed"]),
    ] {
        let advice = standing(equinix, provider, flow).advice;
        for word in words {
            assert!(advice.contains(word), "{equinix}/{provider}: {word:?} is not in {advice:?}");
        }
    }
}

/// The words of the published v4 specification, those included that it listed once, and of the v3
/// reference's filters, by the kind that they are listed as.
#[test]
fn every_word_of_equinix_is_known_as_what_it_is_listed_as() {
    let listed: [(&[Phase], &[&str]); 5] = [
        (
            &[Provisioning],
            &[
                "PROVISIONING",
                "REPROVISIONING",
                "PENDING_AUTO_APPROVAL",
                "APPROVED",
                "CREATED",
                "BEING_PROVISIONED",
                "BEING_REPROVISIONED",
                "MODIFIED",
                "ORDERING",
                "UPDATE_PENDING",
                "MIGRATION_STARTED",
                "MIGRATION_DEPROVISIONED",
                "MIGRATION_VLAN_RELEASED",
                "MIGRATION_VLAN_GENERATED",
            ],
        ),
        (
            &[AwaitingApproval, Provisioning],
            &[
                "PENDING_APPROVAL",
                "PENDING_BGP_PEERING",
                "PENDING_PROVIDER_VLAN",
                "PENDING_INTERFACE_CONFIGURATION",
                "PENDING_ACTIVATION",
                "PENDING_BANDWIDTH_APPROVAL",
                "DRAFT",
            ],
        ),
        (
            &[Failed],
            &[
                "NOT_PROVISIONED",
                "NOT_DEPROVISIONED",
                "AUTO_APPROVAL_FAILED",
                "PENDING_PROVIDER_VLAN_ERROR",
                "REJECTED",
                "REJECTED_ACK",
                "ERRORED",
                "FAILED",
                "MIGRATION_DEPROVISION_FAILED",
                "MIGRATION_VLAN_RELEASE_FAILED",
                "MIGRATION_VLAN_GENERATION_FAILED",
                "MIGRATION_PROVISION_FAILED",
            ],
        ),
        (
            &[Deleting],
            &["PENDING_DELETE", "DEPROVISIONING", "BEING_DEPROVISIONED", "PENDING_DEPROVISIONING"],
        ),
        (&[Deleted], &["DEPROVISIONED", "DELETED", "DELETED_API", "CANCELLED"]),
    ];
    for (phases, words) in listed {
        for (word, flow) in words.iter().flat_map(|word| Flow::iter().map(move |flow| (word, flow)))
        {
            let read = EquinixStatus::read(word);
            assert!(EquinixStatus::KNOWN.contains(&read), "{word} is not known");
            let phase = standing(word, "PROVISIONING", flow).phase;
            assert!(phases.contains(&phase), "{word}, {flow:?}: {phase:?} is none of {phases:?}");
        }
    }
}

#[test]
fn every_word_of_the_other_side_is_known_as_what_it_is_listed_as() {
    let listed: [(Phase, &[&str]); 4] = [
        (Ready, &["PROVISIONED", "AVAILABLE", "ACTIVE", "N/A"]),
        (AwaitingApproval, &["PENDING_APPROVAL", "ORDERING"]),
        (Provisioning, &["PENDING_CONFIGURATION", "PENDING_BGP"]),
        (
            Failed,
            &[
                "REJECTED",
                "FAILED",
                "ERROR",
                "ERRORED",
                "NOTPROVISIONED",
                "NOT_PROVISIONED",
                "OUTOFBANDWIDTH",
                "OUT_OF_BANDWIDTH",
                "DEPROVISIONING",
                "DELETING",
                "PENDING DELETE",
                "DEPROVISIONED",
                "DELETED",
            ],
        ),
    ];
    for (phase, words) in listed {
        for (word, flow) in words.iter().flat_map(|word| Flow::iter().map(move |flow| (word, flow)))
        {
            let read = ProviderStatus::read(word);
            assert!(ProviderStatus::KNOWN.contains(&read), "{word} is not known");
            assert_eq!(standing("PROVISIONED", word, flow).phase, phase, "{word}, {flow:?}");
        }
    }
    // Nothing heard of the other side is an end only where there is no other side.
    for flow in Flow::iter() {
        let expected = if flow == Flow::Own { Ready } else { Provisioning };
        assert_eq!(standing("PROVISIONED", "NOT_AVAILABLE", flow).phase, expected, "{flow:?}");
    }
}

#[test]
fn unknown_words_are_observed_and_are_never_an_end() {
    for flow in Flow::iter() {
        for provider in ProviderStatus::KNOWN {
            let it = Standing::of(&EquinixStatus::read("HALF_PROVISIONED"), provider, flow);
            assert_eq!((it.phase, it.waiting_for), (Phase::Unknown, Equinix), "{provider}");
        }
        assert_eq!(standing("", "", flow).phase, Phase::Unknown);
        assert_eq!(standing("PROVISIONED", "HALF_AVAILABLE", flow).phase, Phase::Unknown);
        assert_eq!(standing("PROVISIONING", "HALF_AVAILABLE", flow).phase, Provisioning);
    }
}
