//! A buyer's answers to the questions of a service profile, and what is wrong with them.
//!
//! A question is a [`Question`] of the seller's profile (v4 `customFields`, v3 `additionalBuyerInfo`).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{Invalid, Question};

/// The text of an answer, which may come from a Secret. Never printed.
#[derive(Clone)]
pub struct AnswerText(SecretString);

impl AnswerText {
    /// The longest answer that is accepted, in characters.
    pub const MAX: usize = 256;

    /// Parses an answer: 1 to [`Self::MAX`] characters, without control characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=Self::MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            let rule = format!("must be 1 to {} characters without control characters", Self::MAX);
            Err(Invalid::new("answer", rule))
        }
    }

    /// The answer in plain text, for the request body.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for AnswerText {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for AnswerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerText(***)")
    }
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct BuyerAnswer {
    /// The question's name.
    pub name: String,
    /// What the buyer answers.
    pub text: AnswerText,
}

/// What is wrong with the answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// It is none of the options.
    NotAnOption,
    /// It is no number.
    NotANumber,
}

impl Question {
    /// What is wrong with an answer to this question. The documents name the types `STRING`, `NUMBER`
    /// and `LIST`; an answer to any other is for the provider to judge.
    pub fn fault(&self, answer: &AnswerText) -> Option<AnswerFault> {
        let text = answer.expose();
        match self.datatype.to_ascii_uppercase().as_str() {
            "NUMBER" if text.trim().parse::<f64>().is_err() => Some(AnswerFault::NotANumber),
            "LIST" if !self.options.is_empty() && !self.options.iter().any(|o| o == text) => {
                Some(AnswerFault::NotAnOption)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(datatype: &str, options: &[&str]) -> Question {
        Question {
            name: "ASN".into(),
            description: None,
            mandatory: true,
            datatype: datatype.into(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            capture_in_email: false,
        }
    }

    #[test]
    fn an_answer_has_the_type_of_its_question() {
        let judge = |datatype: &str, options: &[&str], text: &str| {
            question(datatype, options).fault(&AnswerText::parse(text).unwrap())
        };
        assert_eq!(judge("NUMBER", &[], "64512"), None);
        assert_eq!(judge("NUMBER", &[], "AS64512"), Some(AnswerFault::NotANumber));
        assert_eq!(judge("LIST", &["true", "false"], "true"), None);
        assert_eq!(judge("LIST", &["true", "false"], "yes"), Some(AnswerFault::NotAnOption));
        assert_eq!(judge("LIST", &[], "yes"), None, "v3 shows no options");
        assert_eq!(judge("STRING", &[], "yes"), None);
        assert_eq!(judge("DATE", &[], "yes"), None, "not a type of the documents");
    }

    #[test]
    fn answers_are_bounded_and_do_not_print() {
        assert!(AnswerText::parse("").is_err() && AnswerText::parse("a\nb").is_err());
        assert!(AnswerText::parse(&"a".repeat(257)).is_err());
        let answer = BuyerAnswer { name: "ASN".into(), text: AnswerText::parse("64512").unwrap() };
        assert_eq!(format!("{answer:?}"), r#"BuyerAnswer { name: "ASN", text: AnswerText(***) }"#);
    }
}
