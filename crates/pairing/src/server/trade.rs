//! `POST <root>/<uuid>/upgrade`: a paired device trades its passcode for a secret (R9).
//!
//! It must come within 10 minutes of the pairing. Doing it again with the same secret, say because
//! the answer got lost, changes nothing and is fine at any time.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{OriginalUri, Path, Request, State};
use axum::response::Response;
use http::Method;
use subtle::ConstantTimeEq;
use televisor_model::DeviceId;

use super::answers;
use super::claim::{Asker, Checked};
use super::handle::Pairing;
use super::routes::neighbour;
use crate::credentials;
use crate::digest::{Authorization, Ha1s};
use crate::upgrade;

/// Largest body; a real one has 57 bytes.
const BODY: usize = 1024;
/// How long the body may take.
const SENDING: Duration = Duration::from_secs(10);

/// `POST <root>/<uuid>/upgrade`.
pub(super) async fn upgrade(
    State(pairing): State<Pairing>,
    Path(uuid): Path<String>,
    OriginalUri(target): OriginalUri,
    request: Request,
) -> Response {
    let Some(peer) = neighbour(&request) else { return answers::not_found() };
    if request.method() != Method::POST {
        return answers::only("POST");
    }
    if !peer.tls {
        return answers::tls_only();
    }
    let asker = match Asker::read(&pairing, &uuid, &target, &request) {
        Ok(asker) => asker,
        Err(answer) => return *answer,
    };
    let (answer, ha1s) = match pairing.known_device(&asker) {
        Checked::Right(answer, ha1s) => (answer, ha1s),
        Checked::Not(answer) => return answer,
    };
    let body = tokio::time::timeout(SENDING, to_bytes(request.into_body(), BODY)).await;
    let Ok(Ok(body)) = body else { return answers::bad_secret() };
    let Ok(wanted) = serde_json::from_slice::<upgrade::Request>(&body) else {
        return answers::bad_secret();
    };
    if is_kept_already(&pairing, asker.id, &wanted.secret, &ha1s) {
        return traded(&answer, &ha1s);
    }
    if !pairing.change(|desk, now| desk.window.may_trade(now, asker.id)) {
        return answers::too_late();
    }
    let (id, realm, keeper) = (asker.id, pairing.receiver().uuid, pairing.clone());
    let trade = tokio::spawn(async move {
        let derive = move || credentials::derive(id, realm, wanted.secret.expose());
        match tokio::task::spawn_blocking(derive).await {
            Ok(Ok(new)) => keeper.inner.ledger.upgrade(id, new).await.is_ok(),
            _ => false,
        }
    });
    if !matches!(trade.await, Ok(true)) {
        tracing::error!(device = %asker.id, "an upgrade was not kept");
        return answers::unavailable(Duration::ZERO);
    }
    tracing::info!(device = %asker.id, "passcode traded for a secret");
    traded(&answer, &ha1s)
}

/// Says whether the device's password is that secret already.
fn is_kept_already(pairing: &Pairing, id: DeviceId, secret: &upgrade::Secret, kept: &Ha1s) -> bool {
    let realm = pairing.receiver().uuid.to_string();
    let wanted = Ha1s::derive(&id.to_string(), &realm, secret.expose());
    wanted.sha256.ct_eq(&kept.sha256).into()
}

fn traded(answer: &Authorization, ha1s: &Ha1s) -> Response {
    let full = upgrade::Answer { tier: "full".to_owned() };
    answers::json(&full, &answer.acknowledge(ha1s).to_string())
}
