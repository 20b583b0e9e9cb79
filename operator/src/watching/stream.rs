//! One watch: lists what there is, then follows what changes, and begins anew whenever it can no longer be sure.
//!
//! The list comes as a stream where the server can do that, so that neither side ever holds it whole, and in pages where it
//! cannot. Bookmarks come about once a minute; a watch that brings neither events nor bookmarks for longer than the idle
//! limit is taken for dead, whatever its connection says.

use std::time::Duration;

use futures_util::{TryStreamExt, pin_mut};
use kube::{
    Client,
    api::{ListParams, WatchParams},
    core::{Request, WatchEvent, response::Status},
};
use serde::Deserialize;
use serde_json::Value;

use super::{health::FORBIDDEN, store::Names, watched::Watched};

/// How many objects a page has.
const PAGE: u32 = 50;
/// The server ends a watch after this; then it is taken up again where it was.
const WATCH_LASTS: u32 = 3600;

/// What a watch tells.
#[derive(Debug)]
pub(super) enum Told {
    /// An object, of the list (`late` false) or of the changes after it.
    Put {
        /// The object.
        object: Value,
        /// Whether it may be older than what is known.
        late: bool,
    },
    /// An object is gone.
    Gone(Value),
    /// The list has ended; it had these.
    Listed(Names),
    /// Nothing has changed, and the connection lives.
    Alive,
}

/// Why a watch has ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    /// The server does not know the kind.
    #[error("the server does not have the kind")]
    Absent,
    /// The server does not let the operator see the kind.
    #[error("the server does not allow it")]
    Forbidden,
    /// What was seen last is too old to go on from.
    #[error("the version that was seen last is too old")]
    Expired,
    /// Neither events nor bookmarks for too long.
    #[error("nothing was heard for too long")]
    Silent,
    /// Anything else.
    #[error("the watch failed")]
    Failed(#[source] Box<kube::Error>),
}

impl Ended {
    /// Its name in metrics.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Forbidden => FORBIDDEN,
            Self::Expired => "expired",
            Self::Silent => "silent",
            Self::Failed(_) => "failed",
        }
    }
}

impl From<kube::Error> for Ended {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) => match status.code {
                404 => Self::Absent,
                403 => Self::Forbidden,
                // 504: it has never been that far (its data was restored from an older copy).
                410 | 504 => Self::Expired,
                _ => Self::Failed(Box::new(error)),
            },
            _ => Self::Failed(Box::new(error)),
        }
    }
}

/// One watch of one kind, in one namespace or in all.
pub(super) struct Stream {
    pub(super) client: Client,
    pub(super) watched: Watched,
    pub(super) namespace: Option<String>,
    pub(super) idle_limit: Duration,
}

#[derive(Deserialize)]
struct Page {
    metadata: PageMeta,
    #[serde(default)]
    items: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageMeta {
    #[serde(default)]
    resource_version: String,
    #[serde(default, rename = "continue")]
    next: String,
}

impl Stream {
    /// Lists and follows until it has to begin anew; says why.
    pub(super) async fn run(&self, mut tell: impl FnMut(Told)) -> Ended {
        let mut version = match self.list(&mut tell).await {
            Ok(version) => version,
            Err(ended) => return ended,
        };
        loop {
            match self.follow(&version, &mut tell).await {
                Ok(latest) => version = latest,
                Err(ended) => return ended,
            }
        }
    }

    /// The list as a stream, or in pages where the server does not know that.
    async fn list(&self, tell: &mut impl FnMut(Told)) -> Result<String, Ended> {
        match self.list_streaming(tell).await {
            Err(Ended::Failed(error)) if is_unknown_option(&error) => {
                self.list_in_pages(tell).await
            }
            other => other,
        }
    }

    async fn list_streaming(&self, tell: &mut impl FnMut(Told)) -> Result<String, Ended> {
        let parameters = WatchParams { send_initial_events: true, ..self.parameters() };
        let mut listed = Some(Names::default());
        self.events(&parameters, "", String::new(), tell, &mut listed).await
    }

