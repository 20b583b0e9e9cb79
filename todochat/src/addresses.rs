//! The addresses tokens are made for: the issuer and the two audiences.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// The addresses of one `todochat up`, kept in its data folder so that `todochat token` finds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    /// The address people use, without a trailing slash; the issuer of tokens.
    pub(crate) public_url: String,
    /// The tool server's address; the audience of its tokens.
    pub(crate) mcp_url: String,
}

/// The address under which a program that listens on `listen` is reached from this machine.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The tool server's address when it listens on `listen`.
pub(crate) fn mcp_url(listen: SocketAddr) -> String {
    format!("http://{}/mcp", reachable(listen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_machine_is_reached_as_loopback() {
        for (listen, url) in [
            ("127.0.0.1:8081", "http://127.0.0.1:8081/mcp"),
            ("0.0.0.0:8081", "http://127.0.0.1:8081/mcp"),
            ("[::]:8081", "http://[::1]:8081/mcp"),
            ("192.0.2.7:80", "http://192.0.2.7:80/mcp"),
        ] {
            assert_eq!(mcp_url(listen.parse().unwrap()), url, "{listen}");
        }
    }
}
