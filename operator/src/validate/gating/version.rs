//! Releases as parts of names, and which of two is newer.

use crate::validate::digest::digest;

/// What fits into `<object>-migrate-<version>` beside an object's name of 40 characters.
const LONGEST: usize = 14;
/// A dash and four digits of a hash.
const MARK: usize = 5;

/// A release as a DNS label of at most 14 characters: `1.4.2` is `1-4-2`.
pub(super) fn slug(release: &str) -> String {
    let lower = release.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    match slug.len() {
        0 => marked("v", release),
        length if length > LONGEST => marked(&slug, release),
        _ => slug,
    }
}

/// The same version once more, for other logins.
pub(super) fn relogin(version: &str, logins: &str) -> String {
    marked(version, logins)
}

/// The beginning of a slug, and a few digits that tell what else it stands for.
fn marked(slug: &str, text: &str) -> String {
    let start = slug.get(..LONGEST - MARK).unwrap_or(slug).trim_end_matches('-');
    format!("{start}-{}", &digest([text])[..MARK - 1])
}

/// Whether `one` is a later release than `other`. Only numbers can be compared: of other tags nobody can tell.
pub(super) fn is_newer(one: &str, other: &str) -> bool {
    numbers(one).zip(numbers(other)).is_some_and(|(one, other)| one > other)
}

fn numbers(release: &str) -> Option<Vec<u64>> {
    let release = release.strip_prefix('v').unwrap_or(release);
    release.split(['.', '-']).map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_becomes_a_label_that_fits() {
        assert_eq!(slug("1.4.2"), "1-4-2");
        assert_eq!(slug("V2_Beta+7"), "v2-beta-7");
        for odd in ["", "...", "feature/very-long-branch-name", "2026.11.21-rc.12"] {
            let slug = slug(odd);
            assert!(
                slug.len() <= LONGEST && !slug.starts_with('-') && !slug.ends_with('-'),
                "{slug}"
            );
        }
    }

    #[test]
    fn long_releases_stay_apart() {
        assert_ne!(slug("feature-branch-one"), slug("feature-branch-two"));
    }

    #[test]
    fn other_logins_are_another_version_that_fits() {
        for version in ["1-4-2", "abcdefghijklmn", "abcdefgh-jklmn"] {
            let again = relogin(version, "logins");
            assert!(again != version && again.len() <= LONGEST, "{again}");
            assert_ne!(again, relogin(version, "others"));
        }
    }

    #[test]
    fn only_numbers_are_newer_than_numbers() {
        assert!(is_newer("1.10.0", "1.9.3") && is_newer("v2", "1.9") && is_newer("1-5-0", "1.4.2"));
        assert!(!is_newer("1.4.2", "1.4.2") && !is_newer("1.4.1", "1.4.2"));
        assert!(!is_newer("dev", "1.4.2") && !is_newer("2.0.0-rc.1", "1.4.2"));
    }
}
