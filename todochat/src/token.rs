//! `todochat token`: an access token from the data folder's own key.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use todochat_auth::{Issuer, KeyRing, MAX_LIFETIME, Mint, UserId};
use todochat_chat_server::{accounts, state::api_audience};
use todochat_service::{Clock, Ids};

use crate::{
    addresses::{Addresses, mcp_url},
    data::DataFolder,
};

/// Whose token, and for what.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The e-mail address of the user the token is for
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// What the token is good for
    #[arg(long, value_enum)]
    audience: Audience,
    /// The data folder of `todochat up`
    #[arg(long, env = "TODOCHAT_DATA", value_name = "DIR", default_value = "./todochat-data")]
    data: PathBuf,
    /// The public URL, if not the one of the last `todochat up`
    #[arg(long, env = "TODOCHAT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The tool server's address, if not the one of the last `todochat up`
    #[arg(long, env = "TODOCHAT_MCP_LISTEN", value_name = "ADDR")]
    mcp_listen: Option<SocketAddr>,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Audience {
    /// The REST API and ChatKit
    Chat,
    /// The tool server
    Mcp,
}

/// Prints a token, or fails if there is no such user.
pub(crate) async fn run(args: &TokenArgs) -> anyhow::Result<()> {
    let folder = DataFolder::existing(&args.data)?;
    let addresses = args.addresses(&folder)?;
    let keys = Arc::new(KeyRing::load(&folder.signing_keys())?);
    let user = user(&folder, &args.user).await?;
    let issuer = Issuer::new(keys, addresses.public_url.clone());
    writeln!(io::stdout(), "{}", mint(&issuer, args.audience, &addresses, &user))?;
    Ok(())
}

impl TokenArgs {
    /// The addresses of the last `todochat up`, as far as the flags name no others.
    fn addresses(&self, folder: &DataFolder) -> anyhow::Result<Addresses> {
        let Addresses { mut public_url, mcp_url: mut mcp } = folder.addresses()?;
        if let Some(url) = &self.public_url {
            url.trim_end_matches('/').clone_into(&mut public_url);
        }
        if let Some(listen) = self.mcp_listen {
            mcp = mcp_url(listen);
        }
        Ok(Addresses { public_url, mcp_url: mcp })
    }
}

async fn user(folder: &DataFolder, email: &str) -> anyhow::Result<UserId> {
    let database = folder.database().connect().await?;
    let user = accounts::user_by_email(&database, email).await?;
    database.close().await;
    user.with_context(|| format!("there is no user with the e-mail address {email}"))
}

fn mint(issuer: &Issuer, audience: Audience, addresses: &Addresses, user: &UserId) -> String {
    let api = api_audience(&addresses.public_url);
    let mint = Mint {
        audience: match audience {
            Audience::Chat => &api,
            Audience::Mcp => &addresses.mcp_url,
        },
        subject: user.as_str(),
        lifetime: MAX_LIFETIME,
        session: None,
        call: None,
        token_id: &Ids::random().next("tok_"),
    };
    issuer.mint(&mint, Clock::system().now())
}

#[cfg(test)]
mod tests {
    use todochat_auth::Verifier;

    use super::*;

    #[tokio::test]
    async fn a_token_is_good_for_its_audience_only() {
        let keys = Arc::new(KeyRing::generate());
        let addresses = Addresses {
            public_url: "http://127.0.0.1:8080".into(),
            mcp_url: "http://127.0.0.1:8081/mcp".into(),
        };
        let issuer = Issuer::new(keys.clone(), addresses.public_url.clone());
        let user = UserId::parse(&Ids::sequence().next("usr_")).unwrap();
        let verifier = |audience: &str| {
            Verifier::new(audience.to_owned()).trust_ring(&addresses.public_url, &keys)
        };
        let (chat, mcp) = (verifier("http://127.0.0.1:8080/api"), verifier(&addresses.mcp_url));
        let now = Clock::system().now();

        let token = mint(&issuer, Audience::Chat, &addresses, &user);
        assert_eq!(chat.verify(&token, now).await.unwrap().user, Some(user.clone()));
        assert!(mcp.verify(&token, now).await.is_err());

        let token = mint(&issuer, Audience::Mcp, &addresses, &user);
        assert_eq!(mcp.verify(&token, now).await.unwrap().user, Some(user));
        assert!(chat.verify(&token, now).await.is_err());
    }
}
