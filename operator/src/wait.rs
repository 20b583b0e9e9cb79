//! `todochat-operator wait NAME`: until an object is Ready. For places that have this program's image and no kubectl, such as
//! the pod of `helm test`.
//!
//! ```text
//! asks once a second ─▶ Ready, for the spec as it is now? ─ yes ─▶ ends well
//!                        └ no: says what has changed since ─ time is up ─▶ fails with what is in the way
//! ```

use std::{
    io::{Write as _, stdout},
    time::Duration,
};

use anyhow::bail;
use kube::{Api, Client};

use crate::{
    client,
    conditions::ConditionType,
    config::WaitArgs,
    crd::{ConditionStatus, TodoChat},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the object is Ready; fails when its time is up.
pub async fn wait(args: &WaitArgs) -> anyhow::Result<()> {
    let (client, own) = client::connect().await?;
    let namespace = args.namespace.clone().unwrap_or(own);
    let mut last = "nothing was heard of it".to_owned();
    let waiting = until_ready(client, &namespace, &args.name, &mut last);
    if tokio::time::timeout(args.timeout, waiting).await.is_err() {
        bail!("{namespace}/{} is not Ready in time: {last}", args.name);
    }
    tell(&format!("{namespace}/{} is Ready", args.name));
    Ok(())
}

/// Nothing ends it early: the object, the right to see it and the API server itself may all be late.
async fn until_ready(client: Client, namespace: &str, name: &str, last: &mut String) {
    let api = Api::<TodoChat>::namespaced(client, namespace);
    loop {
        let standing = match api.get_opt(name).await {
            Ok(Some(object)) => in_the_way(&object),
            Ok(None) => Some("there is no such TodoChat".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        let Some(standing) = standing else { return };
        if standing != *last {
            tell(&standing);
            *last = standing;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Why the object is not Ready; none if it is.
fn in_the_way(object: &TodoChat) -> Option<String> {
    let mut conditions = object.status.iter().flat_map(|status| &status.conditions);
    let Some(ready) = conditions.find(|it| it.kind == ConditionType::Ready.as_str()) else {
        return Some("no operator has looked at it yet".to_owned());
    };
    if ready.observed_generation != object.metadata.generation {
        return Some("its spec has changed, and no operator has looked at it since".to_owned());
    }
    (ready.status != ConditionStatus::True).then(|| format!("{}: {}", ready.reason, ready.message))
}

/// Whoever does not listen any more still gets the exit code.
fn tell(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crd::{Condition, TodoChatStatus},
        testing::object,
    };

    fn judged(status: ConditionStatus, generation: i64) -> TodoChat {
        let ready = Condition {
            kind: "Ready".to_owned(),
            status,
            observed_generation: Some(generation),
            last_transition_time: "2026-01-01T00:00:00Z".to_owned(),
            reason: "RollingOut".to_owned(),
            message: "1 of 2 pods serve".to_owned(),
        };
        let status = TodoChatStatus { conditions: vec![ready], ..TodoChatStatus::default() };
        TodoChat { status: Some(status), ..object("") }
    }

    #[test]
    fn an_object_is_ready_when_it_was_judged_so_as_it_is_now() {
        assert_eq!(in_the_way(&judged(ConditionStatus::True, 1)), None);
        for stale in [judged(ConditionStatus::True, 0), object("")] {
            assert!(in_the_way(&stale).is_some_and(|why| why.contains("no operator")), "{stale:?}");
        }
    }

    #[test]
    fn what_is_in_the_way_is_what_the_condition_says() {
        let why = in_the_way(&judged(ConditionStatus::False, 1));
        assert_eq!(why.as_deref(), Some("RollingOut: 1 of 2 pods serve"));
    }
}
