//! What a pod reads when it starts, and no more after that: when it changes, the pods are replaced.

use serde_json::json;

use crate::{
    apply::canonical,
    made_of::Ingredient,
    names,
    validated::{Stage, Validated},
};

/// What a pod reads when it starts.
#[derive(Default)]
pub(super) struct Reads<'a> {
    /// The operator's own Secrets that it mounts, by name.
    pub(super) own_secrets: Vec<String>,
    /// Those that it reads again when they change: they must be there, and that is all.
    pub(super) followed: Vec<String>,
    /// A digest of people's Secrets and ConfigMaps.
    pub(super) others: &'a str,
    /// What stands in the operator's own ConfigMap.
    pub(super) config: Option<String>,
}

impl Reads<'_> {
    /// The same, one by one.
    pub(super) fn ingredients(&self, validated: &Validated) -> Vec<(Ingredient, String)> {
        let object = &validated.owner.name;
        let of_secret = |name: &String| {
            let ingredient = match name {
                keys if *keys == names::signing_keys_secret(object) => Ingredient::SigningKeys,
                login if *login == names::login_secret(object) => Ingredient::Login,
                _ => Ingredient::Tokens,
            };
            Some((ingredient, validated.stage.own_secrets.get(name)?.clone()))
        };
        let secrets = self.own_secrets.iter().filter_map(of_secret);
        let config = self.config.iter().map(|config| (Ingredient::Configuration, config.clone()));
        let others = (Ingredient::References, self.others.to_owned());
        secrets.chain(config).chain([others]).collect()
    }

    /// A hash of all of it; `None` while a Secret is not there, since a pod could not start.
    pub(super) fn hash(&self, stage: &Stage) -> Option<String> {
        if !self.followed.iter().all(|name| stage.own_secrets.contains_key(name)) {
            return None;
        }
        let digest = |name: &String| Some((name.clone(), stage.own_secrets.get(name)?.clone()));
        let secrets: Vec<_> = self.own_secrets.iter().map(digest).collect::<Option<_>>()?;
        let read = json!({ "secrets": secrets, "others": self.others, "config": self.config });
        Some(canonical::hash(&read))
    }
}
