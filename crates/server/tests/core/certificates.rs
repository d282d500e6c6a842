//! Certificates that accounts have registered, as the embedding program sees them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use televisor_server::ClientCertificate;
use televisor_xmpp::scram::{Hash, derive_keys};

use crate::client::Client;
use crate::household::{ANN, BOB, Household};

/// Registers a new certificate; returns what the server should know of it.
async fn register(client: &mut Client, account: &str, name: &str) -> ClientCertificate {
    let made = rcgen::generate_simple_self_signed(Vec::new()).unwrap();
    let der = made.cert.der().to_vec();
    client
        .send(&format!(
            "<iq type='set' id='1'><append xmlns='urn:xmpp:saslcert:1'><name>{name}</name>\
             <x509cert>{}</x509cert></append></iq>",
            STANDARD.encode(&der)
        ))
        .await;
    assert_eq!(client.element().await.attr("type"), Some("result"));
    ClientCertificate { account: account.to_owned(), name: name.to_owned(), sha256: sha256(&der) }
}

fn sha256(der: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(der).into()
}

#[tokio::test]
async fn the_program_is_told_of_certificates_and_whose_they_are() {
    let house = Household::new().await;
    let certificates = house.server.client_certificates();
    let mut changes = certificates.changes();
    let mut ann = house.login(ANN, "sofa").await;
    let phone = register(&mut ann, ANN, "Phone").await;
    changes.changed().await.unwrap();
    assert_eq!(certificates.owner(&phone.sha256), Some(ANN.to_owned()));
    assert_eq!(certificates.list(), [phone]);
    assert_eq!(certificates.owner(&[0; 32]), None);
}

#[tokio::test]
async fn what_a_forgotten_account_registered_proves_nothing_at_once() {
    let house = Household::new().await;
    let (mut ann, mut bob) = (house.login(ANN, "sofa").await, house.login(BOB, "hall").await);
    let anns = register(&mut ann, ANN, "Phone").await;
    let bobs = register(&mut bob, BOB, "Phone").await;
    let certificates = house.server.client_certificates();
    let mut changes = certificates.changes();
    house.people.forget(ANN);
    assert_eq!(certificates.owner(&anns.sha256), None, "not even before the server is told");
    house.server.accounts_changed();
    changes.changed().await.unwrap();
    assert_eq!(certificates.list(), [bobs]);
}

#[tokio::test]
async fn other_credentials_leave_no_certificate_of_who_had_the_old_ones() {
    let house = Household::new().await;
    let mut thief = house.login(ANN, "stolen").await;
    let stolen = register(&mut thief, ANN, "Phone").await;
    let keys = derive_keys("a better secret", b"sixteen bytes 16", 4096, Hash::Sha256).unwrap();
    house.people.set_keys(ANN, keys);
    let certificates = house.server.client_certificates();
    assert_eq!(certificates.owner(&stolen.sha256), None);
    assert_eq!(certificates.list(), []);
    // Neither does its name stand in the way, nor the certificate itself.
    let mut ann = thief;
    let phone = register(&mut ann, ANN, "Phone").await;
    assert_eq!(certificates.list(), [phone]);
}
