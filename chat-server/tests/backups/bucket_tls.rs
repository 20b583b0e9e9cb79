//! A bucket behind TLS, with an authority that no system knows.

use crate::{
    authority::Authority,
    bucket_server::{Bucket, SECRET},
    place::{Place, ROWS, code, text},
};

/// With which a request begins that says who asks.
const ASKER: &str = "X-Amz-Credential";

/// What is said when this bucket is not trusted; it was asked for nothing.
async fn refused(bucket: &Bucket, place: &Place, flags: &[&str]) -> String {
    let words: Vec<&str> = ["take"].into_iter().chain(flags.iter().copied()).collect();
    let taken = bucket.run(place, &words).await;
    assert_eq!(code(&taken), 71, "{}", text(&taken.stderr));
    let asked = bucket.asked();
    assert!(!asked.contains(ASKER), "{asked}");
    let said = text(&taken.stderr);
    assert!(!said.contains(SECRET) && !said.contains("X-Amz"), "{said}");
    said
}

#[tokio::test]
async fn a_bucket_is_used_for_which_the_authority_of_the_flag_vouches() {
    let (place, authority) = (Place::new().await, Authority::new());
    let bucket = Bucket::behind_tls(&authority).await;
    let flag = format!("--s3-ca-file={}", authority.certificate());
    let taken = bucket.run(&place, &["take", &flag]).await;
    assert_eq!(code(&taken), 0, "{}", text(&taken.stderr));
    place.sql("DELETE FROM tasks_of_the_test").await;
    let restored = bucket.run(&place, &["restore", "--replace", "--id=tls", &flag]).await;
    assert_eq!(code(&restored), 0, "{}", text(&restored.stderr));
    assert_eq!(place.rows().await, ROWS);
    assert!(bucket.asked().contains(ASKER), "the server writes down what it is asked");
}

#[tokio::test]
async fn a_bucket_is_asked_for_nothing_for_which_somebody_else_vouches() {
    let (place, authority, other) = (Place::new().await, Authority::new(), Authority::new());
    let bucket = Bucket::behind_tls(&authority).await;
    let flag = format!("--s3-ca-file={}", other.certificate());
    // Nor by what the system trusts.
    for flags in [&[&*flag][..], &[]] {
        let said = refused(&bucket, &place, flags).await;
        assert!(said.contains("is not trusted") && said.contains("UnknownIssuer"), "{said}");
    }
}

#[tokio::test]
async fn a_bucket_is_asked_for_nothing_under_a_name_that_is_not_in_its_certificate() {
    let (place, authority) = (Place::new().await, Authority::new());
    let mut bucket = Bucket::behind_tls(&authority).await;
    bucket.endpoint = bucket.endpoint.replace("localhost", "127.0.0.1");
    let flag = format!("--s3-ca-file={}", authority.certificate());
    let said = refused(&bucket, &place, &[&flag]).await;
    assert!(said.contains("is not trusted") && said.contains("not valid for name"), "{said}");
}

#[tokio::test]
async fn a_file_that_holds_no_authority_is_named() {
    let (place, authority) = (Place::new().await, Authority::new());
    let bucket = Bucket::behind_tls(&authority).await;
    let said = refused(&bucket, &place, &["--s3-ca-file=/dev/null"]).await;
    assert!(said.contains("/dev/null") && said.contains("no certificate"), "{said}");
    let said = refused(&bucket, &place, &["--s3-ca-file=/nowhere/ca.crt"]).await;
    assert!(said.contains("/nowhere/ca.crt"), "{said}");
}