    async fn follow(&self, version: &str, tell: &mut impl FnMut(Told)) -> Result<String, Ended> {
        self.events(&self.parameters(), version, version.to_owned(), tell, &mut None).await
    }

    /// Follows the events of one request to its end; answers up to where it came. While `listed` is some, they are the list.
    async fn events(
        &self,
        parameters: &WatchParams,
        from: &str,
        mut version: String,
        tell: &mut impl FnMut(Told),
        listed: &mut Option<Names>,
    ) -> Result<String, Ended> {
        let request = Request::new(self.path());
        let built = if self.watched.metadata_only() {
            request.watch_metadata(parameters, from)
        } else {
            request.watch(parameters, from)
        };
        let request = built.map_err(kube::Error::BuildRequest)?;
        let connecting = self.client.request_events::<Value>(request);
        let events = within(self.idle_limit, connecting).await??;
        pin_mut!(events);
        while let Some(event) = within(self.idle_limit, events.as_mut().try_next()).await?? {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    note_version(&mut version, &object);
                    if let Some(listed) = listed {
                        note_name(listed, &object);
                    }
                    tell(Told::Put { object, late: listed.is_none() });
                }
                WatchEvent::Deleted(object) => {
                    note_version(&mut version, &object);
                    tell(Told::Gone(object));
                }
                WatchEvent::Bookmark(bookmark) => {
                    version = bookmark.metadata.resource_version;
                    let ends =
                        bookmark.metadata.annotations.contains_key("k8s.io/initial-events-end");
                    tell(listed.take_if(|_| ends).map_or(Told::Alive, Told::Listed));
                }
                WatchEvent::Error(status) => return Err(kube::Error::Api(status).into()),
            }
        }
        match listed {
            // The connection ended in the middle of the list.
            Some(_) => Err(Ended::Expired),
            None => Ok(version),
        }
    }

    async fn list_in_pages(&self, tell: &mut impl FnMut(Told)) -> Result<String, Ended> {
        let mut names = Names::default();
        let mut token = None;
        loop {
            let page = self.page(token).await?;
            for object in page.items {
                note_name(&mut names, &object);
                tell(Told::Put { object, late: false });
            }
            token = (!page.metadata.next.is_empty()).then_some(page.metadata.next);
            if token.is_none() {
                tell(Told::Listed(names));
                return Ok(page.metadata.resource_version);
            }
        }
    }

    async fn page(&self, token: Option<String>) -> Result<Page, Ended> {
        let parameters = ListParams {
            label_selector: self.watched.selector().map(str::to_owned),
            limit: Some(PAGE),
            continue_token: token,
            ..ListParams::default()
        };
        let request = Request::new(self.path());
        let built = if self.watched.metadata_only() {
            request.list_metadata(&parameters)
        } else {
            request.list(&parameters)
        };
        let request = built.map_err(kube::Error::BuildRequest)?;
        Ok(within(self.idle_limit, self.client.request::<Page>(request)).await??)
    }

    fn parameters(&self) -> WatchParams {
        WatchParams {
            label_selector: self.watched.selector().map(str::to_owned),
            timeout: Some(WATCH_LASTS + rand::random_range(0..600)),
            bookmarks: true,
            ..WatchParams::default()
        }
    }

    fn path(&self) -> String {
        let resource = self.watched.resource();
        let root = match resource.group.as_str() {
            "" => format!("/api/{}", resource.version),
            group => format!("/apis/{group}/{}", resource.version),
        };
        match self.namespace.as_deref().filter(|_| !self.watched.is_cluster_wide()) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", resource.plural),
            None => format!("{root}/{}", resource.plural),
        }
    }
}

async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Ended> {
    tokio::time::timeout(limit, future).await.map_err(|_| Ended::Silent)
}

/// What servers say that do not know `sendInitialEvents`.
fn is_unknown_option(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(**status, Status { code: 400 | 422, .. }))
}

fn note_version(version: &mut String, object: &Value) {
    if let Some(latest) = object.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
        version.clear();
        version.push_str(latest);
    }
}

fn note_name(names: &mut Names, object: &Value) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    if let Some(name) = text("/metadata/name") {
        names.add(text("/metadata/namespace").unwrap_or_default(), name);
    }
}
