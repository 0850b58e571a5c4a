//! The buyer's answers to what a seller asks: read from the spec and from Secrets, and compared with
//! the questions of the service profile.
//!
//! No message shows the text of an answer.

use fabric_api::{BuyerAnswer as GivenAnswer, Reason};
use fabric_domain::{AnswerFault, AnswerText, BuyerAnswer, Leg, Question, ServiceProfile};

use crate::{
    connection::resolve::lookups::{GivenSecret, Purpose, References},
    reconcile::{
        problem::{Problem, list},
        status::ApiError,
    },
};

/// The answers of the spec, in its order; `None` for one that cannot be had, which is a problem.
pub(super) async fn read(refs: &mut References<'_>) -> Result<Vec<Option<BuyerAnswer>>, ApiError> {
    let mut answers = vec![];
    for (index, given) in refs.object.spec.answers.iter().flatten().enumerate() {
        let at = place(index, given);
        let secret = GivenSecret {
            clear: given.value.as_deref(),
            clear_at: &at,
            reference: given.value_from.as_ref().map(|from| &from.secret_key_ref),
            reference_at: &at,
        };
        let text = refs.secret(secret, AnswerText::parse).await?;
        if matches!(text, Some(None)) {
            refs.invalid(&format!("{at}: give the answer by value or by valueFrom"));
        }
        let text = text.flatten();
        answers.push(text.map(|text| BuyerAnswer { name: given.name.clone(), text }));
    }
    Ok(answers)
}

/// Where the text of an answer stands.
fn place(index: usize, given: &GivenAnswer) -> String {
    let field = if given.value_from.is_some() { "valueFrom" } else { "value" };
    format!("spec.answers[{index}].{field}")
}

/// Compares the answers with what the profile of the Z side asks, before an order carries them. They
/// count for both legs, so the primary's profile decides.
pub(super) fn check(refs: &mut References<'_>, leg: Leg, profile: Option<&ServiceProfile>) {
    if leg != Leg::Primary || refs.purpose != Purpose::Order {
        return;
    }
    let given = refs.object.spec.answers.as_deref().unwrap_or_default();
    let found = match profile {
        Some(profile) => faults(profile, given, &refs.answers),
        None => unasked(given).into_iter().collect(),
    };
    refs.problems.extend(found);
}

/// Everything that is wrong with the answers to a profile's questions: a mandatory one without an
/// answer, an answer to none, and answers of another type. Nothing where the provider does not say
/// what the seller asks.
fn faults(
    profile: &ServiceProfile,
    given: &[GivenAnswer],
    answers: &[Option<BuyerAnswer>],
) -> Vec<Problem> {
    let Some(questions) = &profile.questions else { return vec![] };
    let name = &profile.name;
    let missing = questions.iter().filter(|question| {
        question.mandatory && !given.iter().any(|answer| answer.name == question.name)
    });
    let missing = missing.map(|question| {
        format!("{name} asks for {}: add its answer to spec.answers", described(question))
    });
    let wrong = given.iter().enumerate().filter_map(|(index, answer)| {
        let Some(question) = questions.iter().find(|question| question.name == answer.name) else {
            return Some(unknown(name, index, answer, questions));
        };
        let text = &answers.get(index)?.as_ref()?.text;
        let expected = match question.fault(text)? {
            AnswerFault::NotANumber => "a number".to_owned(),
            AnswerFault::NotAnOption => {
                format!("one of {}", list(question.options.iter().cloned()))
            }
        };
        let at = place(index, answer);
        Some(format!("{at}: {name} takes {expected} as {}; correct the answer", question.name))
    });
    missing.chain(wrong).map(|message| Problem::stalled(Reason::InvalidSpec, message)).collect()
}

fn described(question: &Question) -> String {
    let mut text = question.name.clone();
    if let Some(description) = &question.description {
        text = format!("{text} ({description})");
    }
    if !question.options.is_empty() {
        text = format!("{text}, one of {}", list(question.options.iter().cloned()));
    }
    text
}

fn unknown(profile: &str, index: usize, answer: &GivenAnswer, questions: &[Question]) -> String {
    let at = format!("spec.answers[{index}].name");
    let name = &answer.name;
    if questions.is_empty() {
        return format!("{at}: {profile} asks for nothing, so not for {name}; remove the answer");
    }
    let asked = list(questions.iter().map(|question| question.name.clone()));
    format!(
        "{at}: {profile} does not ask for {name}; it asks for {asked}; correct the name, or remove the answer"
    )
}

/// Answers where no service profile could ask for them.
fn unasked(given: &[GivenAnswer]) -> Option<Problem> {
    let message = "spec.answers: only a service profile asks questions, and spec.zSide names none; remove the answers";
    (!given.is_empty()).then(|| Problem::stalled(Reason::InvalidSpec, message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use fabric_domain::ProfileId;

    fn question(name: &str, mandatory: bool, datatype: &str, options: &[&str]) -> Question {
        Question {
            name: name.into(),
            description: None,
            mandatory,
            datatype: datatype.into(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            capture_in_email: false,
        }
    }

    fn profile(questions: Option<Vec<Question>>) -> ServiceProfile {
        ServiceProfile {
            id: ProfileId::parse("5f00b000-0000-4000-8000-000000000005").unwrap(),
            name: "IBM".into(),
            organization: None,
            encapsulation: None,
            metros: vec![],
            bandwidths: vec![],
            remote: None,
            needs_pair: false,
            same_tags: false,
            needs_key: false,
            checks_keys: false,
            questions,
        }
    }

    fn messages(profile: &ServiceProfile, given: &[(&str, &str)]) -> Vec<String> {
        let of = |(name, value): &(&str, &str)| {
            serde_json::from_value(json!({"name": name, "value": value})).unwrap()
        };
        let spec: Vec<GivenAnswer> = given.iter().map(of).collect();
        let answers: Vec<Option<BuyerAnswer>> = given
            .iter()
            .map(|(name, value)| {
                let text = AnswerText::parse(value).unwrap();
                Some(BuyerAnswer { name: (*name).to_owned(), text })
            })
            .collect();
        faults(profile, &spec, &answers).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn every_finding_is_reported_with_its_place_and_without_the_answer() {
        let asked = profile(Some(vec![
            question("ASN", true, "NUMBER", &[]),
            question("Global", true, "LIST", &["true", "false"]),
            question("Note", false, "STRING", &[]),
        ]));
        assert_eq!(messages(&asked, &[("ASN", "64512"), ("Global", "true")]), [""; 0]);
        assert_eq!(
            messages(&asked, &[("ASN", "secret-1"), ("Colour", "secret-2")]),
            [
                "IBM asks for Global, one of true, false: add its answer to spec.answers",
                "spec.answers[0].value: IBM takes a number as ASN; correct the answer",
                "spec.answers[1].name: IBM does not ask for Colour; it asks for ASN, Global, Note; correct the name, or remove the answer",
            ]
        );
        let option = messages(&asked, &[("ASN", "1"), ("Global", "secret-3")]);
        let expected =
            "spec.answers[1].value: IBM takes one of true, false as Global; correct the answer";
        assert_eq!(option, [expected]);
    }

    #[test]
    fn what_the_provider_does_not_say_is_not_judged() {
        assert_eq!(messages(&profile(None), &[("ASN", "1")]), [""; 0]);
        let silent = profile(Some(vec![]));
        let message =
            "spec.answers[0].name: IBM asks for nothing, so not for ASN; remove the answer";
        assert_eq!(messages(&silent, &[("ASN", "1")]), [message]);
    }
}
