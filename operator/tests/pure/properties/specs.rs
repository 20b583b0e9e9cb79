//! Specs as people could write them: every field and every choice, within the rules of the schema.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use todochat_operator::{
    crd::{TodoChat, TodoChatSpec},
    testing::{self, Case, Progress},
};

/// An object, what the operator was told, and how far the world is.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let world = select(vec![Progress::Fresh, Progress::Migrating, Progress::Ready]);
    (name(38), spec(), world, any::<bool>()).prop_map(|(name, spec, world, told)| {
        let spec: TodoChatSpec = serde_json::from_value(spec.clone())
            .unwrap_or_else(|error| panic!("{error} in {spec:#}"));
        let mut object = testing::object("");
        object.metadata.name = Some(name);
        let mut settings = testing::settings();
        if told {
            settings.outgoing_allow = vec!["10.0.0.0/8".parse().unwrap()];
            settings.metrics_from = vec!["monitoring".to_owned()];
            settings.image_pull_secrets = vec!["mirror".to_owned()];
        }
        Case { object: TodoChat { spec, ..object }, settings, world }
    })
}

fn spec() -> impl Strategy<Value = Value> {
    (chat(), vec(tool(), 0..4), database(), option::of(exposure()), network(), rest()).prop_map(
        |(chat, tools, database, exposure, network, rest)| {
            let by_streams = chat["autoscaling"]["target"] == "ActiveStreams";
            let mut spec = fields([
                ("toolServers", Some(numbered(tools))),
                ("exposure", exposure),
                ("network", network),
            ]);
            merge(&mut spec, rest);
            if by_streams {
                remove(&mut spec, "observability");
            }
            if database.get("backup").is_none() {
                remove(&mut spec, "deletionPolicy");
            }
            merge(&mut spec, json!({ "chat": chat, "database": database }));
            spec
        },
    )
}

fn rest() -> impl Strategy<Value = Value> {
    (
        option::of(select(vec!["Auto", "Enabled", "Disabled"])),
        option::of(any::<bool>()),
        vec(name(8), 0..3),
        option::of(select(vec!["Delete", "Retain", "Snapshot"])),
        any::<bool>(),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(monitor, budget, pull, deletion, paused, suspended)| {
            let mut pull: Vec<_> = pull.iter().map(|name| json!({ "name": name })).collect();
            pull.dedup();
            fields([
                ("observability", monitor.map(|monitor| json!({ "monitor": monitor }))),
                ("availability", budget.map(|budget| json!({ "podDisruptionBudget": budget }))),
                ("imagePullSecrets", Some(pull.into())),
                ("deletionPolicy", deletion.map(Into::into)),
                ("paused", Some(paused.into())),
                ("suspended", Some(suspended.into())),
            ])
        })
}

fn chat() -> impl Strategy<Value = Value> {
    let replicas = (0..4).prop_map(|replicas| json!({ "replicas": replicas }));
    let scaled = (1..4i32, 0..5i32, any::<bool>(), 1..500).prop_map(|(least, more, streams, value)| {
        let target = if streams { "ActiveStreams" } else { "CPU" };
        let most = least + more;
        json!({ "autoscaling": { "minReplicas": least, "maxReplicas": most, "target": target, "value": value } })
    });
    (
        prop_oneof![replicas, scaled],
        option::of(image()),
        option::of(model()),
        auth(),
        option::of(streaming()),
        option::of(environment()),
        option::of(resources()),
        option::of(pod()),
    )
        .prop_map(|(mut chat, image, model, auth, streaming, env, resources, pod)| {
            let said = fields([
                ("image", image),
                ("model", model),
                ("auth", Some(auth)),
                ("streaming", streaming),
                ("env", env),
                ("resources", resources),
                ("pod", pod),
            ]);
            merge(&mut chat, said);
            chat
        })
}

fn streaming() -> impl Strategy<Value = Value> {
    (500..5000, 0..3600, 1..60).prop_map(|(streams, drain, heartbeat)| {
        json!({
            "maxStreamsPerPod": streams,
            "drainTimeout": format!("{drain}s"),
            "heartbeat": format!("{heartbeat}s"),
        })
    })
}

fn model() -> impl Strategy<Value = Value> {
    let endpoint = select(vec![
        "https://models.example.com/v1",
        "http://models.ai.svc:8000/v1",
        "https://[2001:db8::1]:8443/v1/",
    ]);
    let provider = select(vec!["OpenAI", "AzureOpenAI", "OpenAICompatible", "Anthropic", "Ollama"]);
    let prompt = prop_oneof![
        Just(json!({ "inline": "Be brief." })),
        entry().prop_map(|entry| json!({ "configMapKeyRef": entry })),
    ];
    (provider, endpoint, any::<bool>(), entry(), any::<bool>(), option::of(prompt)).prop_map(
        |(provider, endpoint, named, key, keyed, prompt)| {
            let own = matches!(provider, "OpenAI" | "Anthropic");
            let free = matches!(provider, "OpenAICompatible" | "Ollama");
            fields([
                ("provider", Some(provider.into())),
                ("name", Some("some-model".into())),
                ("endpoint", (named || !own).then(|| endpoint.into())),
                ("apiKey", (keyed || !free).then_some(key)),
                ("systemPrompt", prompt),
            ])
        },
    )
}

