//! A household's XMPP server in your own program. Any client on this machine logs in as `ann@localhost`,
//! password `04938261`; `--accounts N` makes `bench0`, `bench1`, … with the password `password` instead.
use std::sync::Arc;

use televisor_server::{Config, FixedAccounts, OneCertificate, Server, ServerParts};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: Option<u32> = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => None,
        (Some("--accounts"), Some(count)) => Some(count.parse()?),
        _ => return Err("usage: household [--accounts N]".into()),
    };
    let accounts = match count {
        Some(count) => FixedAccounts::new(
            (0..count).map(|n| format!("bench{n}")),
            "password",
            b"a salt, 16 bytes",
        )?,
        None => FixedAccounts::new(["ann", "bob"], "04938261", b"a salt, 16 bytes")?,
    };
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)?;
    let key = rustls::sign::CertifiedKey::new(vec![made.cert.der().clone()], key);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("household.db");
    let server = Server::start(ServerParts {
        config: Config { domain: "localhost".to_owned(), ..Config::default() },
        certificates: Arc::new(OneCertificate(Arc::new(key))),
        accounts: Arc::new(accounts),
        residents: Vec::new(),
        store: televisor_store::Database::open(&file, &[televisor_server::PART])?,
        clock: televisor_clock::Clock::system(),
        on_link: Arc::new(|_, _| false),
        features: Vec::new(),
    })
    .await?;
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
