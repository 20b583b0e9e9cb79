//! Reading, naming and deleting conversations.

use super::*;

fn with_items(items: Vec<ThreadItem>) -> Scripted {
    let server = server();
    put_thread(&server, "thr_a", ThreadStatus::Active, items);
    server
}

fn messages(count: usize) -> Vec<ThreadItem> {
    (0..count).map(|n| message(&format!("m{n}"))).collect()
}

fn get(thread_id: &str) -> Value {
    op("threads.get_by_id", json!({"thread_id": thread_id}))
}

#[tokio::test]
async fn a_conversation_comes_with_its_oldest_items_and_without_its_metadata() {
    let server = with_items(messages(25));
    let thread = ask(&server, "ann", get("thr_a")).await.unwrap();
    let expected: Vec<_> = (0..20).map(|n| format!("m{n}")).collect();
    assert_eq!(ids(&thread["items"]), expected);
    assert_eq!(
        (&thread["items"]["has_more"], &thread["items"]["after"]),
        (&json!(true), &json!("m19"))
    );
    assert_eq!((&thread["metadata"], thread.get("title")), (&json!({}), None));
}

#[tokio::test]
async fn hidden_items_are_left_out_before_the_page_is_cut() {
    let mut items = messages(25);
    items.insert(3, hidden("h1"));
    items.push(hidden("h2"));
    let server = with_items(items);
    let thread = ask(&server, "ann", get("thr_a")).await.unwrap();
    assert_eq!((ids(&thread["items"]).len(), ids(&thread["items"])[19]), (20, "m19"));
    let rest = op("items.list", json!({"thread_id": "thr_a", "order": "asc", "after": "m19"}));
    let rest = ask(&server, "ann", rest).await.unwrap();
    assert_eq!(rest["has_more"], false);
    assert_eq!(ids(&rest), ["m20", "m21", "m22", "m23", "m24"]);
}

#[tokio::test]
async fn walking_the_pages_gives_every_item_once() {
    let server = with_items(messages(25));
    for order in ["asc", "desc"] {
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let params = json!({"thread_id": "thr_a", "limit": 7, "order": order, "after": after});
            let page = ask(&server, "ann", op("items.list", params)).await.unwrap();
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            if page["has_more"] == false {
                assert!(page.get("after").is_none());
                break;
            }
            after = page["after"].clone();
        }
        let mut expected: Vec<_> = (0..25).map(|n| format!("m{n}")).collect();
        if order == "desc" {
            expected.reverse();
        }
        assert_eq!(seen, expected, "{order}");
    }
}

#[tokio::test]
async fn items_come_newest_first_unless_asked_otherwise() {
    let server = with_items(messages(3));
    let page = ask(&server, "ann", op("items.list", json!({"thread_id": "thr_a"}))).await.unwrap();
    assert_eq!(ids(&page), ["m2", "m1", "m0"]);
}

#[tokio::test]
async fn an_unknown_cursor_is_refused() {
    let server = with_items(messages(3));
    let items = op("items.list", json!({"thread_id": "thr_a", "after": "m99"}));
    assert_eq!(refused(&server, "ann", items).await, (400, "unknown_cursor".to_owned()));
    let threads = op("threads.list", json!({"after": "thr_none"}));
    assert_eq!(refused(&server, "ann", threads).await, (400, "unknown_cursor".to_owned()));
}

#[tokio::test]
async fn a_list_of_conversations_has_no_items_and_only_the_callers() {
    let server = with_items(messages(3));
    let list = ask(&server, "ann", op("threads.list", json!({}))).await.unwrap();
    assert_eq!(ids(&list), ["thr_a"]);
    assert_eq!(list["data"][0]["items"], json!({"data": [], "has_more": false}));
    let foreign = ask(&server, "bob", json!({"type": "threads.list"})).await.unwrap();
    assert_eq!(foreign, json!({"data": [], "has_more": false}));
}

#[tokio::test]
async fn limits_are_brought_into_bounds() {
    let server = server();
    for n in 0..10_050 {
        put_thread(&server, &format!("t{n}"), ThreadStatus::Active, vec![]);
    }
    for (limit, expected) in [
        (json!(null), 20),
        (json!(0), 20),
        (json!(-5), 1),
        (json!("7"), 7),
        (json!(7.0), 7),
        (json!(9_999), 9_999),
        (json!(1_000_000), 10_000),
        (json!(i64::MAX), 10_000),
    ] {
        let list = op("threads.list", json!({"limit": limit, "order": "desc"}));
        let list = ask(&server, "ann", list).await.unwrap();
        assert_eq!((ids(&list).len(), ids(&list)[0]), (expected, "t10049"), "limit {limit}");
    }
}

#[tokio::test]
async fn a_conversation_is_named_and_keeps_its_metadata() {
    let server = with_items(messages(1));
    let update = op("threads.update", json!({"thread_id": "thr_a", "title": "Groceries"}));
    let thread = ask(&server, "ann", update).await.unwrap();
    assert_eq!(thread["title"], "Groceries");
    assert_eq!(thread["items"], json!({"data": [], "has_more": false}));
    assert_eq!(server.store().thread("thr_a").unwrap().metadata["plan"], "gold");
    let unnamed = op("threads.update", json!({"thread_id": "thr_a", "title": ""}));
    assert_eq!(ask(&server, "ann", unnamed).await.unwrap()["title"], "");
}

#[tokio::test]
async fn a_name_has_at_most_a_thousand_characters() {
    let server = with_items(vec![]);
    let name =
        |chars| op("threads.update", json!({"thread_id": "thr_a", "title": "é".repeat(chars)}));
    assert!(ask(&server, "ann", name(1_000)).await.is_ok());
    assert_eq!(refused(&server, "ann", name(1_001)).await, (422, "title_too_long".to_owned()));
}

#[tokio::test]
async fn what_is_unknown_or_foreign_is_refused_alike() {
    let server = with_items(messages(3));
    for (name, extra) in [
        ("threads.get_by_id", json!({})),
        ("threads.update", json!({"title": "mine"})),
        ("items.list", json!({})),
    ] {
        let mut params = extra;
        params["thread_id"] = json!("thr_a");
        let foreign = ask(&server, "bob", op(name, params.clone())).await.unwrap_err();
        params["thread_id"] = json!("thr_none");
        let unknown = ask(&server, "bob", op(name, params)).await.unwrap_err();
        assert_eq!((foreign.status(), &foreign), (404, &unknown), "{name}");
    }
}

#[tokio::test]
async fn deleting_is_the_same_for_own_unknown_and_foreign_conversations() {
    let server = with_items(messages(3));
    let delete = op("threads.delete", json!({"thread_id": "thr_a"}));
    assert_eq!(ask(&server, "bob", delete.clone()).await.unwrap(), json!({}));
    assert!(server.store().thread("thr_a").is_some());
    for _ in 0..2 {
        assert_eq!(ask(&server, "ann", delete.clone()).await.unwrap(), json!({}));
    }
    assert!(server.store().thread("thr_a").is_none());
}
