//! A login as it stands in a URL, and the roles around it.

use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

use super::RoleError;
use crate::DatabaseUrl;

/// What follows the name in that of the login that takes turns with it.
const OTHER: &str = "_b";
/// Postgres cuts names that are longer, and two could become one.
const LONGEST: usize = 63;

/// A role and its password.
pub(super) struct Login {
    pub(super) role: String,
    pub(super) password: String,
}

impl Login {
    pub(super) fn of(url: &DatabaseUrl) -> Result<Self, RoleError> {
        let DatabaseUrl::Postgres(url) = url else { return Err(RoleError::NotPostgres) };
        Self::read(url)
    }

    /// As the driver reads the URL: parameters win over what stands before the host.
    fn read(url: &str) -> Result<Self, RoleError> {
        let url = Url::from_str(url).map_err(RoleError::Url)?;
        let parameter = |name: &str| {
            let last = url.query_pairs().filter(|(key, _)| key == name).last();
            last.map(|(_, value)| value.into_owned())
        };
        let decoded = |text: &str| {
            percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| RoleError::NoLogin)
        };
        let role = match parameter("user") {
            Some(role) => role,
            None => decoded(url.username())?,
        };
        let password = match parameter("password") {
            Some(password) => password,
            None => decoded(url.password().unwrap_or_default())?,
        };
        if role.is_empty() || password.is_empty() {
            return Err(RoleError::NoLogin);
        }
        Ok(Self { role, password })
    }

    /// What both logins are members of.
    pub(super) fn group(&self) -> String {
        named(family(&self.role), "_rw")
    }

    /// What may only read.
    pub(super) fn readers(&self) -> String {
        named(family(&self.role), "_ro")
    }

    /// What owns the tables.
    pub(super) fn owner(&self) -> String {
        named(family(&self.role), "_owner")
    }

    pub(super) fn takes_turns_with(&self, role: &str) -> bool {
        role != self.role && family(role) == family(&self.role)
    }
}

/// What the names of the two logins and of the roles around them begin with.
fn family(role: &str) -> &str {
    role.strip_suffix(OTHER).filter(|name| !name.is_empty()).unwrap_or(role)
}

fn named(family: &str, ending: &str) -> String {
    let longest = family.len().min(LONGEST - ending.len());
    let end = (0..=longest).rev().find(|end| family.is_char_boundary(*end));
    format!("{}{ending}", &family[..end.unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(url: &str) -> Option<(String, String)> {
        Login::read(url).ok().map(|login| (login.role, login.password))
    }

    #[test]
    fn a_login_is_read_as_the_driver_reads_it() {
        let of = |role: &str, password: &str| Some((role.to_owned(), password.to_owned()));
        assert_eq!(login("postgres://ann:secret@db/todo"), of("ann", "secret"));
        assert_eq!(login("postgres://a%40b:%27%22%5C%C3%A9@db/todo"), of("a@b", "'\"\\é"));
        assert_eq!(login("postgres://ann:a@db/todo?user=bob&password=b%20c"), of("bob", "b c"));
        assert_eq!(login("postgres:///todo?host=/run&user=bob&password=b"), of("bob", "b"));
    }

    #[test]
    fn a_url_without_a_login_is_refused() {
        for url in ["postgres://db/todo", "postgres://ann@db/todo", "postgres://:secret@db/todo"] {
            assert!(matches!(Login::read(url), Err(RoleError::NoLogin)), "{url}");
        }
        assert!(matches!(Login::read("postgres://ann:secret@db:x/"), Err(RoleError::Url(_))));
    }

    #[test]
    fn two_logins_take_turns_and_share_their_groups() {
        let login = |role: &str| Login { role: role.to_owned(), password: "x".to_owned() };
        let (one, other) = (login("todochat_app"), login("todochat_app_b"));
        assert_eq!((one.group(), one.readers()), (other.group(), other.readers()));
        assert_eq!((one.owner(), other.owner()), ("todochat_app_owner".into(), one.owner()));
        assert!(one.takes_turns_with("todochat_app_b") && other.takes_turns_with("todochat_app"));
        for no in ["todochat_app", "todochat_app_rw", "postgres", ""] {
            assert!(!one.takes_turns_with(no), "{no}");
        }
        let long = login(&"ä".repeat(31));
        for role in [long.group(), long.readers(), long.owner()] {
            assert!(role.len() <= 63 && role != long.role, "{role}");
        }
    }
}
