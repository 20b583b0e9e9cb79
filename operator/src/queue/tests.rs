use super::*;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

async fn next_at_once(queue: &Queue) -> Option<ObjectKey> {
    tokio::time::timeout(Duration::from_millis(1), queue.next()).await.ok()
}

#[tokio::test(start_paused = true)]
async fn an_object_stands_in_the_queue_once() {
    let queue = Queue::default();
    for _ in 0..3 {
        queue.add(key("a"), Lane::Other);
    }
    assert_eq!(next_at_once(&queue).await, Some(key("a")));
    assert_eq!(next_at_once(&queue).await, None);
}

#[tokio::test(start_paused = true)]
async fn fresh_objects_go_first_even_if_they_stood_in_the_other_lane() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    queue.add(key("b"), Lane::Other);
    queue.add(key("b"), Lane::Fresh);
    assert_eq!(next_at_once(&queue).await, Some(key("b")));
    assert_eq!(next_at_once(&queue).await, Some(key("a")));
    assert_eq!(next_at_once(&queue).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_happens_during_a_look_makes_one_more() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    let a = queue.next().await;
    queue.add(key("a"), Lane::Fresh);
    queue.add(key("a"), Lane::Other);
    assert_eq!(next_at_once(&queue).await, None, "one worker at a time");
    queue.done(&a, Ended::Well(None));
    assert_eq!(next_at_once(&queue).await, Some(key("a")));
    queue.done(&a, Ended::Well(None));
    assert_eq!(next_at_once(&queue).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_events_is_looked_at_at_most_fifty_times_a_second() {
    let queue = Queue::default();
    let end = Instant::now() + Duration::from_secs(1);
    let mut looks = 0;
    while Instant::now() < end {
        queue.add(key("a"), Lane::Other);
        if let Some(a) = next_at_once(&queue).await {
            looks += 1;
            queue.add(key("a"), Lane::Other);
            queue.done(&a, Ended::Well(None));
        }
    }
    assert!((40..=52).contains(&looks), "{looks}");
}

#[tokio::test(start_paused = true)]
async fn a_failing_object_waits_longer_each_time_and_no_longer_than_five_minutes() {
    let mut last = Duration::ZERO;
    for failures in 1..30 {
        let longest = backoff(failures, 1.0);
        assert!(longest >= last && longest <= LONGEST_WAIT);
        assert!(backoff(failures, 0.0) * 2 <= longest + Duration::from_millis(1));
        last = longest;
    }
    assert_eq!(last, LONGEST_WAIT);
}

#[tokio::test(start_paused = true)]
async fn an_event_cuts_the_wait_of_a_failing_object_to_a_second() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    for _ in 0..12 {
        let a = queue.next().await;
        queue.done(&a, Ended::Badly(None));
    }
    let before = Instant::now();
    queue.add(key("a"), Lane::Other);
    queue.next().await;
    assert!(before.elapsed() <= EVENT_WAIT + Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn an_edit_ends_the_wait_of_a_failing_object() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    for _ in 0..12 {
        let a = queue.next().await;
        queue.done(&a, Ended::Badly(None));
    }
    queue.add(key("a"), Lane::Fresh);
    assert_eq!(next_at_once(&queue).await, Some(key("a")));
}

#[tokio::test(start_paused = true)]
async fn one_failing_object_does_not_slow_another() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    let a = queue.next().await;
    queue.done(&a, Ended::Badly(Some(Duration::from_mins(1))));
    queue.add(key("b"), Lane::Other);
    assert_eq!(next_at_once(&queue).await, Some(key("b")));
    assert_eq!(queue.depth().in_backoff, 1);
}

#[tokio::test(start_paused = true)]
async fn an_object_comes_back_when_it_was_asked_for() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    let a = queue.next().await;
    queue.done(&a, Ended::Well(Some(Duration::from_mins(1))));
    let before = Instant::now();
    assert_eq!(queue.next().await, key("a"));
    assert!(before.elapsed() >= Duration::from_mins(1));
}

fn is_empty(queue: &Queue) -> bool {
    let state = queue.state();
    let waiting = state.fresh.len() + state.other.len() + state.delayed.len();
    state.entries.len() + waiting == 0
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_forgotten_when_its_last_look_has_ended() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Fresh);
    let a = queue.next().await;
    queue.done(&a, Ended::Well(None));
    queue.add(key("a"), Lane::Fresh);
    let a = queue.next().await;
    queue.forget(&a);
    assert!(!is_empty(&queue), "it is looked at");
    queue.done(&a, Ended::Well(None));
    assert!(is_empty(&queue));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_between_two_looks_is_forgotten_at_once() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    let a = queue.next().await;
    queue.done(&a, Ended::Well(None));
    queue.forget(&a);
    assert!(is_empty(&queue));
}

#[tokio::test(start_paused = true)]
async fn looks_that_were_put_off_and_came_sooner_leave_little_behind() {
    let queue = Queue::default();
    for _ in 0..1000 {
        queue.add(key("a"), Lane::Fresh);
        let a = queue.next().await;
        queue.done(&a, Ended::Well(Some(Duration::from_hours(1))));
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    assert!(queue.state().delayed.len() <= FEW + 2);
    let before = Instant::now();
    assert_eq!(queue.next().await, key("a"));
    assert!(before.elapsed() >= Duration::from_mins(59), "and what was put off stays so");
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_while_its_end_is_looked_at_is_looked_at_again() {
    let queue = Queue::default();
    for (before, after) in [(true, false), (true, true), (false, true)] {
        queue.add(key("a"), Lane::Fresh);
        let a = queue.next().await;
        if before {
            queue.forget(&a);
        }
        queue.add(key("a"), Lane::Fresh);
        if after {
            queue.forget(&a);
        }
        queue.done(&a, Ended::Well(None));
        assert_eq!(next_at_once(&queue).await, Some(key("a")));
        queue.done(&a, Ended::Well(None));
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_has_waited_since_it_came_into_the_queue_first() {
    let queue = Queue::default();
    queue.add(key("a"), Lane::Other);
    tokio::time::advance(Duration::from_secs(2)).await;
    queue.add(key("a"), Lane::Fresh);
    tokio::time::advance(Duration::from_secs(1)).await;
    let a = queue.next().await;
    assert_eq!(queue.waited(&a), Duration::from_secs(3));
    queue.done(&a, Ended::Badly(Some(Duration::from_mins(1))));
    let a = queue.next().await;
    assert!(queue.waited(&a) < Duration::from_secs(1), "the pause after a failure is no wait");
}
