//! Pairing, ending with a profile on disk (draft-mcroberts-remote-pairing, and the upgrade).
//!
//! The secret is on disk before it is sent: if the trade is cut off half way, the next login tries
//! the code, and then the secret.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use televisor_discovery::Receiver;
use televisor_pairing::client::{Claim, Code, Confirmed, PairingClient, Pending, Place};
use televisor_pairing::upgrade::Secret as NewSecret;

use crate::error::Error;
use crate::profile::{Profile, ProfileStore, Secret};

/// The XMPP port of a receiver of 2010, which tells none.
const XMPP_PORT: u16 = 5222;

/// A receiver that shows its code and waits for it.
#[derive(Debug)]
pub struct Pairing {
    client: PairingClient,
    pending: Pending,
    place: Place,
    /// What was known of the receiver before: its name, host and XMPP addresses.
    known: Option<Receiver>,
}

/// What came of a code.
#[derive(Debug)]
pub enum Answer {
    /// Paired; the profile is on disk.
    Paired(Box<Profile>),
    /// The code was wrong; the receiver shows a fresh one.
    Wrong(Box<Pairing>),
}

/// Asks a receiver found on the network to pair. From here on it shows its code.
///
/// # Errors
/// [`Error::NotOpen`] if it announces no pairing, else what the receiver or the network says.
pub async fn pair(receiver: &Receiver, device_name: &str) -> Result<Pairing, Error> {
    let point = receiver.pairing.as_ref().ok_or_else(|| Error::NotOpen(receiver.name.clone()))?;
    let port = point.addresses.first().map_or(80, SocketAddr::port);
    let place = Place {
        root: format!("http://{}:{port}{}", receiver.host, point.path),
        addresses: point.addresses.clone(),
        uuid: receiver.uuid.as_deref().and_then(|uuid| uuid.parse().ok()),
    };
    begin(place, Some(receiver.clone()), device_name).await
}

/// The same for the root URL of a receiver's pairing, such as `http://192.0.2.7:8010/pairing`.
///
/// # Errors
/// What the receiver or the network says.
pub async fn pair_at(root: &str, device_name: &str) -> Result<Pairing, Error> {
    let root = root.trim_end_matches('/').to_owned();
    let place = Place { addresses: literal(&root).into_iter().collect(), root, uuid: None };
    begin(place, None, device_name).await
}

/// Reads the address of a URL whose host is an IP address.
fn literal(root: &str) -> Option<SocketAddr> {
    let authority = root.split_once("://")?.1.split('/').next()?;
    authority.parse().ok()
}

async fn begin(place: Place, known: Option<Receiver>, name: &str) -> Result<Pairing, Error> {
    let client = PairingClient::new();
    let pending = client.begin(&place, name).await?;
    Ok(Pairing { client, pending, place, known })
}

impl Pairing {
    /// Sends the code, trades it for a secret where the receiver does that, and keeps the profile in
    /// `store`.
    ///
    /// # Errors
    /// What the receiver or the network says, and [`Error::File`] if the profile cannot be kept.
    pub async fn finish(self, code: &str, store: &ProfileStore) -> Result<Answer, Error> {
        let Self { client, pending, place, known } = self;
        match pending.finish(Code::read(code)?).await? {
            Claim::WrongCode(pending) => {
                let pending = *pending;
                Ok(Answer::Wrong(Box::new(Self { client, pending, place, known })))
            }
            Claim::Paired(confirmed) => {
                let mut profile = profile(&confirmed, &place, known.as_ref());
                store.keep(&profile)?;
                if confirmed.offer.is_some() {
                    let secret =
                        NewSecret::generate().map_err(televisor_pairing::client::Error::from)?;
                    profile.next_secret = Some(Secret(secret.expose().to_owned()));
                    store.keep(&profile)?;
                    client.upgrade(&place, &confirmed, &secret).await?;
                    profile.secret = Secret(secret.expose().to_owned());
                    profile.next_secret = None;
                    store.keep(&profile)?;
                }
                Ok(Answer::Paired(Box::new(profile)))
            }
        }
    }
}

fn profile(confirmed: &Confirmed, place: &Place, known: Option<&Receiver>) -> Profile {
    let offer = confirmed.offer.as_ref();
    let receiver = confirmed.realm.as_hyphenated().to_string();
    let host = known.map(|known| known.host.clone());
    let port = offer.map_or(XMPP_PORT, |offer| offer.xmpp_port);
    let on_port = |address: &SocketAddr| {
        let mut address = *address;
        address.set_port(port);
        address
    };
    let addresses: Vec<SocketAddr> = known
        .map(|known| known.xmpp.clone())
        .filter(|addresses| !addresses.is_empty())
        .unwrap_or_else(|| place.addresses.iter().map(on_port).collect());
    let domain = host.clone().unwrap_or_else(|| receiver.clone());
    Profile {
        name: offer
            .map(|offer| offer.receiver.name.clone())
            .or_else(|| known.map(|known| known.name.clone()))
            .unwrap_or_else(|| receiver.clone()),
        jid: offer.map_or_else(|| format!("{}@{domain}", confirmed.id), |offer| offer.jid.clone()),
        secret: Secret(confirmed.code.expose().to_owned()),
        next_secret: None,
        certificate_sha256: offer.map(|offer| offer.certificate_sha256.clone()),
        host,
        xmpp_port: port,
        https_port: offer.map_or(0, |offer| offer.https_port),
        addresses,
        vcard_sent: BTreeMap::new(),
        receiver,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_literal_url_is_known() {
        assert_eq!(literal("http://192.0.2.7:8010/pairing"), "192.0.2.7:8010".parse().ok());
        assert_eq!(literal("http://[::1]:8010/pairing"), "[::1]:8010".parse().ok());
        assert_eq!(literal("http://tv.local:8010/pairing"), None);
    }
}
