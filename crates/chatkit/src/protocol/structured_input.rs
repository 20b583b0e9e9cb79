//! Questions the assistant puts to the user, and the answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lenient;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StructuredInput {
    /// With answers to choose from.
    MultipleChoice(MultipleChoiceInput),
    /// With room for words.
    Freeform(FreeformInput),
}

impl StructuredInput {
    /// Its id within the item.
    pub fn id(&self) -> &str {
        match self {
            Self::MultipleChoice(question) => &question.id,
            Self::Freeform(question) => &question.id,
        }
    }

    /// The answer, once given.
    pub fn answer(&self) -> Option<&StructuredInputAnswer> {
        match self {
            Self::MultipleChoice(question) => question.answer.as_ref(),
            Self::Freeform(question) => question.answer.as_ref(),
        }
    }

    pub(crate) fn set_answer(&mut self, answer: StructuredInputAnswer) {
        match self {
            Self::MultipleChoice(question) => question.answer = Some(answer),
            Self::Freeform(question) => question.answer = Some(answer),
        }
    }

    /// Whether it takes one answer to choose, and not more.
    pub(crate) fn takes_one(&self) -> bool {
        matches!(self, Self::MultipleChoice(question) if !question.multiple)
    }
}

/// A question with answers to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct MultipleChoiceInput {
    /// Its id within the item.
    pub id: String,
    /// The question.
    pub question: String,
    /// The answer, once given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<StructuredInputAnswer>,
    /// What there is to choose from.
    pub options: Vec<MultipleChoiceOption>,
    /// Whether more than one may be chosen.
    #[serde(default)]
    pub multiple: bool,
}

/// One answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MultipleChoiceOption {
    /// Its words, which are its value too.
    pub value: String,
}

/// A question with room for words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct FreeformInput {
    /// Its id within the item.
    pub id: String,
    /// The question.
    pub question: String,
    /// The answer, once given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<StructuredInputAnswer>,
    /// A sentence about what is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The answer to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StructuredInputAnswer {
    /// What was chosen or written.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    pub values: Vec<String>,
    /// Whether it was passed over.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    pub skipped: bool,
}

/// How a set of questions stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum StructuredInputStatus {
    /// It waits for the user.
    #[default]
    Pending,
    /// The user answered.
    Answered,
    /// The user passed over all of it.
    Skipped,
}

/// What the user sends back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StructuredInputSubmission {
    /// Answered, or passed over as a whole.
    #[serde(default)]
    pub status: StructuredInputSubmissionStatus,
    /// Answers by the question's id; unknown ids are ignored.
    #[serde(default, deserialize_with = "lenient::null_is_default")]
    pub answers: BTreeMap<String, StructuredInputAnswer>,
}

/// Answered, or passed over as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum StructuredInputSubmissionStatus {
    /// The user answered.
    #[default]
    Answered,
    /// The user passed over all of it.
    Skipped,
}
