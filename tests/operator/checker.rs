//! What holds after every story, whatever it was about.
//!
//! ```text
//! calm        the operator has stopped writing, and then asks for nothing at all for a while
//! truths      each condition of each object, held against the world
//! belongings  the inventory is what is there; nothing is left without an owner
//! secrecy     nothing of a Secret is anywhere else
//! ```

mod belongings;
mod calm;
mod everything;
mod secrecy;
mod truths;

use std::time::Duration;

use todochat_tests::cluster::{PATIENCE, Parts};

pub(crate) use self::calm::asked_in;
use self::everything::Everything;
use crate::scene::Scene;

/// How long nothing may be asked for.
const SILENCE: Duration = Duration::from_secs(3);
/// How many times the world may still have been moving.
const ROUNDS: u32 = 3;

impl Scene<'_> {
    /// Looks whether all is as it should be once nothing more is to come.
    ///
    /// # Panics
    ///
    /// When it is not: with all that is wrong.
    pub(crate) async fn check(&self) {
        let began = tokio::time::Instant::now();
        let mut wrong = self.wrong_when_calm().await;
        // The world may still have been moving. Of a new kind its garbage collector learns within half a minute; what goes
        // before that it comes back to later and later.
        while !wrong.is_empty() && began.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(250)).await;
            wrong = self.wrong_when_calm().await;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let mut asked = asked_in(self, SILENCE).await;
        // So may its Deployments: a pod that is ready is not available at once.
        for _ in 0..ROUNDS {
            if asked.is_empty() {
                break;
            }
            asked = asked_in(self, SILENCE).await;
        }
        assert!(asked.is_empty(), "at rest it asks for {asked:?}");
        let everything = Everything::of(self).await;
        let leaks = secrecy::leaks(self, &everything).await;
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }

    async fn wrong_when_calm(&self) -> Vec<String> {
        calm::settled(self).await;
        let everything = Everything::of(self).await;
        let mut wrong = truths::lies(&everything);
        wrong.extend(belongings::astray(&everything, self.server.parts() != Parts::Api));
        wrong
    }
}
