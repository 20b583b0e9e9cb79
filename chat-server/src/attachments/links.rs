//! Addresses that open one file of one user for a while: browsers load pictures, and stock clients send files, without a token of
//! their own.
//!
//! What makes an address good is a token of our own issuer for an audience that nothing else accepts, bound to the file and to what
//! may be done with it. Keys are replaced under it as under every other token.

use std::sync::Arc;

use chatkit_server::protocol::{
    Attachment, AttachmentUploadDescriptor, FileAttachment, ImageAttachment, Object, ThreadItem,
    UploadMethod,
};
use chrono::TimeDelta;
use serde_json::json;
use todochat_auth::{CallBinding, Issuer, MAX_LIFETIME, Mint, UserId, Verifier};
use todochat_service::{Clock, Ids};

use super::MediaType;
use crate::store::attachments::Row;

/// Where attachments are served, under the public URL.
pub(super) const PATH: &str = "/api/chatkit/attachments";

/// How long an address is good.
const LIFETIME: TimeDelta = MAX_LIFETIME;

/// Makes and judges addresses of files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Links {
    issuer: Issuer,
    verifier: Verifier,
    audience: Arc<str>,
    clock: Clock,
    ids: Ids,
}

/// What an address is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Sending the file.
    Upload,
    /// Reading it.
    Content,
}

impl Purpose {
    /// The end of the address's path.
    fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Content => "content",
        }
    }

    /// What a token for it is bound to.
    fn with(self, id: &str) -> CallBinding {
        CallBinding::of(self.as_str(), &json!({ "attachment_id": id }))
    }
}

impl Links {
    /// Addresses under `public_url`, signed by `issuer`.
    pub fn new(issuer: Issuer, public_url: &str, clock: Clock, ids: Ids) -> Self {
        let audience = format!("{public_url}{PATH}");
        let verifier = Verifier::new(audience.clone())
            .trust_keys(issuer.url(), issuer.keys().public().clone());
        Self { issuer, verifier, audience: audience.into(), clock, ids }
    }

    /// An address with which whoever has it can do this with the user's file, for a quarter of an hour.
    pub fn to(&self, purpose: Purpose, user: &UserId, id: &str) -> String {
        let token_id = self.ids.next("jti_");
        let mint = Mint {
            audience: &self.audience,
            subject: user.as_str(),
            lifetime: LIFETIME,
            session: None,
            call: Some(purpose.with(id)),
            token_id: &token_id,
        };
        let token = self.issuer.mint(&mint, self.clock.now());
        format!("{}/{id}/{}?token={token}", self.audience, purpose.as_str())
    }

    /// Whose file an address's token opens, if it is good for this.
    pub async fn opens(&self, token: &str, purpose: Purpose, id: &str) -> Option<UserId> {
        let principal = self.verifier.verify(token, self.clock.now()).await.ok()?;
        let fits = principal.call.is_some_and(|call| call == purpose.with(id));
        principal.user.filter(|_| fits)
    }

    /// A file as clients are shown it: with an address to send it to until it is there, and a picture with one to look at it.
    pub fn describe(&self, user: &UserId, row: &Row) -> Attachment {
        let Row { id, name, mime_type, thread_id, .. } = row.clone();
        let upload_descriptor = row.uploaded_at.is_none().then(|| AttachmentUploadDescriptor {
            url: self.to(Purpose::Upload, user, &id),
            method: UploadMethod::Put,
            headers: [("Content-Type".to_owned(), mime_type.clone())].into(),
        });
        let metadata = Object::new();
        if mime_type.parse().is_ok_and(|kind: MediaType| kind.is_image()) {
            let preview_url = self.to(Purpose::Content, user, &id);
            Attachment::Image(ImageAttachment {
                id,
                name,
                mime_type,
                upload_descriptor,
                thread_id,
                preview_url,
                metadata,
            })
        } else {
            Attachment::File(FileAttachment {
                id,
                name,
                mime_type,
                upload_descriptor,
                thread_id,
                metadata,
            })
        }
    }

    /// Gives the pictures of a kept item addresses that are good again.
    pub fn renew(&self, user: &UserId, item: &mut ThreadItem) {
        let ThreadItem::UserMessage(message) = item else { return };
        for attachment in &mut message.attachments {
            if let Attachment::Image(image) = attachment {
                image.preview_url = self.to(Purpose::Content, user, &image.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use todochat_auth::KeyRing;

    use super::*;

    fn links(public_url: &str, keys: &Arc<KeyRing>, clock: &Clock) -> Links {
        let issuer = Issuer::new(keys.clone(), "http://chat".to_owned());
        Links::new(issuer, public_url, clock.clone(), Ids::sequence())
    }

    fn token(address: &str) -> &str {
        address.split_once("?token=").unwrap().1
    }

    #[tokio::test]
    async fn an_address_opens_one_file_for_one_purpose_for_a_while() {
        let keys = Arc::new(KeyRing::generate());
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let links = links("http://chat", &keys, &clock);
        let ann = UserId::parse("usr_ann").unwrap();
        let address = links.to(Purpose::Content, &ann, "atc_1");
        assert!(address.starts_with("http://chat/api/chatkit/attachments/atc_1/content?token="));
        let opens = |id: &'static str, purpose| links.opens(token(&address), purpose, id);
        assert_eq!(opens("atc_1", Purpose::Content).await, Some(ann));
        assert_eq!(opens("atc_2", Purpose::Content).await, None);
        assert_eq!(opens("atc_1", Purpose::Upload).await, None);
        clock.advance(LIFETIME + TimeDelta::minutes(2));
        assert_eq!(opens("atc_1", Purpose::Content).await, None);
    }

    #[tokio::test]
    async fn tokens_for_anything_else_open_nothing() {
        let keys = Arc::new(KeyRing::generate());
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let ann = UserId::parse("usr_ann").unwrap();
        let here = links("http://chat", &keys, &clock);
        let elsewhere = links("http://other", &keys, &clock).to(Purpose::Content, &ann, "atc_1");
        let forged = links("http://chat", &Arc::new(KeyRing::generate()), &clock);
        let forged = forged.to(Purpose::Content, &ann, "atc_1");
        for token in [token(&elsewhere), token(&forged), "", "x.y.z"] {
            assert_eq!(here.opens(token, Purpose::Content, "atc_1").await, None, "{token}");
        }
    }
}
