//! URLs, and whether two of them are the same place.

use reqwest::Url;

use super::Pass;

/// A URL of http or https with a host and without a login: that would end up in arguments and in the status.
pub(super) fn web_address(pass: &mut Pass<'_>, path: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty())
    });
    let Some(url) = url else {
        pass.findings.malformed(path, "must be a URL that begins with http:// or https://");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        pass.findings.malformed(path, "must not hold a user name or password: use a Secret");
        return None;
    }
    Some(url)
}

/// Whether two URLs are the same place: a slash at the end, the case of the host and a port that goes without saying make no
/// difference. What is no URL is no place.
pub(super) fn same_place(one: &str, other: &str) -> bool {
    let place = |text: &str| Url::parse(text.trim()).ok().map(|url| without_slash(url.as_str()));
    place(one).is_some_and(|one| place(other) == Some(one))
}

/// The URL without slashes at its end.
pub(super) fn without_slash(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_a_port_and_case_make_no_other_place() {
        for same in
            ["https://api.example/v1/", "https://API.example:443/v1", " https://api.example/v1\n"]
        {
            assert!(same_place(same, "https://api.example/v1"), "{same}");
        }
    }

    #[test]
    fn another_scheme_host_path_or_login_is_another_place() {
        for other in [
            "http://api.example/v1",
            "https://api.example.evil/v1",
            "https://api.example/v1/x",
            "https://api.example@evil/v1",
            "https://api.example/v1?x",
            "",
        ] {
            assert!(!same_place(other, "https://api.example/v1"), "{other}");
        }
        assert!(!same_place("", ""));
    }
}
