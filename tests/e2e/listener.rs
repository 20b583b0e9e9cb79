//! A server of whoever would like to have a key: it hears all that is sent to it, and has nothing to say.

use std::{
    net::UdpSocket,
    sync::{Arc, Mutex, PoisonError},
};

use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client, api::ListParams};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const REFUSED: &[u8] = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The server, on this machine.
pub(crate) struct Listener {
    address: String,
    heard: Arc<Mutex<String>>,
}

impl Listener {
    /// Begins to listen where the pods of the cluster can reach it.
    pub(crate) async fn open(client: &Client) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<String>>::default();
        let hearing = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(hear(stream, hearing.clone()));
            }
        });
        Self { address: format!("{}:{port}", own_address(client).await), heard }
    }

    /// Its address, as pods know it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// All that was sent to it, and a line for each connection.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn hear(mut stream: TcpStream, heard: Arc<Mutex<String>>) {
    let note = |text: &str| heard.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    note("a connection\n");
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        note(&String::from_utf8_lossy(&piece[..length]));
        if stream.write_all(REFUSED).await.is_err() {
            return;
        }
    }
}

/// The address from which this machine speaks to the cluster's node: there the pods find it.
async fn own_address(client: &Client) -> String {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await.unwrap();
    let status = nodes.items[0].status.clone().unwrap();
    let inside = status.addresses.unwrap().into_iter().find(|one| one.type_ == "InternalIP");
    // Nothing is sent: the system only has to choose a way.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect((inside.unwrap().address.as_str(), 9)).unwrap();
    socket.local_addr().unwrap().ip().to_string()
}
