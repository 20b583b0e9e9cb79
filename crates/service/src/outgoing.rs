//! Which addresses a program may call. Models, issuers, tool servers and webhooks are configured by
//! people who need not be allowed into the network the program stands in: a name may resolve to public
//! addresses, or to those that `--outgoing-allow` lists, and to nothing else.
//!
//! Names are judged when they are resolved, so that a name cannot point elsewhere later; literal
//! addresses never reach a resolver and are judged by [`Outgoing::check`] when they are configured.
//! Redirects and proxies would go round both and are off.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::{
    ClientBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};

/// How long a connection may take to be made.
pub const CONNECT: Duration = Duration::from_secs(5);
/// What a program calls itself.
pub const USER_AGENT: &str = concat!("todochat/", env!("CARGO_PKG_VERSION"));

/// The addresses that may be called. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    allowed: Arc<[IpNet]>,
    listed_only: bool,
}

/// An entry of `--outgoing-allow` that is no network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is neither an address nor a network such as 10.0.0.0/8")]
pub struct NotANetwork {
    entry: String,
}

/// Why an address may not be called.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Not `http` or `https`, without a host, or with a user or password in it.
    #[error("the URL must be http or https with a host, and without user or password")]
    Url,
    /// An address of this network that is not allowed.
    #[error("{address} is not a public address; allow it with --outgoing-allow")]
    Address {
        /// The address.
        address: IpAddr,
    },
    /// A name all of whose addresses are not allowed.
    #[error("`{name}` resolves to no public address; allow its addresses with --outgoing-allow")]
    Name {
        /// The name.
        name: String,
    },
}

impl Outgoing {
    /// Public addresses and those of `entries`: networks (`10.0.0.0/8`) or addresses.
    pub fn new<S: AsRef<str>>(entries: &[S]) -> Result<Self, NotANetwork> {
        let allowed = entries.iter().map(|entry| network(entry.as_ref().trim()));
        Ok(Self { allowed: allowed.collect::<Result<_, _>>()?, listed_only: false })
    }

    /// Public addresses and those of `networks`.
    pub fn with_networks(networks: &[IpNet]) -> Self {
        Self { allowed: networks.into(), listed_only: false }
    }

    /// Every address: for what whoever runs this server has configured, and nobody else could have.
    #[must_use]
    pub fn anywhere() -> Self {
        let allowed = [Ipv4Net::default().into(), Ipv6Net::default().into()];
        Self { allowed: Arc::new(allowed), listed_only: false }
    }

    /// The same without public addresses: for what may go unencrypted, within one's own network.
    #[must_use]
    pub fn listed_only(&self) -> Self {
        Self { listed_only: true, ..self.clone() }
    }

    /// Whether `address` may be called.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        (!self.listed_only && is_public(address))
            || self.allowed.iter().any(|network| network.contains(&address))
    }

    /// Judges a configured URL as far as it can be without resolving its name.
    pub fn check(&self, url: &Url) -> Result<(), Forbidden> {
        let web = matches!(url.scheme(), "http" | "https");
        if !web || !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::Url);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Forbidden::Url)?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match literal {
            Ok(address) if !self.permits(address) => Err(Forbidden::Address { address }),
            _ => Ok(()),
        }
    }

    /// An HTTP client that calls nothing else. URLs must pass [`check`](Self::check) first.
    pub fn client(&self) -> ClientBuilder {
        reqwest::Client::builder()
            .dns_resolver(self.clone())
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .user_agent(USER_AGENT)
    }

    /// The addresses of `name` that may be called; an error if there are none.
    pub async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((name, port)).await?.collect();
        self.permitted(name, found)
    }

    fn permitted(&self, name: &str, mut found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
        found.retain(|found| self.permits(found.ip()));
        if found.is_empty() {
            let name = name.to_owned();
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, Forbidden::Name { name }));
        }
        Ok(found)
    }
}

