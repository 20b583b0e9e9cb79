//! `todochat-operator diff FILE`: what applying the file would change in the cluster. The server is asked to apply each child
//! without doing so (dry run), and its answer is held against what is there. Children are built for what this cluster offers.
//!
//! ```text
//! render ─┬▶ each child      ─▶ what is there, what the server would make of it ─┬▶ unified diff   (shown)
//!         ├▶ each new Secret ─▶ its recipe                                      ─┤
//!         └▶ all of them     ─▶ what the inventory has besides                  ─┘               (unwanted)
//! ```

mod shown;
mod unwanted;

use std::process::exit;

use anyhow::Context as _;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, ObjectMeta, Patch, PatchParams, TypeMeta},
};
use serde_json::{Value, json};

use self::{
    shown::{shown, unified},
    unwanted::{is_ours, unwanted},
};
use crate::{
    apply::as_sent,
    children::{Children, Prepared},
    client,
    config::RenderArgs,
    crd::TodoChat,
    kinds::{ChildId, Kind},
    names::FIELD_MANAGER,
    offer::Offer,
    output, render,
};

/// The exit code when there is a difference; as `kubectl diff` has it.
const DIFFERENT: i32 = 1;
/// The exit code when it could not be found out whether there is one.
pub const FAILED: u8 = 2;

/// Prints the differences; ends the process with 1 when there are any.
pub async fn diff(args: &RenderArgs) -> anyhow::Result<()> {
    let (client, _) = client::connect().await?;
    diff_by(&client, args).await
}

/// The same in the cluster that `client` reaches.
pub async fn diff_by(client: &Client, args: &RenderArgs) -> anyhow::Result<()> {
    let settings = args.settings.settings(&args.operator_namespace);
    let (objects, mut text) = (render::objects(args)?, String::new());
    let offer = Offer::of(client).await?;
    for object in objects {
        let object = as_in_cluster(client, object).await?;
        let children = render::children(&object, &settings, &offer)?;
        text.push_str(&differences(client, &object, &children).await?);
    }
    print_and_exit(&text)
}

async fn differences(
    client: &Client,
    object: &TodoChat,
    children: &Children<Prepared>,
) -> anyhow::Result<String> {
    let mut text = String::new();
    for (id, manifest) in children.manifests() {
        text.push_str(&difference(client, object, &id, manifest).await?);
    }
    for plan in &children.secrets {
        let id = ChildId::new(Kind::Secret, plan.metadata.name.as_deref().unwrap_or_default());
        if live(&api(client, object, &id), &id).await?.is_none() {
            text.push_str(&unified(&id, "", &render::yaml(&[render::recipe(plan)])?));
        }
    }
    for id in unwanted(object, children) {
        let there = live(&api(client, object, &id), &id).await?;
        if let Some(there) = there.filter(|there| is_ours(object, there)) {
            text.push_str(&unified(&id, &shown(&there)?, ""));
        }
    }
    Ok(text)
}

/// The object with the identity and the status that it has in the cluster: children name its uid.
async fn as_in_cluster(client: &Client, mut object: TodoChat) -> anyhow::Result<TodoChat> {
    let namespace = object.metadata.namespace.clone().unwrap_or_default();
    let name = object.metadata.name.clone().unwrap_or_default();
    let api = Api::<TodoChat>::namespaced(client.clone(), &namespace);
    if let Some(there) =
        api.get_opt(&name).await.with_context(|| format!("could not read the TodoChat {name}"))?
    {
        object.metadata.uid = there.metadata.uid;
        object.status = there.status;
    }
    Ok(object)
}

async fn difference(
    client: &Client,
    object: &TodoChat,
    id: &ChildId,
    manifest: Value,
) -> anyhow::Result<String> {
    let api = api(client, object, id);
    let before = live(&api, id).await?;
    let parameters =
        PatchParams { dry_run: true, force: true, ..PatchParams::apply(FIELD_MANAGER) };
    let after = api
        .patch(&id.name, &parameters, &Patch::Apply(as_sent(id, manifest)))
        .await
        .with_context(|| format!("the server would refuse {}", id.to_inventory()))?;
    let before = before.as_ref().map(shown).transpose()?.unwrap_or_default();
    Ok(unified(id, &before, &shown(&after)?))
}

fn api(client: &Client, object: &TodoChat, id: &ChildId) -> Api<DynamicObject> {
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    Api::namespaced_with(client.clone(), namespace, &id.kind.resource())
}

/// An object as it is. Of a Secret only the metadata is read.
async fn live(api: &Api<DynamicObject>, id: &ChildId) -> anyhow::Result<Option<DynamicObject>> {
    let read = if id.kind == Kind::Secret {
        let read = api.get_metadata_opt(&id.name).await;
        read.map(|found| found.map(|found| without_content(id.kind, found.metadata)))
    } else {
        api.get_opt(&id.name).await
    };
    read.with_context(|| format!("could not read {}", id.to_inventory()))
}

fn without_content(kind: Kind, metadata: ObjectMeta) -> DynamicObject {
    let ApiResource { api_version, kind, .. } = kind.resource();
    DynamicObject { types: Some(TypeMeta { api_version, kind }), metadata, data: json!({}) }
}

fn print_and_exit(text: &str) -> anyhow::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    output::print(text)?;
    exit(DIFFERENT)
}