fn auth() -> impl Strategy<Value = Value> {
    let jwks = json!({
        "type": "JWKS",
        "issuers": [{
            "issuer": "https://id.example.com", "jwksUrl": "https://id.example.com/keys",
            "audience": "todochat", "algorithms": ["ES256", "EdDSA"], "tokenType": "Any",
        }],
    });
    prop_oneof![
        Just(json!({ "signup": "Open" })),
        Just(json!({ "signup": "Disabled" })),
        entry().prop_map(|codes| json!({ "signup": "Invite", "inviteCodes": codes })),
        Just(jwks),
    ]
}

fn tool() -> impl Strategy<Value = Value> {
    let todo = Just(json!({ "source": { "type": "Builtin" } }));
    let served = (image(), 1..60_000i32, option::of(vec("[a-z]{1,8}", 1..3))).prop_map(
        |(image, port, args)| {
            let source = fields([
                ("image", Some(image)),
                ("port", Some(port.into())),
                ("path", Some("/rpc".into())),
                ("command", args.as_ref().map(|args| json!(args))),
                ("args", args.as_ref().map(|args| json!(args))),
            ]);
            json!({ "source": { "type": "Image", "image": source } })
        },
    );
    let bridged = (image(), vec("[a-z]{1,8}", 1..3)).prop_map(|(image, command)| {
        let source = json!({ "type": "Stdio", "stdio": { "image": image, "command": command } });
        json!({ "source": source, "sessions": "Sticky" })
    });
    let ours = (
        prop_oneof![todo, served, bridged],
        option::of(1..4i32),
        option::of(select(vec!["None", "SharedToken"])),
        egress(),
        option::of(environment()),
        option::of(resources()),
        option::of(pod()),
    )
        .prop_map(|(mut tool, replicas, auth, egress, env, resources, pod)| {
            let builtin = tool["source"]["type"] == "Builtin";
            let said = fields([
                ("replicas", replicas.map(Into::into)),
                ("auth", auth.filter(|_| !builtin).map(|auth| json!({ "type": auth }))),
                ("egress", Some(egress)),
                ("env", env),
                ("resources", resources),
                ("pod", pod),
            ]);
            merge(&mut tool, said);
            tool
        });
    (prop_oneof![3 => ours, 1 => remote()], any::<bool>(), policy()).prop_map(
        |(mut tool, required, policy)| {
            merge(&mut tool, json!({ "required": required, "tools": policy }));
            tool
        },
    )
}

fn remote() -> impl Strategy<Value = Value> {
    (vec(entry(), 0..3), option::of(entry())).prop_map(|(headers, ca)| {
        let header = |(n, entry): (usize, &Value)| {
            json!({ "name": format!("X-Header-{n}"), "secretKeyRef": entry })
        };
        let headers: Vec<_> = headers.iter().enumerate().map(header).collect();
        let remote = fields([
            ("url", Some("https://tools.example.com:8443/mcp".into())),
            ("headersFrom", Some(headers.into())),
            ("caBundle", ca),
        ]);
        json!({ "source": { "type": "Remote", "remote": remote } })
    })
}

fn policy() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        Just(json!({ "deny": ["wipe"] })),
        Just(json!({ "allow": ["add", "list"], "requireApproval": ["add"] })),
    ]
}

fn egress() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "mode": "Deny" })),
        Just(json!({ "mode": "AllowAll" })),
        Just(json!({ "mode": "AllowList", "to": [{ "ports": [{ "port": 443 }] }] })),
    ]
}

fn database() -> impl Strategy<Value = Value> {
    let embedded = (option::of(storage()), option::of(resources()), option::of(image())).prop_map(
        |(storage, resources, image)| {
            fields([("storage", storage), ("resources", resources), ("image", image)])
        },
    );
    let backup = storage().prop_map(|storage| {
        json!({ "schedule": "0 3 * * *", "retain": 3, "destination": { "storage": storage } })
    });
    let embedded = (option::of(embedded), option::of(backup))
        .prop_map(|(embedded, backup)| fields([("embedded", embedded), ("backup", backup)]));
    let created = storage().prop_map(
        |storage| json!({ "mode": "CNPG", "cnpg": { "create": { "storage": storage } } }),
    );
    let named = name(12)
        .prop_map(|name| json!({ "mode": "CNPG", "cnpg": { "clusterRef": { "name": name } } }));
    let migrations = prop_oneof![
        Just(json!({ "policy": "Auto", "timeout": "90s" })),
        Just(json!({ "policy": "Manual" })),
        Just(json!({ "policy": "Manual", "approvedVersion": "1.4.2" })),
        Just(json!({ "policy": "Skip" })),
    ];
    (prop_oneof![3 => embedded, 1 => created, 1 => named, 2 => external()], option::of(migrations))
        .prop_map(|(mut database, migrations)| {
            merge(&mut database, fields([("migrations", migrations)]));
            database
        })
}

