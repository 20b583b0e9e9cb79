//! The stand-in for all tool servers, asked as the operator asks: through `HTTP_PROXY`.

use http::StatusCode;
use rmcp::{
    ServiceExt as _,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use todochat_tests::cluster::{Outage, ToolServers};

#[tokio::test]
async fn every_host_offers_two_tools() {
    let servers = ToolServers::start().await;
    for host in ["a-tool-todo.one.svc", "b-tool-todo.two.svc"] {
        assert_eq!(tools(&servers, host, None).await.unwrap(), ["add_task", "list_tasks"]);
        assert!(servers.asked()[host] > 0);
    }
    servers.offer(&["only"]);
    assert_eq!(tools(&servers, "a-tool-todo.one.svc", None).await.unwrap(), ["only"]);
}

#[tokio::test]
async fn one_host_may_be_out_of_order() {
    let servers = ToolServers::start().await;
    let broken = [Outage::NotMcp, Outage::Status(StatusCode::SERVICE_UNAVAILABLE)];
    for outage in broken {
        servers.break_down("a.one.svc", outage);
        assert!(tools(&servers, "a.one.svc", None).await.is_none());
        assert!(tools(&servers, "b.one.svc", None).await.is_some());
        servers.mend("a.one.svc");
        assert!(tools(&servers, "a.one.svc", None).await.is_some());
    }
}

#[tokio::test]
async fn a_token_can_be_demanded() {
    let servers = ToolServers::start().await;
    servers.demand("swordfish");
    assert!(tools(&servers, "a.one.svc", Some("mackerel")).await.is_none());
    assert!(tools(&servers, "a.one.svc", Some("swordfish")).await.is_some());
}

/// A handshake; nothing when it fails.
async fn tools(servers: &ToolServers, host: &str, token: Option<&str>) -> Option<Vec<String>> {
    let proxy = reqwest::Proxy::http(format!("http://{}", servers.address)).unwrap();
    let http = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let url = format!("http://{host}:8080/mcp");
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    config.auth_header = token.map(str::to_owned);
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let client = ().serve(transport).await.ok()?;
    let list = client.list_all_tools().await.ok()?;
    Some(list.into_iter().map(|tool| tool.name.into_owned()).collect())
}
