//! What the domain and the database refuse, as a client of the REST endpoints sees it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use todochat_service::{ApiError, json::Json, request_id};
use todochat_tasks::{Invalid, Task, TaskError};

use crate::accounts::database_failed;

/// An answer that is not a success.
pub(super) enum Refused {
    /// In the one shape of all errors.
    Error(ApiError),
    /// 409 with the task as it is now, so that the client can show both and ask again.
    Conflict(Box<Task>),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl From<TaskError> for Refused {
    fn from(error: TaskError) -> Self {
        Self::Error(match error {
            TaskError::NotFound | TaskError::Ambiguous(_) => ApiError::not_found(),
            TaskError::Invalid(invalid) => return invalid.into(),
            TaskError::Conflict { current } => return Self::Conflict(current),
            TaskError::NothingToUndo => {
                ApiError::conflict("nothing_to_undo", "There is nothing to undo.")
            }
            TaskError::Database(error) => database_failed("use the task store")(error),
        })
    }
}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        let message = format!("{invalid}.");
        Self::Error(match invalid {
            Invalid::Cursor => ApiError::bad_request("invalid_cursor", "").with_message(message),
            _ => ApiError::unprocessable("invalid_task", "").with_message(message),
        })
    }
}

impl From<todochat_database::Error> for Refused {
    fn from(error: todochat_database::Error) -> Self {
        TaskError::from(error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Conflict(current) => {
                let body = json!({
                    "error": {
                        "code": "conflict",
                        "message": "The task has changed since.",
                        "request_id": request_id::current(),
                    },
                    "task": current,
                });
                (StatusCode::CONFLICT, Json(body)).into_response()
            }
        }
    }
}
