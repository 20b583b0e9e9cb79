//! What may be asked of the task endpoints. A field that is not known is passed over; one that is
//! known and has the wrong type is refused.

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};
use http::header::IF_MATCH;
use serde::{Deserialize, Deserializer};
use todochat_database::Transaction;
use todochat_service::ApiError;
use todochat_tasks::{
    self as tasks, Description, Edit, Filter, Invalid, NewTask, PageRequest, Status, TaskError,
    Title,
};

const WRONG_QUERY: &str = "The query has a field twice or with a value of the wrong kind.";

/// The `{id}` of a path. A text that is no UTF-8 is the id of no task: 404 like any other.
pub(super) struct TaskId(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for TaskId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| ApiError::not_found())
    }
}

/// `If-Match`: the version that the caller has seen, if it says so.
pub(super) struct IfMatch(pub(super) Option<i64>);

impl IfMatch {
    /// Refuses with a conflict if the task is at another version, and keeps it at this one.
    pub(super) async fn hold(self, tx: &mut Transaction, id: &str) -> Result<(), TaskError> {
        match self.0 {
            Some(version) => tasks::require_version(tx, id, version).await,
            None => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let value = value.to_str().unwrap_or_default().trim();
        if value == "*" {
            return Ok(Self(None));
        }
        let tag = value.strip_prefix("W/").unwrap_or(value).trim_matches('"');
        tag.parse().map(|version| Self(Some(version))).map_err(|_| {
            ApiError::bad_request("invalid_if_match", "If-Match must be the ETag of the task.")
        })
    }
}

/// Body of `POST /api/tasks`.
#[derive(Debug, Deserialize)]
pub(super) struct NewBody {
    title: String,
    #[serde(default)]
    description: Option<String>,
}

impl NewBody {
    pub(super) fn parse(self, id: String) -> Result<NewTask, Invalid> {
        let title = Title::parse(&self.title)?;
        let description = Description::parse(self.description.as_deref().unwrap_or_default())?;
        Ok(NewTask { id, title, description })
    }
}

/// Body of `PUT`: the texts are replaced, also by nothing. Whether the task is done has its own
/// endpoints, so it stays unless it is said.
#[derive(Debug, Deserialize)]
pub(super) struct Texts {
    title: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "said")]
    completed: Option<bool>,
    #[serde(default, deserialize_with = "said")]
    version: Option<i64>,
}

impl From<Texts> for Edited {
    fn from(texts: Texts) -> Self {
        let Texts { title, description, completed, version } = texts;
        Self {
            title: Some(title),
            description: Some(description.unwrap_or_default()),
            completed,
            version,
        }
    }
}

/// Body of `PATCH`: what is absent stays; a description that is `null` is cleared.
#[derive(Debug, Deserialize)]
pub(super) struct Edited {
    #[serde(default, deserialize_with = "said")]
    title: Option<String>,
    #[serde(default, deserialize_with = "said_or_cleared")]
    description: Option<String>,
    #[serde(default, deserialize_with = "said")]
    completed: Option<bool>,
    /// The version that the caller has seen; `If-Match` goes before it.
    #[serde(default, deserialize_with = "said")]
    pub(super) version: Option<i64>,
}

impl Edited {
    pub(super) fn parse(self) -> Result<Edit, Invalid> {
        Ok(Edit {
            title: self.title.as_deref().map(Title::parse).transpose()?,
            description: self.description.as_deref().map(Description::parse).transpose()?,
            completed: self.completed,
        })
    }
}

/// A field that is there must have its type: `null` is not the same as absent.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// `null` is the empty text.
fn said_or_cleared<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default).map(Some)
}

/// The query of `GET /api/tasks`.
pub(super) struct Listed(pub(super) Filter, pub(super) PageRequest);

#[derive(Debug, Deserialize)]
struct ListQuery {
    #[serde(default)]
    status: Status,
    #[serde(default, alias = "q")]
    query: Option<String>,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Listed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<ListQuery>::from_request_parts(parts, state).await;
        let Query(ListQuery { status, query, limit, cursor }) =
            query.map_err(|_| ApiError::bad_request("invalid_query", WRONG_QUERY))?;
        // What is over the largest page is brought down to it anyway.
        let limit = limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
        Ok(Self(Filter { status, query }, PageRequest { limit, cursor }))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::json;

    use super::*;

    type Refusal = (u16, String);

    async fn listed(query: &str) -> Result<(Status, Option<String>, Option<u32>), Refusal> {
        let request = Request::get(format!("/api/tasks?{query}")).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        match Listed::from_request_parts(&mut parts, &()).await {
            Ok(Listed(filter, page)) => Ok((filter.status, filter.query, page.limit)),
            Err(error) => Err((error.status().as_u16(), error.message().to_owned())),
        }
    }

    #[tokio::test]
    async fn a_query_is_read_or_refused() {
        assert_eq!(listed("").await, Ok((Status::All, None, None)));
        let words = Some("buy milk".to_owned());
        assert_eq!(
            listed("status=open&q=buy+milk&limit=5").await,
            Ok((Status::Open, words, Some(5)))
        );
        let all = Ok((Status::Completed, None, Some(u32::MAX)));
        assert_eq!(listed("status=completed&limit=99999999999&other=1").await, all);
        let refused = Err((400, WRONG_QUERY.to_owned()));
        for wrong in ["status=done", "limit=-1", "limit=x", "limit=", "limit=1.5"] {
            assert_eq!(listed(wrong).await, refused, "{wrong}");
        }
    }

    #[tokio::test]
    async fn if_match_takes_an_etag() {
        for (value, expected) in [
            ("\"3\"", Ok(Some(3))),
            ("W/\"3\"", Ok(Some(3))),
            ("3", Ok(Some(3))),
            ("*", Ok(None)),
            ("abc", Err(400)),
            ("", Err(400)),
            ("\"1\", \"2\"", Err(400)),
        ] {
            let request = Request::get("/").header(IF_MATCH, value).body(()).unwrap();
            let found = IfMatch::from_request_parts(&mut request.into_parts().0, &()).await;
            let found = found.map(|tag| tag.0).map_err(|error| error.status().as_u16());
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn absent_stays_and_null_clears() {
        let edit = |body| serde_json::from_value::<Edited>(body).map(|body| body.parse().unwrap());
        let nothing = edit(json!({"unknown": 1})).unwrap();
        assert!(nothing.title.is_none() && nothing.description.is_none());
        let cleared = edit(json!({"description": null})).unwrap();
        assert_eq!(cleared.description, Some(Description::default()));
        for wrong in [json!({"title": null}), json!({"completed": "yes"}), json!({"version": "1"})]
        {
            assert!(edit(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
