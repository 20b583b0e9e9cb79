//! Asks tools, each of which shows as a badge while it runs. Say `weather in Oslo and Lima`:
//! `cargo run -p chatkit-server --example tools --features axum,testing -- [PORT]`

use std::io;
use std::time::Duration;

use axum::Router;
use chatkit_server::protocol::UrlSource;
use chatkit_server::testing::MemoryStore;
use chatkit_server::{
    Error, Options, Reply, RespondError, Server, Turn, WorkflowWriter, responder,
};
use futures_util::future::join_all;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let server = Server::new(MemoryStore::default(), responder(weather), Options::default());
    let identify = async |_| Ok::<_, Error>("somebody".to_owned());
    serve(Router::new().route("/chatkit", chatkit_server::axum::route(server, identify))).await
}

async fn weather(turn: Turn<String>, reply: Reply) -> Result<(), RespondError> {
    let question = turn.text();
    let Some((_, cities)) = question.split_once(" in ") else {
        reply.say("Ask me for the weather in a city, or in several: in Oslo and Lima.").await;
        return Ok(());
    };
    // The tools run side by side. Each tells of its own badge.
    let badges = reply.workflow();
    let found = join_all(cities.split(" and ").map(|city| ask_station(&badges, city.trim()))).await;
    badges.done_as(format!("Asked {} stations", found.len()), Some("bolt")).await;

    let mut answer = reply.message();
    for (city, degrees) in found.iter().flatten() {
        answer.text(format!("It is {degrees} °C in {city}.")).await;
        let title = format!("The station in {city}");
        let url = format!("https://stations.example/{city}");
        answer.annotate(UrlSource { title, url, ..UrlSource::default() }).await;
        answer.text(" ").await;
    }
    if found.contains(&None) {
        answer.text("There is no station in the rest.").await;
    }
    answer.done().await;
    if turn.thread.title.is_none() {
        reply.set_title("The weather").await;
    }
    Ok(())
}

/// What a tool finds. Somewhere else this would be a call over a network.
async fn ask_station<'a>(badges: &WorkflowWriter, city: &'a str) -> Option<(&'a str, i32)> {
    let badge = badges.badge("weather", "bolt", format!("`{city}`")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let degrees = match city {
        "Oslo" => -3,
        "Lima" => 19,
        _ => {
            badge.fail(format!("`{city}`: there is no station")).await;
            return None;
        }
    };
    badge.complete_with(format!("`{city}`: {degrees} °C")).await;
    Some((city, degrees))
}

#[expect(clippy::disallowed_methods, reason = "an example need not outlive idle connections")]
async fn serve(app: Router) -> io::Result<()> {
    let port = std::env::args().nth(1).map(|port| port.parse().expect("the argument is a port"));
    let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(8000))).await?;
    eprintln!("http://{}/chatkit", listener.local_addr()?);
    axum::serve(listener, app).await
}
