//! A case for what comes after `validate`, in one file: an object, what the operator was told at start, how far the world is.
//!
//! ```yaml
//! # Says what the case is about.
//! # operator: --outgoing-allow=10.0.0.0/8
//! # world: migrating
//! chat: { replicas: 3 }
//! ```

use clap::Parser as _;

use crate::{
    conditions::Refusal, config::SettingsArgs, crd::TodoChat, fetched::Fetched, kinds::Kind,
    offer::Offer, settings::Settings, testing, validate::validate, validated::Validated,
};

/// An object and its surroundings.
#[derive(Clone, Debug)]
pub struct Case {
    /// The object.
    pub object: TodoChat,
    /// What the operator was told.
    pub settings: Settings,
    /// How far the world is.
    pub world: Progress,
}

/// How far the world is. What the object points at is there in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing has been made.
    Fresh,
    /// The Secrets are there and the database is ready.
    Migrating,
    /// Everything has come up.
    #[default]
    Ready,
}

#[derive(clap::Parser)]
struct Told {
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Case {
    /// Reads a case.
    ///
    /// Panics when it is none.
    pub fn read(text: &str) -> Self {
        let said = |what: &str| {
            let prefix = format!("# {what}: ");
            text.lines().find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
        };
        Self {
            object: testing::object(text),
            settings: settings(&said("operator").unwrap_or_default()),
            world: match said("world").as_deref() {
                None => Progress::Ready,
                Some("fresh") => Progress::Fresh,
                Some("migrating") => Progress::Migrating,
                Some(other) => panic!("there is no world `{other}`"),
            },
        }
    }

    /// What `dereference` would bring.
    pub fn fetched(&self) -> Fetched {
        let mut fetched = Fetched::assumed(&self.object, &self.settings, &Offer::everything());
        match self.world {
            Progress::Fresh => {
                fetched.own_secrets.clear();
                fetched.world.children.clear();
            }
            Progress::Migrating => {
                fetched.world.children.retain(|child, _| child.kind != Kind::Job);
            }
            Progress::Ready => {}
        }
        fetched
    }

    /// The object as it can be built.
    pub fn validated(&self) -> Result<Validated, Vec<Refusal>> {
        validate(&self.object, &self.fetched(), &self.settings)
    }
}

/// The usual settings, but for what the flags say.
fn settings(flags: &str) -> Settings {
    let words = std::iter::once("operator").chain(flags.split_whitespace());
    let told = Told::try_parse_from(words).expect("the flags are the operator's");
    let usual = testing::settings();
    Settings {
        images: usual.images.clone(),
        release: usual.release.clone(),
        ..told.settings.settings(&usual.operator_namespace)
    }
}
