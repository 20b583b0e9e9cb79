//! The same in a bucket.

use crate::{
    bucket_server::{Bucket, SECRET},
    place::{Place, ROWS, code, text},
};

#[tokio::test]
async fn a_backup_goes_into_a_bucket_in_parts_and_comes_back_from_there() {
    let (place, bucket) = (Place::new().await, Bucket::new().await);
    // Random text does not shrink: more than one part.
    place.sql("CREATE TABLE large AS SELECT gen_random_uuid()::text || gen_random_uuid()::text AS text FROM generate_series(1, 600000)").await;
    let taken = bucket.run(&place, &["take"]).await;
    assert_eq!(code(&taken), 0, "{}", text(&taken.stderr));
    let listed = bucket.run(&place, &["list"]).await;
    let line = text(&listed.stdout);
    let bytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(bytes > 16 * 1024 * 1024, "{line}");
    place.sql("DELETE FROM tasks_of_the_test").await;
    let restored = bucket.run(&place, &["restore", "--replace", "--id=bucket"]).await;
    assert_eq!(code(&restored), 0, "{}", text(&restored.stderr));
    assert_eq!(place.rows().await, ROWS);
    for said in [taken, listed, restored] {
        let said = text(&said.stdout) + &text(&said.stderr);
        assert!(!said.contains(SECRET) && !said.contains("X-Amz-Signature"), "{said}");
    }
}

#[tokio::test]
async fn in_a_bucket_too_as_many_are_kept_as_was_said() {
    let (place, bucket) = (Place::new().await, Bucket::new().await);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let taken = bucket.run(&place, &["take", "--retain=2"]).await;
        assert_eq!(code(&taken), 0, "{}", text(&taken.stderr));
        let last = bucket.list(&place).await.pop().unwrap();
        if seen.last() != Some(&last) {
            seen.push(last);
        }
    }
    assert_eq!(bucket.list(&place).await, seen[1..]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_and_a_server_that_is_away_are_told_without_a_secret() {
    let (place, mut bucket) = (Place::new().await, Bucket::new().await);
    let refused = bucket.run_in("nobodys", &place, &["take"]).await;
    assert_eq!(code(&refused), 71);
    let said = text(&refused.stderr);
    assert!(said.contains("NoSuchBucket") && !said.contains(SECRET), "{said}");
    let none = bucket.run(&place, &["restore", "--id=none"]).await;
    assert_eq!(code(&none), 66, "{}", text(&none.stderr));
    bucket.endpoint = "http://127.0.0.1:1".to_owned();
    let away = bucket.run(&place, &["list"]).await;
    assert_eq!(code(&away), 71);
    let said = text(&away.stderr);
    assert!(!said.contains(SECRET) && !said.contains("X-Amz"), "{said}");
}
