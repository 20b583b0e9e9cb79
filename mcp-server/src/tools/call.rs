//! One call of a tool, proven: who calls, and that the token allows this very call.

use std::{collections::HashMap, sync::Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use http::request::Parts;
use rmcp::{
    ErrorData,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
};
use serde_json::Value;
use todochat_auth::{CallBinding, UserId};
use todochat_tasks::CALL_KEY;

use super::TodoTools;
use crate::caller::Caller;

/// How long a used token is remembered beyond its end: the clocks of two machines may differ by
/// as much as verification tolerates.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// A call whose caller is proven and whose token, if it was minted for one call only, was minted
/// for this one and had not been used before. A tool takes it as its first parameter; it is the
/// only way to a user's id.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) user: UserId,
    pub(crate) made: CallBinding,
    /// The client's idempotency key.
    pub(crate) key: Option<String>,
}

impl FromContextPart<ToolCallContext<'_, TodoTools>> for Call {
    fn from_context_part(context: &mut ToolCallContext<'_, TodoTools>) -> Result<Self, ErrorData> {
        let caller = caller_of(context)?;
        let made = call_made(context);
        context.service.admit(&caller, &made)?;
        Ok(Self { user: caller.user, made, key: key_of(context)? })
    }
}

fn caller_of(context: &ToolCallContext<'_, TodoTools>) -> Result<Caller, ErrorData> {
    context
        .request_context
        .extensions
        .get::<Parts>()
        .and_then(|parts| parts.extensions.get::<Caller>())
        .cloned()
        .ok_or_else(|| ErrorData::invalid_request("the call has no proven caller", None))
}

/// The call as it is going to be executed, so that what is checked is what runs.
fn call_made(context: &mut ToolCallContext<'_, TodoTools>) -> CallBinding {
    let arguments = Value::Object(context.arguments.take().unwrap_or_default());
    let made = CallBinding::of(&context.name, &arguments);
    if let Value::Object(arguments) = arguments {
        context.arguments = Some(arguments);
    }
    made
}

fn key_of(context: &ToolCallContext<'_, TodoTools>) -> Result<Option<String>, ErrorData> {
    match context.request_context.meta.get(CALL_KEY) {
        None => Ok(None),
        Some(Value::String(key)) if (1..=200).contains(&key.len()) => Ok(Some(key.clone())),
        Some(_) => Err(ErrorData::invalid_params(
            format!("_meta[\"{CALL_KEY}\"] must be a string of 1 to 200 bytes"),
            None,
        )),
    }
}

/// The bound tokens that were used and have not yet ended. They live in this process only: with
/// several replicas a token could be used once on each, within the 150 seconds of its life, for
/// the very same call, which the ledger of idempotency keys answers with the first result.
#[derive(Debug, Default)]
pub(crate) struct UsedTokens {
    used: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl UsedTokens {
    /// Whether the caller's token allows the call `made`, now and for the first time. A token that
    /// is bound to no call allows all of them.
    pub(crate) fn admit(
        &self,
        caller: &Caller,
        made: &CallBinding,
        now: DateTime<Utc>,
    ) -> Result<(), ErrorData> {
        let Some(bound_to) = &caller.bound_to else { return Ok(()) };
        if bound_to != made {
            return Err(ErrorData::invalid_request("the token was minted for another call", None));
        }
        let Some(token_id) = &caller.token_id else {
            return Err(ErrorData::invalid_request("a token for one call needs a jti", None));
        };
        if !self.spend(token_id, caller.expires_at + LEEWAY, now) {
            return Err(ErrorData::invalid_request("the token was used before", None));
        }
        Ok(())
    }

    /// Remembers a token until it ends; false if it was known.
    fn spend(&self, token_id: &str, until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        // A poisoned lock still holds a whole map: nothing here can panic half-way.
        let mut used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Sweeping when the map would grow costs a constant per token over time.
        if used.len() == used.capacity() {
            used.retain(|_, until| *until > now);
        }
        used.insert(token_id.to_owned(), until).is_none()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).unwrap()
    }

    fn caller(bound_to: Option<CallBinding>, token_id: Option<&str>) -> Caller {
        Caller {
            user: UserId::parse("usr_0190a1b2c3d4e5f60718293a4b5c6d7e").unwrap(),
            bound_to,
            token_id: token_id.map(str::to_owned),
            expires_at: now() + TimeDelta::seconds(120),
        }
    }

    fn milk() -> CallBinding {
        CallBinding::of("add_task", &json!({"title": "Buy milk"}))
    }

    #[test]
    fn a_bound_token_allows_its_call_once() {
        let tokens = UsedTokens::default();
        let caller = caller(Some(milk()), Some("one"));
        assert!(tokens.admit(&caller, &milk(), now()).is_ok());
        let again = tokens.admit(&caller, &milk(), now()).unwrap_err();
        assert_eq!(again.message, "the token was used before");
    }

    #[test]
    fn a_bound_token_allows_no_other_arguments_and_no_other_tool() {
        let tokens = UsedTokens::default();
        let caller = caller(Some(milk()), Some("one"));
        for other in [
            CallBinding::of("add_task", &json!({"title": "Buy beer"})),
            CallBinding::of("delete_task", &json!({"title": "Buy milk"})),
        ] {
            let refused = tokens.admit(&caller, &other, now()).unwrap_err();
            assert_eq!(refused.message, "the token was minted for another call");
        }
        assert!(tokens.admit(&caller, &milk(), now()).is_ok(), "a refusal does not spend it");
    }

    #[test]
    fn a_bound_token_without_an_id_is_refused() {
        let refused = UsedTokens::default().admit(&caller(Some(milk()), None), &milk(), now());
        assert!(refused.is_err());
    }

    #[test]
    fn a_token_bound_to_nothing_allows_every_call_and_as_often_as_it_likes() {
        let tokens = UsedTokens::default();
        let caller = caller(None, Some("one"));
        assert!(tokens.admit(&caller, &milk(), now()).is_ok());
        assert!(tokens.admit(&caller, &milk(), now()).is_ok());
    }

    #[test]
    fn ended_tokens_are_forgotten() {
        let tokens = UsedTokens::default();
        let end = now() + TimeDelta::seconds(10);
        for n in 0..1000 {
            assert!(tokens.spend(&format!("old {n}"), end, now()));
        }
        let later = now() + TimeDelta::seconds(11);
        for n in 0..1000 {
            assert!(tokens.spend(&format!("new {n}"), later + TimeDelta::seconds(10), later));
        }
        let used = tokens.used.lock().unwrap();
        assert!(used.keys().all(|id| id.starts_with("new")), "{}", used.len());
    }
}
