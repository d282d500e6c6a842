//! `GET <root>/<uuid>`: the challenge, the code on the screen, and the claim (steps 8 to 12 of the
//! draft); and the same for a device that is paired already.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{OriginalUri, Path, Request, State};
use axum::response::Response;
use http::{Method, header};
use televisor_model::DeviceId;
use tokio::time::Instant;
use uuid::Uuid;

use super::answers;
use super::handle::{Desk, Paired, Pairing};
use super::ledger::NewPairing;
use super::passcode::Passcode;
use super::routes::{ROOT, is_cross_site, neighbour};
use super::window::Turn;
use crate::credentials;
use crate::digest::{Authorization, Ha1s, Lifetime, Standing};
use crate::offer::{Offer, OfferedReceiver};

/// What a request says about who sends it.
pub(super) struct Asker {
    pub(super) id: DeviceId,
    pub(super) source: IpAddr,
    pub(super) method: Method,
    /// `None` where there are no Digest credentials for this very device.
    pub(super) authorization: Option<Authorization>,
}

/// What checking credentials comes to.
pub(super) enum Checked {
    Right(Authorization, Ha1s),
    /// Answer this.
    Not(Response),
}

impl Asker {
    /// Reads a request to `uuid`.
    pub(super) fn read(
        pairing: &Pairing,
        uuid: &str,
        target: &http::Uri,
        request: &Request,
    ) -> Result<Self, Box<Response>> {
        let peer = neighbour(request).ok_or_else(|| Box::new(answers::not_found()))?;
        if is_cross_site(request) {
            return Err(Box::new(answers::foreign_page()));
        }
        let id = Uuid::parse_str(uuid).ok().map(DeviceId).filter(|id| id.to_string() == uuid);
        let id = id.ok_or_else(|| Box::new(answers::not_found()))?;
        let given = request.headers().get(header::AUTHORIZATION);
        let authorization = match given.map(|value| Authorization::parse(value.as_bytes())) {
            None | Some(Ok(None)) => None,
            Some(Err(_)) => return Err(Box::new(answers::malformed())),
            Some(Ok(Some(given))) => {
                // MUST be the request target (RFC 7616 section 3.4.6).
                let asked = target.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
                if given.uri != asked && given.uri != target.to_string() {
                    return Err(Box::new(answers::malformed()));
                }
                let realm = pairing.receiver().uuid.to_string();
                Some(given).filter(|g| g.username == uuid && g.realm == realm)
            }
        };
        Ok(Self { id, source: peer.peer.ip(), method: request.method().clone(), authorization })
    }
}

/// `GET <root>/<uuid>`.
pub(super) async fn device(
    State(pairing): State<Pairing>,
    Path(uuid): Path<String>,
    OriginalUri(target): OriginalUri,
    request: Request,
) -> Response {
    let asker = match Asker::read(&pairing, &uuid, &target, &request) {
        Ok(asker) => asker,
        Err(answer) => return *answer,
    };
    if asker.method != Method::GET {
        return answers::only("GET");
    }
    let pending = pairing.change(|desk, now| {
        desk.window.tick(now);
        desk.window.is_pending(asker.id)
    });
    if pending {
        return pending_device(&pairing, asker).await;
    }
    match pairing.known_device(&asker) {
        Checked::Right(answer, ha1s) => {
            let name = pairing.inner.ledger.name(asker.id).unwrap_or_default();
            tracing::debug!(device = %asker.id, name, "a paired device asked");
            pairing.offer(asker.id, &answer, &ha1s)
        }
        Checked::Not(answer) => answer,
    }
}

async fn pending_device(pairing: &Pairing, asker: Asker) -> Response {
    if asker.authorization.is_none() {
        return pairing.change(|desk, now| {
            if desk.window.show(now, asker.id) {
                pairing.challenge(desk, now, asker.id, Lifetime::Pairing, false)
            } else {
                answers::not_found()
            }
        });
    }
    // Wrong codes make the next one wait; it waits here, so that a device of 2010 need not know.
    let turn = || pairing.change(|desk, now| desk.window.turn(now, asker.source));
    if let Turn::After(wait) = turn() {
        tokio::time::sleep(wait).await;
        if let Turn::After(wait) = turn() {
            return answers::too_many(wait);
        }
    }
    match pairing.check_pending(&asker) {
        Verdict::Answer(answer) => answer,
        Verdict::Right { answer, ha1s, name, code } => {
            let keeper = pairing.clone();
            let id = asker.id;
            // On its own, so that a device that hangs up does not leave it half done.
            let kept = tokio::spawn(async move { keeper.keep(id, name, code).await });
            match kept.await {
                Ok(true) => pairing.offer(id, &answer, &ha1s),
                _ => answers::unavailable(Duration::ZERO),
            }
        }
    }
}

enum Verdict {
    Right { answer: Authorization, ha1s: Ha1s, name: String, code: Passcode },
    Answer(Response),
}

impl Pairing {
    /// Makes a challenge for one device.
    pub(super) fn challenge(
        &self,
        desk: &Desk,
        now: Instant,
        id: DeviceId,
        lifetime: Lifetime,
        stale: bool,
    ) -> Response {
        match desk.nonces.make(lifetime, id.0.as_bytes(), self.nonce_time(now)) {
            Ok(nonce) => answers::challenge(&self.receiver().uuid.to_string(), &nonce, stale),
            Err(_) => answers::unavailable(Duration::ZERO),
        }
    }

