use super::*;

fn passwords() -> Passwords {
    Passwords::new(2)
}

#[tokio::test]
async fn a_password_fits_its_own_hash_and_no_other() {
    let passwords = passwords();
    let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    for (password, phc, fits) in [
        ("correct horse", Some(hash.clone()), true),
        ("correct horse ", Some(hash.clone()), false),
        ("", Some(hash.clone()), false),
        ("correct horse", None, false),
        ("correct horse", Some("plain".to_owned()), false),
    ] {
        let verdict = passwords.verify(password.to_owned(), phc).await;
        assert_eq!(verdict, Ok(fits), "{password:?}");
    }
    assert_ne!(
        hash,
        passwords.hash("correct horse".to_owned()).await.unwrap(),
        "each has its salt"
    );
}

#[tokio::test]
async fn the_same_letters_written_differently_are_the_same_password() {
    let passwords = passwords();
    let hash = passwords.hash("caf\u{e9} \u{ff11}".to_owned()).await.unwrap();
    assert_eq!(passwords.verify("cafe\u{301} 1".to_owned(), Some(hash)).await, Ok(true));
}

#[tokio::test]
async fn every_character_counts_up_to_the_limit() {
    let passwords = passwords();
    let longest = "ü".repeat(MAX_PASSWORD_CHARS);
    let hash = passwords.hash(longest.clone()).await.unwrap();
    assert_eq!(passwords.verify(longest.clone(), Some(hash.clone())).await, Ok(true));
    let other_end = format!("{}u", "ü".repeat(MAX_PASSWORD_CHARS - 1));
    assert_eq!(passwords.verify(other_end, Some(hash.clone())).await, Ok(false));
    let longer = format!("{longest}x");
    assert_eq!(passwords.verify(longer.clone(), Some(hash)).await, Ok(false));
    let of_nothing = passwords.hash(String::new()).await.unwrap();
    assert_eq!(passwords.verify(longer.clone(), Some(of_nothing)).await, Ok(false));
    assert_eq!(passwords.hash(longer).await, Err(PasswordError::TooLong));
}

/// From the reference implementation's test.c; and hashes that are none of ours.
#[test]
fn hashes_of_others_are_read_if_they_are_argon2id() {
    let reference =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_eq!(hashing::fits(b"password", reference), Ok(true));
    assert_eq!(hashing::fits(b"sassword", reference), Ok(false));
    let argon2i = "$argon2i$v=19$m=65536,t=1,p=1$c29tZXNhbHQAAAAAAAAAAA$+r0d29hqEB0yasKr55ZgICsQGSkl0v0kgwhd+U3wyRo";
    assert_eq!(hashing::fits(b"password", argon2i), Ok(false));
    assert!(hashing::fits(b"password", "$2b$12$abc").is_err());
}

#[test]
fn the_dummy_is_a_hash_of_today() {
    assert!(!Passwords::is_outdated(DUMMY));
    assert_eq!(hashing::fits(b"", DUMMY), Ok(false), "and is computed like any other");
}

#[test]
fn a_weaker_hash_is_outdated() {
    for weaker in [
        DUMMY.replace("m=19456", "m=4096"),
        DUMMY.replace("t=2", "t=1"),
        DUMMY.replace("argon2id", "argon2i"),
        "$2b$12$abc".to_owned(),
    ] {
        assert!(Passwords::is_outdated(&weaker), "{weaker}");
    }
    assert!(!Passwords::is_outdated(&DUMMY.replace("m=19456", "m=65536")));
}

#[tokio::test]
async fn a_flood_is_turned_away_and_leaves_no_trace() {
    let passwords = Passwords::new(1);
    let places: Vec<_> = (0..33).map(|_| passwords.pool.enter().ok().unwrap()).collect();
    let refused = passwords.verify("x".to_owned(), None).await;
    assert_eq!(refused, Err(PasswordError::Busy));
    drop(places);
    assert_eq!(passwords.verify("x".to_owned(), None).await, Ok(false));
}
