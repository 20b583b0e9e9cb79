//! Somebody who uses a chat, over HTTP and nothing else.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

/// Where a chat is.
#[derive(Clone)]
pub(crate) struct Door {
    http: Client,
    base: String,
}

/// Somebody with an account.
#[derive(Clone)]
pub(crate) struct Person {
    door: Door,
    token: String,
}

impl Door {
    /// The one at this address. It opens a connection for each request, as different people would.
    pub(crate) fn at(address: &str) -> Self {
        let http =
            Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_mins(1));
        Self { http: http.build().unwrap(), base: format!("http://{address}") }
    }

    /// Signs somebody up.
    pub(crate) async fn sign_up(&self, name: &str) -> Person {
        let account =
            json!({ "email": format!("{name}@example.com"), "password": "correct horse" });
        let answer = self.http.post(format!("{}/api/auth/signup", self.base)).json(&account).send();
        let token = token(answer.await.unwrap(), StatusCode::CREATED).await;
        Person { door: self.clone(), token }
    }

    /// Logs somebody in who has an account.
    pub(crate) async fn log_in(&self, name: &str) -> Person {
        let account =
            json!({ "email": format!("{name}@example.com"), "password": "correct horse" });
        let answer = self.http.post(format!("{}/api/auth/login", self.base)).json(&account).send();
        let token = token(answer.await.unwrap(), StatusCode::OK).await;
        Person { door: self.clone(), token }
    }

    /// What the chat says about itself.
    pub(crate) async fn config(&self) -> Value {
        let answer = self.http.get(format!("{}/config.json", self.base)).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

async fn token(answer: Response, expected: StatusCode) -> String {
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert_eq!(status, expected, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

impl Person {
    /// The same person at another door of the same chat.
    pub(crate) fn at(&self, door: &Door) -> Self {
        Self { door: door.clone(), token: self.token.clone() }
    }

    /// Says something; answers what came back, whatever it was.
    pub(crate) async fn try_to_say(&self, message: &str) -> Result<Value, String> {
        let request = self.door.http.post(format!("{}/api/chat", self.door.base));
        let sent =
            request.bearer_auth(&self.token).json(&json!({ "message": message })).send().await;
        let answer = sent.map_err(|error| format!("{error:?}"))?;
        let (status, body) = (answer.status(), answer.text().await);
        let body = body.map_err(|error| format!("{status}, then {error:?}"))?;
        if status != StatusCode::OK {
            return Err(format!("{status} {body}"));
        }
        serde_json::from_str(&body).map_err(|_| body)
    }

    /// Says something that is answered.
    pub(crate) async fn say(&self, message: &str) -> Value {
        self.try_to_say(message).await.unwrap_or_else(|why| panic!("{message:?}: {why}"))
    }

    /// The titles of all tasks, and whether each is done.
    pub(crate) async fn tasks(&self) -> Vec<(String, bool)> {
        self.try_to_see_tasks().await.unwrap()
    }

    /// The same, if the chat can tell.
    pub(crate) async fn try_to_see_tasks(&self) -> Result<Vec<(String, bool)>, String> {
        let (mut tasks, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = self.page(cursor.as_deref()).await?;
            let items = page["tasks"].as_array().ok_or("no tasks")?;
            tasks.extend(items.iter().map(|task| {
                (task["title"].as_str().unwrap_or_default().to_owned(), task["completed"] == true)
            }));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(tasks),
            }
        }
    }

    async fn page(&self, cursor: Option<&str>) -> Result<Value, String> {
        let request = self.door.http.get(format!("{}/api/tasks", self.door.base));
        let request = request.bearer_auth(&self.token).query(&[("limit", "100")]);
        let request = match cursor {
            Some(cursor) => request.query(&[("cursor", cursor)]),
            None => request,
        };
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        if !answer.status().is_success() {
            return Err(answer.status().to_string());
        }
        answer.json().await.map_err(|error| format!("{error:?}"))
    }

    /// Listens to what changes, until the stream ends; answers how long it lasted.
    pub(crate) async fn listen(&self) -> Result<Response, String> {
        let request = self.door.http.get(format!("{}/api/events", self.door.base));
        let request = request.bearer_auth(&self.token).timeout(Duration::from_mins(10));
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        if answer.status().is_success() { Ok(answer) } else { Err(answer.status().to_string()) }
    }
}
