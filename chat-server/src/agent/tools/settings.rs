//! What is known of a tool server before anything is sent to it.

use std::{fmt, path::PathBuf, time::Duration};

use http::HeaderName;

/// Where tools are, and what they may be used for.
#[derive(Debug, Clone)]
pub struct ToolServer {
    /// What it is called: in the names of tools that two servers offer, and when it is away.
    pub name: String,
    /// The MCP endpoint.
    pub url: String,
    /// What reaches it; judges addresses and certificates.
    pub http: reqwest::Client,
    /// What it is shown.
    pub credential: Credential,
    /// Headers for each request; the values are what the files hold.
    pub headers: Vec<(HeaderName, PathBuf)>,
    /// Whether no answer may begin while it is away.
    pub required: bool,
    /// How long a call may take, connecting included.
    pub time: Duration,
    /// Which of its tools are used.
    pub rules: Rules,
}

/// What a tool server is shown with each request.
#[derive(Clone)]
pub enum Credential {
    /// A token of ours, minted for the user and the call. For servers that verify them: our own.
    Minted {
        /// What the token must have as `aud`; for our own server its public URL.
        audience: String,
    },
    /// The token that a file holds, the same for all users.
    Bearer(PathBuf),
    /// Nothing.
    None,
}

impl Credential {
    /// Whether the server is one of ours: it knows our users and keeps a ledger of calls.
    pub(super) fn is_minted(&self) -> bool {
        matches!(self, Self::Minted { .. })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minted { audience } => f.debug_tuple("Minted").field(audience).finish(),
            Self::Bearer(file) => f.debug_tuple("Bearer").field(file).finish(),
            Self::None => f.write_str("None"),
        }
    }
}

/// Which tools of a server are used. Names are the tools' own.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Only these, if there is a list.
    pub allow: Option<Vec<String>>,
    /// Never these.
    pub deny: Vec<String>,
    /// These only with the user's approval.
    pub require_approval: Vec<String>,
}

impl Rules {
    /// Whether the model may know of the tool.
    pub(super) fn admit(&self, tool: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == tool);
        self.allow.as_deref().is_none_or(named) && !named(&self.deny)
    }

    /// Whether a call of the tool needs the user's approval.
    pub(super) fn ask_first(&self, tool: &str) -> bool {
        self.require_approval.iter().any(|name| name == tool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn without_lists_every_tool_is_used() {
        assert!(Rules::default().admit("add"));
        assert!(!Rules::default().ask_first("add"));
    }

    #[test]
    fn a_tool_must_be_allowed_and_not_denied() {
        let rules = Rules {
            allow: Some(names(&["add", "wipe"])),
            deny: names(&["wipe"]),
            require_approval: names(&["add"]),
        };
        assert!(rules.admit("add") && rules.ask_first("add"));
        assert!(!rules.admit("wipe"));
        assert!(!rules.admit("list"));
        assert!(!Rules { allow: Some(Vec::new()), ..Rules::default() }.admit("add"));
    }
}
