//! What is refused, and that nothing of a Secret leaves the cluster for it.

use serde_json::{Value, json};

use crate::{listener::Listener, person::Person, place::Place};

/// Words that no server but the right one may ever hear.
const KEY: &str = "sk-of-the-platform-team";

/// The chat would ask a model at this address, with the key.
fn asking(address: &str) -> Value {
    json!({ "chat": { "model": {
        "provider": "OpenAICompatible", "name": "any", "endpoint": format!("http://{address}/v1"),
        "apiKey": { "name": "llm", "key": "token" },
    } } })
}

/// One who is used to the chat as it was before: it goes on so.
async fn is_served(ada: &Person) {
    ada.say("show my tasks").await;
}

#[tokio::test]
async fn a_key_goes_only_where_its_secret_says_and_to_whom_it_is_labelled_for() {
    let place = Place::fresh().await;
    let (right, wrong) = (
        Listener::open(&place.namespace.client).await,
        Listener::open(&place.namespace.client).await,
    );
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;

    let key = |base: &Listener| json!({ "token": KEY, "base-url": format!("http://{}/v1", base.address()) });
    place.secret("llm", "another-chat", &key(&right)).await;
    place.edit("team", &asking(right.address())).await;
    let said = place.says("team", "ReferencesResolved", "Forbidden").await;
    assert!(said.message.contains("todochat.dev/allow=team"), "{}", said.message);
    is_served(&ada).await;

    place.secret("llm", "team", &key(&right)).await;
    place.edit("team", &asking(wrong.address())).await;
    let about_address =
        |said: &todochat_operator::crd::Condition| said.message.contains("base-url");
    place
        .until("team", "a word about the address", |team| {
            crate::place::condition(team, "ReferencesResolved").is_some_and(about_address)
        })
        .await;
    place.says("team", "Ready", "Forbidden").await;
    is_served(&ada).await;
    assert_eq!((right.heard(), wrong.heard()), (String::new(), String::new()));

    place.edit("team", &asking(right.address())).await;
    place.ready("team").await;
    // It has no answer, and that is told; but it was asked, and with the key.
    ada.at(&place.door("team").await).try_to_say("hello").await.unwrap_err();
    assert!(right.heard().contains(KEY), "{}", right.heard());
    assert_eq!(wrong.heard(), "");
}

#[tokio::test]
async fn an_image_from_elsewhere_is_not_run() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    let image = json!({ "repository": "registry.example.com/todochat/chat-server", "tag": "1" });
    place.edit("team", &json!({ "chat": { "image": image } })).await;
    let said = place.says("team", "Accepted", "PolicyDenied").await;
    assert!(said.message.contains("registry.example.com"), "{}", said.message);
    is_served(&ada).await;
    place.edit("team", &json!({ "chat": { "image": null } })).await;
    place.ready("team").await;
    is_served(&ada).await;
}