fn external() -> impl Strategy<Value = Value> {
    let host = select(vec!["db.example.com", "203.0.113.7", "2001:db8::7"]);
    let mode = select(vec!["require", "verify-ca", "verify-full"]);
    (host, 1..60_000i32, name(8), any::<bool>(), mode, option::of(entry())).prop_map(
        |(host, port, login, admin, mode, ca)| {
            let login = json!({ "name": login });
            let whose = if admin { "admin" } else { "credentials" };
            let external = fields([
                ("host", Some(host.into())),
                ("port", Some(port.into())),
                ("database", Some("people".into())),
                (whose, Some(login)),
                ("sslMode", Some(mode.into())),
                ("systemRoots", Some(ca.is_none().into())),
                ("caBundle", ca),
            ]);
            json!({ "mode": "External", "external": external })
        },
    )
}

fn exposure() -> impl Strategy<Value = Value> {
    let class = option::of(select(vec!["nginx", "traefik", "haproxy", "alb", "gce", "other"]));
    let ingress = class.prop_map(|class| {
        let class = fields([("className", class.map(Into::into))]);
        json!({ "type": "Ingress", "ingress": class })
    });
    let route = Just(json!({
        "type": "HTTPRoute", "httpRoute": { "parentRefs": [{ "name": "public", "namespace": "infra" }] },
    }));
    let tls = prop_oneof![
        name(8).prop_map(|name| json!({ "secretRef": { "name": name } })),
        name(8).prop_map(|name| json!({ "certManager": { "issuerRef": { "name": name } } })),
    ];
    (prop_oneof![ingress, route], option::of(tls)).prop_map(|(mut exposure, tls)| {
        merge(&mut exposure, fields([("host", Some("chat.example.com".into())), ("tls", tls)]));
        exposure
    })
}

fn network() -> impl Strategy<Value = Option<Value>> {
    let peers = json!([{ "namespaceSelector": { "matchLabels": { "team": "a" } } }]);
    let rules = json!([{ "to": [{ "ipBlock": { "cidr": "192.0.2.0/24" } }] }]);
    prop_oneof![
        Just(None),
        Just(Some(json!({ "policy": "Disabled" }))),
        Just(Some(json!({ "ingressFrom": peers, "egressTo": rules }))),
    ]
}

fn image() -> impl Strategy<Value = Value> {
    let digest = format!("sha256:{}", "0a".repeat(32));
    prop_oneof![
        "[a-z0-9.]{1,20}[a-z0-9]".prop_map(
            |tag| json!({ "repository": "images.example/some/thing", "tag": format!("v{tag}") })
        ),
        Just(json!({ "repository": "images.example/some/thing", "digest": digest })),
    ]
}

fn environment() -> impl Strategy<Value = Value> {
    (entry(), entry()).prop_map(|(secret, config)| {
        json!([
            { "name": "TZ", "value": "Europe/Vienna" },
            { "name": "FROM_SECRET", "valueFrom": { "secretKeyRef": secret } },
            { "name": "FROM_CONFIG", "valueFrom": { "configMapKeyRef": config } },
        ])
    })
}

fn resources() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "requests": { "cpu": "1", "memory": "1Gi" } })),
        Just(json!({ "limits": { "cpu": "2", "memory": "32Mi", "ephemeral-storage": "1Gi" } })),
    ]
}

fn pod() -> impl Strategy<Value = Value> {
    select(vec!["Zone", "Node", "None"]).prop_map(|spread| {
        json!({
            "labels": { "team": "a" },
            "annotations": { "example.com/note": "x" },
            "nodeSelector": { "pool": "a" },
            "tolerations": [{ "key": "pool", "operator": "Exists" }],
            "topologySpread": spread,
            "priorityClassName": "high",
            "runtimeClassName": "gvisor",
        })
    })
}

fn storage() -> impl Strategy<Value = Value> {
    (1..100, option::of(name(8))).prop_map(|(size, class)| {
        fields([
            ("size", Some(format!("{size}Gi").into())),
            ("storageClassName", class.map(Into::into)),
        ])
    })
}

/// An entry of somebody's Secret or ConfigMap.
fn entry() -> impl Strategy<Value = Value> {
    (name(8), "[a-z]{1,8}").prop_map(|(name, key)| json!({ "name": name, "key": key }))
}

/// A DNS label that begins with a letter, of at most two characters more than `longest`.
fn name(longest: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[a-z]([-a-z0-9]{{0,{longest}}}[a-z0-9])?")).unwrap()
}

/// Tool servers with names of their own.
fn numbered(mut tools: Vec<Value>) -> Value {
    for (n, tool) in tools.iter_mut().enumerate() {
        tool["name"] = format!("tool-{n}").into();
    }
    tools.into()
}

/// An object of the fields that are said.
fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let said = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(said.collect::<Map<_, _>>())
}

fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        panic!("both are objects")
    };
    into.extend(from);
}

fn remove(object: &mut Value, field: &str) {
    object.as_object_mut().unwrap().remove(field);
}
