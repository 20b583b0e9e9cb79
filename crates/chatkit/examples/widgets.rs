//! Drafts a letter as a widget with two buttons. Say what it is about:
//! `cargo run -p chatkit-server --example widgets --features axum,templates,testing -- [PORT]`

use std::io;
use std::sync::LazyLock;

use axum::Router;
use chatkit_server::protocol::{NoticeLevel, ThreadItem, WidgetItem, WidgetRoot};
use chatkit_server::testing::MemoryStore;
use chatkit_server::widget::WidgetTemplate;
use chatkit_server::{
    ActionTurn, Error, Options, Reply, RespondError, Server, SyncAction, Turn, responder,
};
use serde::Serialize;
use tokio::net::TcpListener;

static LETTER: LazyLock<WidgetTemplate> = LazyLock::new(|| {
    WidgetTemplate::parse(include_str!("letter.widget")).expect("the file has been looked over")
});

/// What the template wants to know.
#[derive(Serialize)]
struct Letter<'a> {
    subject: &'a str,
    text: &'a str,
    state: &'static str,
}

impl Letter<'_> {
    fn widget(&self) -> Result<WidgetRoot, RespondError> {
        LETTER.build(self).map_err(RespondError::failed)
    }
}

/// A letter as its widget has it.
fn shown(widget: &WidgetRoot) -> (&str, &str) {
    let value = |index: usize| widget.0["children"][index]["value"].as_str().unwrap_or_default();
    (value(0), value(1))
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let drafts = responder(draft).on_action(press).on_sync_action(shorten);
    let server = Server::new(MemoryStore::default(), drafts, Options::default());
    let identify = async |_| Ok::<_, Error>("somebody".to_owned());
    serve(Router::new().route("/chatkit", chatkit_server::axum::route(server, identify))).await
}

/// The letter grows while it is written; then its buttons appear.
async fn draft(turn: Turn<String>, reply: Reply) -> Result<(), RespondError> {
    let subject = turn.text();
    let whole = format!("Dear reader,\n\nthis is about {subject}. There is no more to say of it.");
    let mut widget = reply.changing_widget().with_copy_text(&whole);
    for (end, _) in whole.match_indices(' ') {
        let letter = Letter { subject: &subject, text: &whole[..end], state: "writing" };
        widget.show(letter.widget()?).await;
    }
    widget.show(Letter { subject: &subject, text: &whole, state: "ready" }.widget()?).await;
    widget.done().await;
    Ok(())
}

/// A button that begins a turn. What it says of itself comes from the client; only the kept widget
/// is believed.
async fn press(turn: ActionTurn<String>, reply: Reply) -> Result<(), RespondError> {
    let Some(sender) = turn.sender.filter(|_| turn.action.kind == "send") else {
        return Err(RespondError::custom("There is no letter to send.", false));
    };
    let (subject, text) = shown(&sender.widget);
    let widget = Letter { subject, text, state: "sent" }.widget()?;
    reply.hidden_context(format!("The user sent the letter about {subject}.")).await;
    reply.replace(WidgetItem { widget, ..sender }).await;
    reply.notice(NoticeLevel::Info, "The letter is on its way.").await;
    Ok(())
}

/// A button that is answered at once, also while an answer is being written.
async fn shorten(action: SyncAction<String>) -> Result<Option<ThreadItem>, Error> {
    let Some(sender) = action.sender else { return Ok(None) };
    let (subject, text) = shown(&sender.widget);
    let text = text.split_inclusive('.').next().unwrap_or_default();
    let widget = Letter { subject, text, state: "ready" }.widget();
    let widget = widget.map_err(|_| Error::new(500, "internal", "the letter cannot be shown"))?;
    // An application keeps the item too: the server leaves that to it.
    Ok(Some(WidgetItem { widget, ..sender }.into()))
}

#[expect(clippy::disallowed_methods, reason = "an example need not outlive idle connections")]
async fn serve(app: Router) -> io::Result<()> {
    let port = std::env::args().nth(1).map(|port| port.parse().expect("the argument is a port"));
    let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(8000))).await?;
    eprintln!("http://{}/chatkit", listener.local_addr()?);
    axum::serve(listener, app).await
}
