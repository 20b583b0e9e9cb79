//! Small announcements that follow a commit: hints to read again, never the data itself.
//!
//! In one process (SQLite) they go straight to the subscribers. Between replicas (Postgres) a task sends
//! them after the commit with `NOTIFY`, and one task of each replica listens and passes them on, its own
//! included. Only the end of a session is a `NOTIFY` in the transaction itself: no server may die between
//! the two ([`Topic::must_arrive`]).
//!
//! ```text
//! commit ─┬─ SQLite, or a pooler between ──────────────────────────────────────────▶ outlet.rs ─▶ those who subscribed
//!         └─ Postgres ─▶ announce.rs ─▶ NOTIFY ─▶ line.rs of every replica ────────▶ outlet.rs ─▶ those who subscribed
//! ```

mod announce;
mod line;
mod outlet;

pub(crate) use self::{
    announce::Announcer,
    line::{Listener, listen},
    outlet::{Line, Outlet},
};

/// The channel of `LISTEN` and `NOTIFY`.
pub(crate) const CHANNEL: &str = "todochat";

/// Something of a user has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What kind of thing.
    pub topic: Topic,
    /// Whose, `usr_…`. An id, so without blanks.
    pub user: String,
    /// Which one: the id of the task, the thread or the session; may be empty.
    pub subject: String,
}

/// What kind of thing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A task.
    TasksChanged,
    /// A thread or its items.
    ThreadChanged,
    /// What a running turn has written so far, or that it has ended; the subject is its thread. For
    /// those who wait for it, not for pages: these changes come every second.
    TurnChanged,
    /// A session (or, without a subject, all sessions of the user) has ended.
    SessionsRevoked,
    /// Notices of any user may have been lost: the line to the database was cut, or a server has started,
    /// whose forerunner may have died with some. Has neither user nor subject.
    Missed,
}

impl Topic {
    /// Whether somebody relies on it, and does not look by himself. It holds up all commits that announce such things, so it is
    /// for what is rare.
    pub(crate) fn must_arrive(self) -> bool {
        match self {
            Self::SessionsRevoked => true,
            Self::TasksChanged | Self::ThreadChanged | Self::TurnChanged | Self::Missed => false,
        }
    }
}

const NAMES: [(Topic, &str); 5] = [
    (Topic::TasksChanged, "tasks.changed"),
    (Topic::ThreadChanged, "thread.changed"),
    (Topic::TurnChanged, "turn.changed"),
    (Topic::SessionsRevoked, "sessions.revoked"),
    (Topic::Missed, "missed"),
];

impl Notice {
    /// `topic user subject`: ids have no blanks, and Postgres allows 8,000 bytes.
    pub(crate) fn to_payload(&self) -> String {
        let name = NAMES.iter().find(|(topic, _)| *topic == self.topic).map_or("", |name| name.1);
        format!("{name} {} {}", self.user, self.subject)
    }

    /// The inverse; a payload of a later version that is not understood is `None`.
    fn from_payload(payload: &str) -> Option<Self> {
        let mut parts = payload.splitn(3, ' ');
        let name = parts.next()?;
        let (topic, _) = NAMES.iter().find(|(_, known)| *known == name)?;
        let (user, subject) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(Self { topic: *topic, user, subject })
    }

    pub(crate) fn missed() -> Self {
        Self { topic: Topic::Missed, user: String::new(), subject: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_survives_the_wire() {
        for (topic, _) in NAMES {
            let notice = Notice { topic, user: "usr_1".into(), subject: "tsk_2".into() };
            assert_eq!(Notice::from_payload(&notice.to_payload()), Some(notice));
        }
        assert_eq!(Notice::from_payload(&Notice::missed().to_payload()), Some(Notice::missed()));
    }

    #[test]
    fn what_a_later_version_says_is_passed_over() {
        assert_eq!(Notice::from_payload("lists.changed usr_1 lst_2"), None);
        assert_eq!(Notice::from_payload(""), None);
    }
}
