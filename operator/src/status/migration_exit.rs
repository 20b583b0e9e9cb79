//! What the exit code of `todochat-chat-server migrate` tells: the one way in which a Job's pod says what stood in its way
//! without a word of it leaving the pod. The codes are those of `sysexits.h`.

use super::{View, schema};
use crate::{names::Part, world::Trouble};

/// What stood in the way of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MigrationExit {
    /// The database did not answer.
    Unreachable,
    /// It refused the login.
    AuthenticationFailed,
    /// TLS came to nothing: the certificate is not what it should be, or there is none.
    TlsFailed,
    /// It is of a version that the release does not know.
    VersionUnsupported,
    /// Its schema is that of a later release.
    SchemaNewer,
    /// The admin login may not make the chat's login.
    AdminDenied,
}

impl MigrationExit {
    fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            65 => Self::SchemaNewer,
            69 => Self::Unreachable,
            73 => Self::AdminDenied,
            76 => Self::TlsFailed,
            77 => Self::AuthenticationFailed,
            78 => Self::VersionUnsupported,
            _ => return None,
        })
    }

    /// How the migration's pods ended, while it is not done: pods of tries that failed stay beside the one that did it.
    pub(super) fn of(view: &View<'_>) -> Option<Self> {
        if schema::progress(view).is_current() { None } else { Self::last(view) }
    }

    /// How they ended.
    pub(super) fn last(view: &View<'_>) -> Option<Self> {
        match view.trouble(&Part::Migration(String::new()))? {
            Trouble::CrashLoop { exit_code, .. } => Self::from_code(*exit_code),
            _ => None,
        }
    }
}
