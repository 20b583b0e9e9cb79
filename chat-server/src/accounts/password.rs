//! Which passwords may be chosen.

use todochat_auth::MAX_PASSWORD_CHARS;
use todochat_service::ApiError;

/// Accepts a new password of at least `min_length` characters. Nothing else is asked of one: rules
/// of composition make passwords worse (NIST SP 800-63B section 3.1.1.2).
pub(super) fn check(password: &str, min_length: usize) -> Result<(), ApiError> {
    let length = password.chars().count();
    if length < min_length {
        let message = format!("The password must have at least {min_length} characters.");
        return Err(ApiError::unprocessable("password_too_short", "").with_message(message));
    }
    if length > MAX_PASSWORD_CHARS {
        return Err(too_long());
    }
    Ok(())
}

/// It counts as too long; some characters become several when they are normalised.
pub(super) fn too_long() -> ApiError {
    let message = format!("The password must have at most {MAX_PASSWORD_CHARS} characters.");
    ApiError::unprocessable("password_too_long", "").with_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        for good in ["12345678", "Passw0rd!23", "correct horse battery staple", "üüüüüüüü"]
        {
            assert_eq!(check(good, 8), Ok(()), "{good}");
        }
        assert_eq!(check(&"x".repeat(256), 8), Ok(()));
        for (bad, code) in [("", "password_too_short"), ("üüüüüüü", "password_too_short")] {
            assert_eq!(check(bad, 8).unwrap_err().code(), code);
        }
        assert_eq!(check(&"x".repeat(257), 8).unwrap_err().code(), "password_too_long");
    }
}
