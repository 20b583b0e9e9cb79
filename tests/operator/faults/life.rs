//! The life of an object: five steps, each with an end that can be recognised.

use k8s_openapi::api::core::v1;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use todochat_operator::crd::TodoChat;

/// The object's name in its namespace.
pub(super) const NAME: &str = "web";

/// What kind of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With nothing that need not be said.
    Minimal,
    /// With tool servers of every source, exposed, scaled, backed up.
    Full,
}

/// What happens to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    EditImage,
    EditReplicas,
    DropToolServer,
    Delete,
}

impl Step {
    pub(super) const ALL: [Self; 5] =
        [Self::Create, Self::EditImage, Self::EditReplicas, Self::DropToolServer, Self::Delete];
}

/// One object in its namespace.
#[derive(Clone)]
pub(super) struct Life {
    pub(super) namespace: String,
    kind: Kind,
    client: Client,
    /// A tool server that runs elsewhere.
    remote: String,
}

impl Life {
    /// Makes its namespace, and what people put there beforehand.
    pub(super) async fn begin(
        client: &Client,
        namespace: String,
        kind: Kind,
        remote: String,
    ) -> Self {
        let space = json!({"metadata": {"name": namespace}});
        create::<v1::Namespace>(&Api::all(client.clone()), space).await;
        let life = Self { namespace, kind, client: client.clone(), remote };
        if kind == Kind::Full {
            let labels = json!({"todochat.dev/allow": NAME});
            let secret = json!({"metadata": {"name": "people", "labels": labels}, "stringData": {"api-key": "k"}});
            create::<v1::Secret>(&life.api(), secret).await;
            let map = json!({"metadata": {"name": "people"}, "data": {"prompt.txt": "Be brief."}});
            create::<v1::ConfigMap>(&life.api(), map).await;
        }
        life
    }

    /// Takes the step; tells the generation that the object then has.
    pub(super) async fn take(&self, step: Step) -> i64 {
        let chats = self.chats();
        let taken = match step {
            Step::Create => chats.create(&PostParams::default(), &self.object()).await,
            Step::Delete => {
                chats.delete(NAME, &DeleteParams::default()).await.unwrap();
                return 0;
            }
            _ => {
                let patch = Patch::Merge(json!({"spec": self.edit(step)}));
                chats.patch(NAME, &PatchParams::default(), &patch).await
            }
        };
        taken.unwrap().metadata.generation.expect("the server counts them")
    }

    fn chats(&self) -> Api<DynamicObject> {
        let kind = ApiResource::erase::<TodoChat>(&());
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind)
    }

    fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    fn object(&self) -> DynamicObject {
        let kind = ApiResource::erase::<TodoChat>(&());
        DynamicObject::new(NAME, &kind).data(json!({"spec": self.spec()}))
    }

    fn spec(&self) -> Value {
        if self.kind == Kind::Minimal {
            return json!({});
        }
        json!({
            "chat": {
                "auth": {"signup": "Open"},
                "autoscaling": {"minReplicas": 1, "maxReplicas": 3, "value": 70},
                "model": {
                    "name": "m",
                    "apiKey": {"name": "people", "key": "api-key"},
                    "systemPrompt": {"configMapKeyRef": {"name": "people", "key": "prompt.txt"}},
                },
            },
            "database": {"backup": {"schedule": "0 3 * * *"}},
            "exposure": {"type": "Ingress", "host": "chat.example.com"},
            "toolServers": self.tool_servers(),
        })
    }

    fn tool_servers(&self) -> Vec<Value> {
        let image = json!({"repository": "tools.example/notes", "tag": "1"});
        vec![
            json!({"name": "todo"}),
            json!({"name": "notes", "auth": {"type": "SharedToken"},
                   "source": {"type": "Image", "image": {"image": image}}}),
            json!({"name": "files",
                   "source": {"type": "Stdio", "stdio": {"image": image, "command": ["/files"]}}}),
            json!({"name": "far", "source": {"type": "Remote", "remote": {"url": self.remote}}}),
        ]
    }

    fn edit(&self, step: Step) -> Value {
        match (step, self.kind) {
            (Step::EditImage, _) => {
                json!({"chat": {"image": {"repository": "chat.example/server", "tag": "9.0.0"}}})
            }
            (Step::EditReplicas, Kind::Minimal) => json!({"chat": {"replicas": 2}}),
            (Step::EditReplicas, Kind::Full) => {
                json!({"chat": {"autoscaling": {"minReplicas": 2, "maxReplicas": 4}}})
            }
            (Step::DropToolServer, Kind::Minimal) => json!({"toolServers": []}),
            (Step::DropToolServer, Kind::Full) => {
                let mut servers = self.tool_servers();
                servers.remove(1);
                json!({"toolServers": servers})
            }
            (Step::Create | Step::Delete, _) => unreachable!("they are no edits"),
        }
    }
}

async fn create<K>(api: &Api<K>, object: Value)
where
    K: kube::Resource + Clone + DeserializeOwned + serde::Serialize + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).unwrap();
    let made = api.create(&PostParams::default(), &object).await.unwrap();
    debug_assert_eq!(made.name_any(), object.name_any());
}
