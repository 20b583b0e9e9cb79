use super::*;

const OWN: &str = "
chat: {image: {repository: images.example/team/chat, tag: v7}}
toolServers:
  - {name: files, source: {type: Stdio, stdio: {image: {repository: files, tag: v1}, command: [files]}}}
  - {name: search, source: {type: Image, image: {image: {repository: evil.example/search, tag: v1}}}}
database: {embedded: {image: {repository: images.example/teams/postgres, tag: '18'}}}
";

fn allowing(registries: &[&str]) -> Case {
    let mut case = Case::new(OWN);
    case.settings.allowed_registries = registries.iter().map(|&r| r.to_owned()).collect();
    case
}

#[test]
fn any_registry_will_do_unless_the_operator_says_otherwise() {
    assert_eq!(
        allowing(&[]).accepted().chat.image,
        Image("images.example/team/chat:v7".to_owned())
    );
}

#[test]
fn every_image_of_a_spec_is_held_against_the_list() {
    let refused = allowing(&["images.example/team"]).refused();
    let [postgres, files, search] = &refused[..] else { panic!("{refused:#?}") };
    says(postgres, "PolicyDenied", "`images.example/teams/postgres` is from a registry");
    says(files, "PolicyDenied", "`docker.io/library/files`");
    says(search, "PolicyDenied", "allowed are images.example/team");
}

#[test]
fn what_was_allowed_is_what_is_pulled() {
    let case = allowing(&["images.example", "docker.io/library", "evil.example/search"]);
    let Runs::Stdio { pods, .. } = &case.accepted().tool_servers[0].runs else { panic!("stdio") };
    assert_eq!(pods.image, Image("docker.io/library/files:v1".to_owned()));
}

#[test]
fn the_images_of_the_release_are_the_operators_own_choice() {
    let mut case = Case::new("{}");
    case.settings.allowed_registries = vec!["elsewhere.example".to_owned()];
    let image = case.accepted().chat.image;
    assert_eq!(image, Image("images.example/todochat/chat-server:1.4.2".to_owned()));
}

#[test]
fn an_image_is_pinned_by_tag_or_by_digest() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let yaml = format!("chat: {{image: {{repository: a.example/chat, digest: '{digest}'}}}}");
    assert_eq!(validated(&yaml).chat.image, Image(format!("a.example/chat@{digest}")));
    refuses("chat: {image: {repository: a.example/chat}}", "Malformed", "a tag or a digest");
    refuses(
        "chat: {image: {repository: 'a.example/chat:v1', tag: v2}}",
        "Malformed",
        "without tag",
    );
}
