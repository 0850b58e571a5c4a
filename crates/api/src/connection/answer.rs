//! A buyer's answers to what a seller asks, as users write them.
//!
//! Shapes and admission rules only; what a seller asks is not known here.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SecretKeyRef, rules::given_by};

/// The answer to one question.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the answer", "value", "valueFrom"))]
#[serde(rename_all = "camelCase")]
pub struct BuyerAnswer {
    /// The question's name, exactly as the service profile shows it, e.g. ASN.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// The answer; true, false and numbers are written in quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub value: Option<String>,
    /// The answer from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<AnswerSource>,
}

/// Where an answer comes from.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerSource {
    /// A key of a Secret.
    pub secret_key_ref: SecretKeyRef,
}
