//! Answers with what was said, word by word:
//! `cargo run -p chatkit-server --example echo --features axum,testing -- [PORT]`

use std::io;

use axum::Router;
use chatkit_server::testing::MemoryStore;
use chatkit_server::{Error, Options, Reply, RespondError, Server, Turn, responder};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let server = Server::new(MemoryStore::default(), responder(echo), Options::default());
    // Who is calling. A server on a network asks for a credential and verifies it.
    let identify = async |_| Ok::<_, Error>("somebody".to_owned());
    serve(Router::new().route("/chatkit", chatkit_server::axum::route(server, identify))).await
}

async fn echo(turn: Turn<String>, reply: Reply) -> Result<(), RespondError> {
    let mut answer = reply.message();
    for word in turn.text().split_inclusive(' ') {
        answer.text(word).await;
    }
    answer.done().await;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an example need not outlive idle connections")]
async fn serve(app: Router) -> io::Result<()> {
    let port = std::env::args().nth(1).map(|port| port.parse().expect("the argument is a port"));
    let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(8000))).await?;
    eprintln!("http://{}/chatkit", listener.local_addr()?);
    axum::serve(listener, app).await
}
