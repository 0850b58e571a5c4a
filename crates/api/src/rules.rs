//! The admission rules that several shapes share, as CEL for the API server.
//!
//! A rule is built where its field is declared; a function here names the pattern. It must not know
//! the custom resources, and a rule must stay cheap: the API server budgets its cost.

use kube::core::Rule;

/// Fields of `spec` that keep their value from some point of a resource's life on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frozen {
    /// CEL over `oldSelf`: whether that point is reached.
    pub(crate) when: &'static str,
    /// The same in words, after "once", e.g. "the connection is ordered".
    pub(crate) once: &'static str,
}

impl Frozen {
    /// The required field `spec.{field}`.
    pub(crate) fn field(self, field: &str) -> Rule {
        self.rule(field, &same(&format!("spec.{field}")))
    }

    /// The optional field `spec.{field}`: it can be neither added nor removed, either.
    pub(crate) fn optional_field(self, field: &str) -> Rule {
        self.rule(field, &format!("({})", same_or_absent(&format!("spec.{field}"))))
    }

    /// Whatever `unchanged`, CEL over `self` and `oldSelf`, says of `spec.{field}`.
    pub(crate) fn rule(self, field: &str, unchanged: &str) -> Rule {
        let Self { when, once } = self;
        Rule::new(format!("!{when} || {unchanged}"))
            .message(format!("spec.{field} cannot be changed once {once}").as_str())
            .field_path(format!(".spec.{field}"))
    }
}

/// CEL: a required field has its old value.
pub(crate) fn same(field: &str) -> String {
    format!("self.{field} == oldSelf.{field}")
}

/// CEL: an optional field has its old value, or is still absent.
pub(crate) fn same_or_absent(field: &str) -> String {
    format!("has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || {})", same(field))
}

/// CEL: below `object`, which has `others` beside it, the authentication key in clear became a reference to a
/// Secret, and nothing else changed.
pub(crate) fn key_is_moved(object: &str, others: &[&str]) -> String {
    let mut all = vec![
        format!("has(oldSelf.{object}.authenticationKey)"),
        format!("has(self.{object}.authenticationKeyRef)"),
    ];
    all.extend(
        others.iter().map(|field| format!("({})", same_or_absent(&format!("{object}.{field}")))),
    );
    all.join(" && ")
}

/// `spec.managementPolicy` Observe needs a `thing` to observe: the one that `spec.adopt` names, or
/// the one that `status.{field}` shows the resource to have.
pub(crate) fn observe_needs(thing: &str, field: &str) -> Rule {
    Rule::new(format!(
        "!has(self.spec.managementPolicy) || self.spec.managementPolicy != 'Observe' || has(self.spec.adopt) || self.?status.{field}.hasValue()"
    ))
    .message(
        format!("spec.managementPolicy Observe needs spec.adopt, which names the {thing} to look at")
            .as_str(),
    )
    .field_path(".spec.managementPolicy")
}

/// A `thing` is given by exactly one of two fields.
pub(crate) fn given_by(thing: &str, one: &str, other: &str) -> Rule {
    Rule::new(format!("has(self.{one}) != has(self.{other})"))
        .message(format!("give {thing} by {one} or by {other}, and only one of them").as_str())
}

/// Two fields exclude each other; both may be absent.
pub(crate) fn not_both(one: &str, other: &str) -> Rule {
    Rule::new(format!("!(has(self.{one}) && has(self.{other}))"))
        .message(format!("give {one} or {other}, not both").as_str())
}

/// Exactly one of several fields is present; `message` is followed by their names.
pub(crate) fn exactly_one(message: &str, fields: &[&str]) -> Rule {
    let present: Vec<String> = fields.iter().map(|field| format!("has(self.{field})")).collect();
    Rule::new(format!("[{}].filter(x, x).size() == 1", present.join(", ")))
        .message(format!("{message} exactly one of {}", fields.join(", ")).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optional_field_is_frozen_whether_present_or_absent() {
        let ordered = Frozen { when: "oldSelf.?status.primary.hasValue()", once: "it is ordered" };
        let rule = serde_json::to_value(ordered.optional_field("term")).unwrap();
        assert_eq!(
            rule["rule"],
            "!oldSelf.?status.primary.hasValue() || (has(self.spec.term) == has(oldSelf.spec.term) && (!has(self.spec.term) || self.spec.term == oldSelf.spec.term))"
        );
        assert_eq!(rule["message"], "spec.term cannot be changed once it is ordered");
        assert_eq!(rule["fieldPath"], ".spec.term");
    }

    #[test]
    fn exactly_one_field_is_counted() {
        let rule = serde_json::to_value(exactly_one("give", &["names", "all"])).unwrap();
        assert_eq!(rule["rule"], "[has(self.names), has(self.all)].filter(x, x).size() == 1");
        assert_eq!(rule["message"], "give exactly one of names, all");
    }
}
