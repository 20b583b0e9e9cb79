//! A browser: it keeps the cookie, and its page keeps the access token.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use todochat_database::on_each;
use todochat_tests::house::{House, Reply};

pub(super) const PASSWORD: &str = "correct horse battery staple";

pub(super) struct Browser {
    pub(super) url: String,
    pub(super) http: reqwest::Client,
    /// The refresh token.
    pub(super) cookie: Option<String>,
    pub(super) token: String,
}

impl Browser {
    pub(super) fn at(house: &House) -> Self {
        Self::at_url(&house.url)
    }

    pub(super) fn at_url(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url: url.to_owned(), http, cookie: None, token: String::new() }
    }

    /// Another one with the same cookie and token: a thief's, or one that talks to a replica.
    pub(super) fn copy(&self) -> Self {
        let (cookie, token) = (self.cookie.clone(), self.token.clone());
        Self { cookie, token, ..Self::at_url(&self.url) }
    }

    pub(super) fn talking_to(self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self }
    }

    pub(super) async fn sign_up(&mut self, email: &str) -> Reply {
        self.enter("/api/auth/signup", &credentials(email, PASSWORD)).await
    }

    pub(super) async fn log_in(&mut self, email: &str) -> Reply {
        self.enter("/api/auth/login", &credentials(email, PASSWORD)).await
    }

    pub(super) async fn enter(&mut self, path: &str, body: &Value) -> Reply {
        let reply = Reply::of(self.request(Method::POST, path).json(body)).await;
        self.learn(&reply);
        reply
    }

    pub(super) async fn refresh(&mut self) -> Reply {
        let reply = Reply::of(self.request(Method::POST, "/api/auth/refresh")).await;
        self.learn(&reply);
        reply
    }

    pub(super) async fn log_out(&mut self) -> Reply {
        let reply = Reply::of(self.request(Method::POST, "/api/auth/logout")).await;
        self.learn(&reply);
        reply
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).bearer_auth(&self.token)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::DELETE, path).bearer_auth(&self.token)).await
    }

    /// Whether the access token is still good.
    pub(super) async fn is_in(&self) -> bool {
        self.get("/api/auth/me").await.status == 200
    }

    pub(super) async fn session_ids(&self) -> Vec<String> {
        let listed = self.get("/api/auth/sessions").await.json();
        let sessions = listed["sessions"].as_array().unwrap();
        sessions.iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.cookie {
            Some(cookie) => request.header("cookie", format!("todochat_refresh={cookie}")),
            None => request,
        }
    }

    /// Does what the answer says about the cookie, and takes its token.
    fn learn(&mut self, reply: &Reply) {
        if let Some(header) = reply.headers.get("set-cookie") {
            let value = header.to_str().unwrap().split(';').next().unwrap();
            let value = value.strip_prefix("todochat_refresh=").unwrap();
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        if reply.status.is_success() && !reply.body.is_empty() {
            self.token = reply.text("/access_token");
        }
    }
}

pub(super) fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// The body of an error without the one part in which two may differ.
pub(super) fn without_request_id(reply: &Reply) -> String {
    reply.body.replace(&reply.text("/error/request_id"), "")
}

/// The hash of the only user's password.
pub(super) async fn hash(house: &House) -> String {
    let mut tx = house.database.database().read().await.unwrap();
    on_each!(tx, connection => {
        sqlx::query_scalar("SELECT password_hash FROM users").fetch_one(connection).await
    })
    .unwrap()
}

/// Gives everybody this hash.
pub(super) async fn set_hash(house: &House, hash: &str) {
    let mut tx = house.database.database().write().await.unwrap();
    on_each!(tx, connection => {
        sqlx::query("UPDATE users SET password_hash = $1")
            .bind(hash)
            .execute(connection)
            .await
            .map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();
}
