//! What the exit code of `todochat-chat-server migrate` tells: what stood in its way, without a word of it leaving the pod.

use todochat_service::exit;

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
    /// The admin login may not make the chat's login.
    AdminDenied,
    /// The database has the schema of a later release.
    SchemaNewer,
}

impl MigrationExit {
    fn from_code(code: i32) -> Option<Self> {
        Some(match u8::try_from(code).ok()? {
            exit::UNREACHABLE => Self::Unreachable,
            exit::MAY_NOT_CREATE => Self::AdminDenied,
            exit::SCHEMA_NEWER => Self::SchemaNewer,
            exit::TLS => Self::TlsFailed,
            exit::LOGIN_REFUSED => Self::AuthenticationFailed,
            _ => return None,
        })
    }

    /// How the migration's pods ended, while it is not done: pods of tries that failed stay beside the one that did it.
    pub(super) fn of(view: &View<'_>) -> Option<Self> {
        if schema::progress(view).is_current() {
            return None;
        }
        Self::seen(view)
    }

    /// The same, whether it is done or not.
    pub(super) fn seen(view: &View<'_>) -> Option<Self> {
        match view.trouble(&Part::Migration(String::new()))? {
            Trouble::CrashLoop { exit_code, .. } => Self::from_code(*exit_code),
            _ => None,
        }
    }
}