impl Resolve for Outgoing {
    fn resolve(&self, name: Name) -> Resolving {
        let outgoing = self.clone();
        Box::pin(async move {
            let found = outgoing.addresses(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn network(entry: &str) -> Result<IpNet, NotANetwork> {
    let network = entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| NotANetwork { entry: entry.to_owned() })
}

/// Whether the whole internet knows `address` (the special-purpose registries of RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

/// Within `2000::/3` all but what is special; an address that carries a v4 address is judged by it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (s[0], s[1]) {
        (0x64, 0xff9b) if s[2..6] == [0; 4] => is_public_v4(v4(s[6], s[7])),
        (0x2002, _) => is_public_v4(v4(s[1], s[2])),
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        (first, _) => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIAL: &[&str] = &[
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "8.8.8.8",
        "100.63.0.1",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.0.1",
        "223.255.255.254",
        "2606:4700:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ];

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_public_addresses_may_be_called() {
        let outgoing = Outgoing::default();
        let wrong: Vec<_> = SPECIAL.iter().filter(|a| outgoing.permits(address(a))).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let wrong: Vec<_> = PUBLIC.iter().filter(|a| !outgoing.permits(address(a))).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn what_is_allowed_may_be_called_however_it_is_written() {
        let outgoing = Outgoing::new(&["127.0.0.0/8", " ::1 ", "10.0.0.7"]).unwrap();
        for allowed in ["127.0.0.1", "::ffff:127.0.0.1", "::1", "10.0.0.7"] {
            assert!(outgoing.permits(address(allowed)), "{allowed}");
        }
        assert!(!outgoing.permits(address("10.0.0.8")));
    }

    #[test]
    fn anywhere_is_everywhere() {
        let anywhere = Outgoing::anywhere();
        let wrong: Vec<_> = SPECIAL.iter().filter(|a| !anywhere.permits(address(a))).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn of_what_is_listed_only_that_may_be_called() {
        let listed = Outgoing::new(&["127.0.0.0/8"]).unwrap().listed_only();
        assert!(listed.permits(address("127.0.0.1")));
        assert!(!listed.permits(address("8.8.8.8")));
    }

    #[test]
    fn a_list_entry_must_be_a_network() {
        for bad in ["", "10.0.0.0/33", "localhost", "10.0.0.0/8,127.0.0.1"] {
            assert!(Outgoing::new(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_literal_address_is_judged_when_it_is_configured() {
        let outgoing = Outgoing::default();
        let check = |url: &str| outgoing.check(&Url::parse(url).unwrap());
        assert_eq!(check("https://api.openai.com/v1"), Ok(()));
        assert_eq!(check("http://8.8.8.8/v1"), Ok(()));
        for forbidden in
            ["http://127.0.0.1:4010/v1", "http://[::1]/v1", "http://2130706433/", "http://0x7f.1/"]
        {
            assert!(matches!(check(forbidden), Err(Forbidden::Address { .. })), "{forbidden}");
        }
        for bad in ["ftp://example.com/", "file:///etc/passwd", "https://me:secret@example.com/"] {
            assert_eq!(check(bad), Err(Forbidden::Url), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_that_points_inside_is_not_resolved() {
        let resolved = Outgoing::default().resolve("localhost".parse().unwrap()).await;
        let error = resolved.err().expect("localhost is not public").to_string();
        assert!(error.contains("--outgoing-allow"), "{error}");
        let allowing = Outgoing::new(&["127.0.0.0/8", "::1"]).unwrap();
        assert!(allowing.resolve("localhost".parse().unwrap()).await.is_ok());
    }

    #[test]
    fn of_mixed_addresses_only_the_permitted_are_used() {
        let found = vec!["10.0.0.1:0".parse().unwrap(), "8.8.8.8:0".parse().unwrap()];
        let permitted = Outgoing::default().permitted("name", found).unwrap();
        assert_eq!(permitted, ["8.8.8.8:0".parse().unwrap()]);
    }
}
