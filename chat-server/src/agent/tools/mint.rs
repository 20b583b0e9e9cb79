//! Tokens for single calls.

use std::time::Duration;

use chrono::TimeDelta;
use todochat_auth::{CallBinding, Issuer, Mint, UserId};
use todochat_service::{Clock, Ids};

use super::bearer::Bearer;

/// The longest time that a tool server can be given for a call.
pub const LONGEST_CALL: Duration = Duration::from_mins(2);

/// How long a minted token lives: no call outlasts the one it was made with.
const LIFETIME: TimeDelta = TimeDelta::seconds(LONGEST_CALL.as_secs().cast_signed());

/// Mints the tokens that our own tool servers are shown.
#[derive(Debug, Clone)]
pub struct Minter {
    /// Signs them.
    pub issuer: Issuer,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
}

impl Minter {
    /// A token with which `user` may make `call` at `audience`, once.
    pub(super) fn mint(&self, audience: &str, user: &UserId, call: CallBinding) -> Bearer {
        let token_id = self.ids.next("jti_");
        let mint = Mint {
            audience,
            subject: user.as_str(),
            lifetime: LIFETIME,
            session: None,
            call: Some(call),
            token_id: &token_id,
        };
        Bearer::new(self.issuer.mint(&mint, self.clock.now()))
    }
}
