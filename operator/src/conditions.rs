//! The conditions of a `TodoChat` and the reasons that they give, as they stand in the API.

/// The types of condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// The spec can be built.
    Accepted,
    /// All that the spec points at is there.
    ReferencesResolved,
    /// The database answers.
    DatabaseReady,
    /// The operator's own credentials are there and current.
    CredentialsReady,
    /// The database has the schema of the release.
    SchemaReady,
    /// The tool servers were spoken to.
    ToolServersVerified,
    /// Enough pods of the chat serve.
    ChatAvailable,
    /// NetworkPolicies deny what is not listed.
    NetworkRestricted,
    /// The chat can be reached under its URL.
    Exposed,
    /// The last backup succeeded.
    BackupReady,
    /// Something is being changed.
    Progressing,
    /// It works, but not as it should.
    Degraded,
    /// The operator changes nothing.
    Paused,
    /// People can use the chat.
    Ready,
}

impl ConditionType {
    /// All of them, in the order in which they stand in the status.
    pub const ALL: [Self; 14] = [
        Self::Ready,
        Self::Accepted,
        Self::ReferencesResolved,
        Self::CredentialsReady,
        Self::DatabaseReady,
        Self::SchemaReady,
        Self::ToolServersVerified,
        Self::ChatAvailable,
        Self::NetworkRestricted,
        Self::Exposed,
        Self::BackupReady,
        Self::Progressing,
        Self::Degraded,
        Self::Paused,
    ];

    /// As it stands in the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::ReferencesResolved => "ReferencesResolved",
            Self::DatabaseReady => "DatabaseReady",
            Self::CredentialsReady => "CredentialsReady",
            Self::SchemaReady => "SchemaReady",
            Self::ToolServersVerified => "ToolServersVerified",
            Self::ChatAvailable => "ChatAvailable",
            Self::NetworkRestricted => "NetworkRestricted",
            Self::Exposed => "Exposed",
            Self::BackupReady => "BackupReady",
            Self::Progressing => "Progressing",
            Self::Degraded => "Degraded",
            Self::Paused => "Paused",
            Self::Ready => "Ready",
        }
    }
}

/// Why an object cannot be built: what is wrong, and what can be done. The last good children stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The condition that says so: `Accepted` or `ReferencesResolved`, false.
    pub condition: ConditionType,
    /// Why, in one word, e.g. `SecretNotFound`.
    pub reason: &'static str,
    /// Why, in a sentence, and what can be done. Stable text: no counters, times or uids; nothing from a Secret.
    pub message: String,
}