    /// Checks the credentials of a pending device, all under one lock.
    fn check_pending(&self, asker: &Asker) -> Verdict {
        let Some(given) = &asker.authorization else {
            return Verdict::Answer(answers::malformed());
        };
        let fresh = self.attempt();
        self.change(|desk, now| {
            desk.window.tick(now);
            let (scope, at) = (asker.id.0.as_bytes(), self.nonce_time(now));
            let Some(ha1s) = desk.window.ha1s(asker.id) else {
                self.weigh_in_vain(desk, now, asker);
                return Verdict::Answer(answers::not_found());
            };
            if desk.nonces.standing(&given.nonce, scope, given.nc, at) == Standing::Stale {
                let lifetime = Lifetime::Pairing;
                let answer = self.challenge(desk, now, asker.id, lifetime, true);
                return Verdict::Answer(answer);
            }
            desk.nonces.spend(&given.nonce, scope, given.nc, at);
            if !given.is_right(asker.method.as_str(), &ha1s) {
                let onward =
                    fresh.ok().and_then(|f| desk.window.wrong(now, asker.id, asker.source, f));
                tracing::info!(device = %asker.id, source = %asker.source, "wrong code");
                return Verdict::Answer(onward.map_or_else(answers::not_found, answers::go_on_at));
            }
            match desk.window.claim(asker.id) {
                Some((name, code)) => Verdict::Right {
                    answer: given.clone(),
                    ha1s,
                    name: name.as_str().to_owned(),
                    code,
                },
                None => Verdict::Answer(answers::unavailable(Duration::ZERO)),
            }
        })
    }

    /// Keeps a new device; says whether it is on disk.
    async fn keep(&self, id: DeviceId, name: String, code: Passcode) -> bool {
        let realm = self.receiver().uuid;
        let derive = move || credentials::derive(id, realm, code.expose());
        let kept = match tokio::task::spawn_blocking(derive).await {
            Ok(Ok(credentials)) => {
                let new = NewPairing { id, name: name.clone(), credentials };
                self.inner.ledger.pair(new).await.map_err(|error| error.to_string())
            }
            _ => Err("no credentials could be derived".to_owned()),
        };
        self.change(|desk, now| desk.window.settle(now, id, kept.is_ok()));
        match &kept {
            Ok(()) => {
                tracing::info!(device = %id, name, "paired");
                self.announce(Paired { id, name });
            }
            Err(error) => tracing::error!(device = %id, error, "a pairing was not kept"),
        }
        kept.is_ok()
    }

    /// Checks the credentials of a device that should be paired already.
    pub(super) fn known_device(&self, asker: &Asker) -> Checked {
        let Some(kept) = self.inner.ledger.credentials(asker.id) else {
            // What a wrong code costs.
            let _ = std::hint::black_box(self.attempt());
            self.change(|desk, now| self.weigh_in_vain(desk, now, asker));
            return Checked::Not(answers::not_found());
        };
        let ha1s = Ha1s { md5: kept.ha1_md5, sha256: kept.ha1_sha256 };
        self.change(|desk, now| {
            let challenge = |desk: &Desk, stale| {
                Checked::Not(self.challenge(desk, now, asker.id, Lifetime::Session, stale))
            };
            let Some(given) = &asker.authorization else { return challenge(desk, false) };
            if let Some(wait) = desk.throttle.wait(asker.id, asker.source, now) {
                return Checked::Not(answers::too_many(wait));
            }
            let (scope, at) = (asker.id.0.as_bytes(), self.nonce_time(now));
            if desk.nonces.standing(&given.nonce, scope, given.nc, at) == Standing::Stale {
                return challenge(desk, true);
            }
            if !given.is_right(asker.method.as_str(), &ha1s) {
                desk.throttle.wrong(asker.id, asker.source, now);
                return challenge(desk, false);
            }
            desk.nonces.spend(&given.nonce, scope, given.nc, at);
            desk.throttle.right(asker.id, asker.source);
            Checked::Right(given.clone(), ha1s.clone())
        })
    }

    /// Does for an unknown or burnt UUID the work that a wrong code makes, so that the time taken
    /// does not tell them apart.
    fn weigh_in_vain(&self, desk: &Desk, now: Instant, asker: &Asker) {
        let Some(given) = &asker.authorization else { return };
        let (scope, at) = (asker.id.0.as_bytes(), self.nonce_time(now));
        let standing = desk.nonces.standing(&given.nonce, scope, given.nc, at);
        let right = given.is_right(asker.method.as_str(), &self.inner.decoy);
        std::hint::black_box((standing, right));
    }

    /// The 2xx: who we are and where the upgrade is, with the proof that we know the passcode too.
    fn offer(&self, id: DeviceId, answer: &Authorization, ha1s: &Ha1s) -> Response {
        let receiver = self.receiver();
        let mut offer = Offer {
            receiver: OfferedReceiver { uuid: receiver.uuid, name: receiver.name },
            jid: format!("{id}@{}", receiver.jid_domain),
            xmpp_port: receiver.xmpp_port,
            https_port: receiver.https_port,
            certificate_sha256: receiver.certificate_sha256,
            proof: String::new(),
        };
        offer.sign(&ha1s.sha256, answer);
        let mut response = answers::json(&offer, &answer.acknowledge(ha1s).to_string());
        let link = format!("<{ROOT}/{id}/upgrade>; rel=\"upgrade\"");
        answers::set(&mut response, header::LINK, &link);
        response
    }
}
