//! Backups with the real programs of PostgreSQL, on a volume and in a bucket of a real S3 server: what `todochat-chat-server
//! backup` does in a pod. Needs `TODOCHAT_TEST_POSTGRES_URL`, `TODOCHAT_TEST_POSTGRES_BIN` and `TODOCHAT_TEST_S3_SERVER`, which
//! `make test` sets.

#[cfg(test)]
#[path = "backups/authority.rs"]
mod authority;
#[cfg(test)]
#[path = "backups/bucket.rs"]
mod bucket;
#[cfg(test)]
#[path = "backups/bucket_server.rs"]
mod bucket_server;
#[cfg(test)]
#[path = "backups/bucket_tls.rs"]
mod bucket_tls;
#[cfg(test)]
#[path = "backups/place.rs"]
mod place;

use std::fs;

use place::{Place, code, text};

#[tokio::test]
async fn what_was_dumped_comes_back_row_by_row_and_what_came_after_it_is_gone() {
    let place = Place::new().await;
    let name = place.take().await;
    let before = place.rows().await;
    place.sql("INSERT INTO tasks_of_the_test SELECT generate_series(1000, 1099)").await;
    place.sql("CREATE TABLE added_later (id int)").await;
    place.sql("DELETE FROM tasks_of_the_test WHERE id < 10").await;
    let done = place.run(&["restore", "--replace", "--id=one", &format!("--from={name}")]).await;
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    assert_eq!(place.rows().await, before);
    assert!(!place.has_table("added_later").await, "the database is as it was, and not a mixture");
    // Nobody is left who would take room, or an old name.
    assert_eq!(place.databases().await, std::slice::from_ref(&place.database));
    // A Job that is run again after it was done does nothing.
    place.sql("DELETE FROM tasks_of_the_test").await;
    let again = place.run(&["restore", "--replace", "--id=one"]).await;
    assert_eq!(code(&again), 0, "{}", text(&again.stderr));
    assert_ne!(place.rows().await, before);
}

#[tokio::test]
async fn those_who_use_the_database_are_cut_off_and_find_the_other_one() {
    let place = Place::new().await;
    place.take().await;
    let mut guest = place.connect().await;
    let done = place.run(&["restore", "--replace", "--id=two"]).await;
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    assert!(sqlx::query("SELECT 1").execute(&mut guest).await.is_err(), "the session was ended");
    assert_eq!(place.rows().await, place::ROWS);
}

#[tokio::test]
async fn a_new_database_starts_from_a_backup_and_one_with_data_is_refused() {
    let from = Place::new().await;
    from.take().await;
    let new = Place::empty(&from).await;
    let done = new.run(&["restore", "--id=start"]).await;
    assert_eq!(code(&done), 0, "{}", text(&done.stderr));
    assert_eq!(new.rows().await, place::ROWS);
    new.sql("DELETE FROM tasks_of_the_test WHERE id = 1").await;
    let refused = new.run(&["restore", "--id=again"]).await;
    assert_eq!(code(&refused), 78, "{}", text(&refused.stderr));
    assert_eq!(new.rows().await, place::ROWS - 1, "it is untouched");
}

#[tokio::test]
async fn a_dump_that_was_changed_is_refused_and_nothing_is_touched() {
    let place = Place::new().await;
    let name = place.take().await;
    let dump = place.folder.path().join(format!("{name}.dump"));
    let mut bytes = fs::read(&dump).unwrap();
    let middle = bytes.len() - 10;
    bytes[middle] ^= 1;
    fs::write(&dump, &bytes).unwrap();
    let refused = place.run(&["restore", "--replace", "--id=three"]).await;
    assert!([65, 1].contains(&code(&refused)), "{}", text(&refused.stderr));
    bytes[middle] ^= 1;
    bytes.push(0);
    fs::write(&dump, &bytes).unwrap();
    let refused = place.run(&["restore", "--replace", "--id=four"]).await;
    assert_eq!(code(&refused), 65, "{}", text(&refused.stderr));
    assert_eq!(place.rows().await, place::ROWS);
    assert_eq!(place.databases().await, std::slice::from_ref(&place.database));
}

#[tokio::test]
async fn rows_that_do_not_come_back_are_told_by_their_table() {
    let place = Place::new().await;
    let name = place.take().await;
    let manifest = place.folder.path().join(format!("{name}.json"));
    let mut told: serde_json::Value =
        serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    assert_eq!(told["tables"]["public.tasks_of_the_test"], place::ROWS);
    told["tables"]["public.tasks_of_the_test"] = (place::ROWS + 1).into();
    fs::write(&manifest, told.to_string()).unwrap();
    let refused = place.run(&["restore", "--replace", "--id=five"]).await;
    assert_eq!(code(&refused), 65);
    let said = text(&refused.stderr);
    assert!(said.contains("public.tasks_of_the_test had 101 rows"), "{said}");
    let tried = place.verify(&[]).await;
    assert_eq!(code(&tried), 65, "{}", text(&tried.stderr));
}

#[tokio::test]
async fn a_backup_of_a_later_release_and_one_that_is_not_there_have_codes_of_their_own() {
    let place = Place::new().await;
    let none = place.run(&["restore", "--replace", "--id=six"]).await;
    assert_eq!(code(&none), 66, "{}", text(&none.stderr));
    let name = place.take().await;
    let other = place.run(&["restore", "--id=a", "--from=todochat-20200101T000000Z"]).await;
    assert_eq!(code(&other), 66, "{}", text(&other.stderr));
    let manifest = place.folder.path().join(format!("{name}.json"));
    let mut told: serde_json::Value =
        serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    told["schema"] = 99_991_231_000_000_i64.into();
    fs::write(&manifest, told.to_string()).unwrap();
    let newer = place.run(&["restore", "--replace", "--id=seven"]).await;
    assert_eq!(code(&newer), 70, "{}", text(&newer.stderr));
    assert_eq!(place.rows().await, place::ROWS);
}

#[tokio::test]
async fn a_good_backup_is_restored_on_trial_into_a_server_of_its_own() {
    let place = Place::new().await;
    place.take().await;
    let before = place.databases().await;
    let tried = place.verify(&[]).await;
    assert_eq!(code(&tried), 0, "{}", text(&tried.stderr));
    assert_eq!(place.databases().await, before, "nobody else's server was used");
    let left = fs::read_dir(place.scratch.path()).unwrap().count();
    assert_eq!(left, 0, "nothing of it is left");
}

#[tokio::test]
async fn as_many_are_kept_as_was_said_and_the_last_is_the_last_that_is_listed() {
    let place = Place::new().await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(place.take_with(&["--retain=2"]).await);
    }
    let listed = place.list().await;
    assert_eq!(listed, taken[1..]);
    let files = fs::read_dir(place.folder.path()).unwrap().count();
    assert_eq!(files, 4, "two files each");
}

#[tokio::test]
async fn a_dump_that_fails_is_no_backup() {
    let place = Place::new().await;
    let nowhere = place.run_on("/nowhere", &["take"]).await;
    assert_eq!(code(&nowhere), 71, "{}", text(&nowhere.stderr));
    fs::write(&place.url_file, "postgres://todochat@localhost/none?host=/nowhere").unwrap();
    let unreachable = place.run(&["take"]).await;
    assert_eq!(code(&unreachable), 69, "{}", text(&unreachable.stderr));
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}
