//! Why a migration failed, as an exit code: the operator sees it in the Job's pod and says what to do, while the words stay
//! in the log.

use std::process::ExitCode;

use todochat_database::{MigrateError, RoleError};
use todochat_service::exit;

/// The exit code of a migration that failed like this.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    code(error).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn code(error: &anyhow::Error) -> Option<u8> {
    if let Some(RoleError::InUse { .. }) = error.downcast_ref() {
        return Some(exit::STILL_IN_USE);
    }
    if let Some(RoleError::MayNotCreate { .. }) = error.downcast_ref() {
        return Some(exit::MAY_NOT_CREATE);
    }
    if let Some(MigrateError::Newer { .. }) = error.downcast_ref() {
        return Some(exit::SCHEMA_NEWER);
    }
    let cause = error.chain().find_map(|cause| cause.downcast_ref::<sqlx::Error>())?;
    match cause {
        sqlx::Error::Tls(_) => Some(exit::TLS),
        // That is how rustls says it through a socket.
        sqlx::Error::Io(cause) if cause.to_string().contains("certificate") => Some(exit::TLS),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => Some(exit::UNREACHABLE),
        sqlx::Error::Database(cause) => of_state(&cause.code()?, error.is::<RoleError>()),
        _ => None,
    }
}

/// What an SQLSTATE tells.
fn of_state(state: &str, about_the_role: bool) -> Option<u8> {
    match state {
        // Insufficient privilege; elsewhere it is a table that somebody else owns.
        "42501" if about_the_role => Some(exit::MAY_NOT_CREATE),
        // Too many connections.
        "53300" => Some(exit::UNREACHABLE),
        _ if state.starts_with("28") => Some(exit::LOGIN_REFUSED),
        _ if state.starts_with("57P") => Some(exit::UNREACHABLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn of(error: sqlx::Error) -> Option<u8> {
        code(&anyhow::Error::new(error).context("cannot connect to postgres at db:5432"))
    }

    #[test]
    fn what_stands_in_the_way_of_a_connection_is_told_by_the_exit_code() {
        let io = |kind: io::ErrorKind, says: &str| {
            sqlx::Error::Io(io::Error::new(kind, says.to_owned()))
        };
        let refused = io(io::ErrorKind::ConnectionRefused, "refused");
        let untrusted = io(io::ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer");
        assert_eq!(of(refused), Some(exit::UNREACHABLE));
        assert_eq!(of(sqlx::Error::PoolTimedOut), Some(exit::UNREACHABLE));
        assert_eq!(of(untrusted), Some(exit::TLS));
        assert_eq!(of(sqlx::Error::Tls("no TLS".into())), Some(exit::TLS));
        assert_eq!(of(sqlx::Error::RowNotFound), None);
        assert_eq!(code(&anyhow::anyhow!("something else")), None);
    }

    #[test]
    fn a_login_that_is_still_used_has_a_code_of_its_own() {
        let in_use = RoleError::InUse { role: "ann".to_owned(), sessions: 1 };
        assert_eq!(code(&in_use.into()), Some(exit::STILL_IN_USE));
    }

    #[test]
    fn what_only_people_can_mend_has_a_code_of_its_own() {
        let denied = RoleError::MayNotCreate { role: "ann_owner".to_owned() };
        assert_eq!(code(&denied.into()), Some(exit::MAY_NOT_CREATE));
        let newer = MigrateError::Newer { version: 20_301_231_000_100 };
        assert_eq!(code(&newer.into()), Some(exit::SCHEMA_NEWER));
    }

    #[test]
    fn what_the_server_says_is_told_by_its_sqlstate() {
        for (state, about_the_role, expected) in [
            ("28P01", false, Some(exit::LOGIN_REFUSED)),
            ("28000", false, Some(exit::LOGIN_REFUSED)),
            ("42501", true, Some(exit::MAY_NOT_CREATE)),
            ("42501", false, None),
            ("57P03", false, Some(exit::UNREACHABLE)),
            ("53300", false, Some(exit::UNREACHABLE)),
            ("42601", false, None),
        ] {
            assert_eq!(of_state(state, about_the_role), expected, "{state}");
        }
    }
}
