//! Whose turn it is.

use super::{Pacing, Standing, Turns};
use crate::names::ObjectKey;

const READY: Standing = Standing { ready: true, settled: true };
const ROLLING: Standing = Standing { ready: false, settled: false };
const BROKEN: Standing = Standing { ready: false, settled: true };

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("people", name)
}

fn turns(pacing: &Pacing) -> (usize, usize) {
    let Turns { taken, waiting } = pacing.turns();
    (taken, waiting)
}

#[test]
fn so_many_at_once_and_the_next_when_one_is_ready() {
    let pacing = Pacing::new(2);
    let [a, b, c, d] = ["a", "b", "c", "d"].map(key);
    assert!(pacing.takes_turn(&a, true) && pacing.takes_turn(&b, true));
    assert!(!pacing.takes_turn(&c, true) && !pacing.takes_turn(&d, true));
    assert!(!pacing.takes_turn(&c, true), "it stands in the line once");
    assert_eq!(turns(&pacing), (2, 2));
    assert!(pacing.takes_turn(&a, false), "whose turn it is goes on");
    assert_eq!(pacing.judged(&a, ROLLING), None);
    assert_eq!(pacing.judged(&a, Standing { ready: true, settled: false }), None);
    assert_eq!(pacing.judged(&a, READY), Some(c.clone()));
    assert!(pacing.takes_turn(&c, true));
    assert_eq!(pacing.judged(&b, READY), Some(d.clone()));
    assert!(pacing.takes_turn(&d, true));
    assert_eq!(pacing.judged(&c, READY), None);
    assert_eq!(pacing.judged(&d, READY), None);
    assert_eq!(turns(&pacing), (0, 0));
}

#[test]
fn what_does_not_become_ready_again_keeps_its_turn_and_the_rest_waits() {
    let pacing = Pacing::new(2);
    let [a, b, c] = ["a", "b", "c"].map(key);
    assert!(pacing.takes_turn(&a, true) && pacing.takes_turn(&b, true));
    assert!(!pacing.takes_turn(&c, true));
    for broken in [&a, &b] {
        assert_eq!(pacing.judged(broken, BROKEN), None);
    }
    assert!(!pacing.takes_turn(&c, true));
    assert_eq!(pacing.judged(&a, READY), Some(c));
}

#[test]
fn what_was_not_ready_before_does_not_hold_up_the_rest() {
    let pacing = Pacing::new(1);
    let [a, b] = ["a", "b"].map(key);
    assert!(pacing.takes_turn(&a, false));
    assert!(!pacing.takes_turn(&b, true));
    assert_eq!(pacing.judged(&a, ROLLING), None);
    assert_eq!(pacing.judged(&a, BROKEN), Some(b));
}

#[test]
fn an_edit_waits_for_nothing_and_takes_no_turn() {
    let pacing = Pacing::new(1);
    let [a, b, c] = ["a", "b", "c"].map(key);
    assert!(pacing.takes_turn(&a, true) && !pacing.takes_turn(&b, true));
    assert_eq!(pacing.edited(&b), None);
    assert!(pacing.takes_turn(&b, true));
    assert_eq!(turns(&pacing), (1, 0));
    assert_eq!(pacing.judged(&b, ROLLING), None);
    assert!(pacing.takes_turn(&b, false), "until it is Ready");
    assert_eq!(pacing.judged(&b, READY), None);
    assert!(!pacing.takes_turn(&b, true), "and no longer");
    assert!(!pacing.takes_turn(&c, true));
    assert_eq!(pacing.edited(&a), Some(b), "a turn is over when its object is edited");
}

#[test]
fn who_is_gone_or_need_not_wait_holds_up_nobody() {
    let pacing = Pacing::new(1);
    let [a, b, c] = ["a", "b", "c"].map(key);
    assert!(pacing.takes_turn(&a, true));
    assert!(!pacing.takes_turn(&b, true) && !pacing.takes_turn(&c, true));
    assert_eq!(pacing.forget(&a), Some(b.clone()));
    assert_eq!(pacing.need_not_wait(&b), Some(c.clone()), "the next is woken in its place");
    assert_eq!(pacing.forget(&c), None);
    assert_eq!(turns(&pacing), (0, 0));
}

#[test]
fn without_a_limit_nobody_waits() {
    let pacing = Pacing::new(0);
    assert!((0..100).all(|number| pacing.takes_turn(&key(&number.to_string()), true)));
}
