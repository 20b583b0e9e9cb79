use serde_json::json;

use super::*;
use crate::watching::seen::{pod_seen, seen};

fn service(name: &str, version: &str) -> (ChildId, Seen) {
    let live = json!({"metadata": {"uid": "u", "resourceVersion": version}});
    (ChildId::new(Kind::Service, name), seen(Kind::Service, &live))
}

#[test]
fn children_are_kept_in_order_with_little_room_to_spare() {
    let mut world = World::default();
    for count in 1..=40 {
        let (id, seen) = service(&format!("chat-{}", count * 7 % 41), "1");
        world.keep(id, seen);
        let list = mem::take(&mut world.children).into_tuple_vec();
        assert_eq!(list.len(), count);
        assert!(list.capacity() < count + PLACES, "{} for {count}", list.capacity());
        assert!(list.is_sorted_by(|one, other| one.0 < other.0));
        world.children = LiteMap::from_sorted_store_unchecked(list);
    }
}

#[test]
fn a_child_is_kept_as_it_was_seen_last() {
    let mut world = World::default();
    for version in ["1", "2"] {
        let (id, seen) = service("chat", version);
        world.keep(id, seen);
    }
    let (id, seen) = service("chat", "2");
    assert_eq!((world.children.len(), world.children.get(&id)), (1, Some(&seen)));
}

#[test]
fn pods_are_kept_by_name_and_tell_whether_they_have_changed() {
    let pod = |name: &str, hash: &str| {
        pod_seen(&json!({"metadata": {"name": name, "labels": {"pod-template-hash": hash}}}))
    };
    let mut world = World::default();
    for name in ["c", "a", "b"] {
        assert!(world.keep_pod(pod(name, "1")));
    }
    assert!(!world.keep_pod(pod("a", "1")) && world.keep_pod(pod("a", "2")));
    let names: Vec<&str> = world.pods.iter().map(|pod| &*pod.name).collect();
    assert_eq!((names, world.pods.capacity()), (vec!["a", "b", "c"], 3));
}

#[test]
fn what_is_kept_of_a_child_is_small() {
    assert!(size_of::<State>() <= 32);
    assert!(size_of::<(ChildId, Seen)>() <= 168);
}
