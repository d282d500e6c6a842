//! A household's XMPP server in your own program. Any client on this machine logs in as `ann@localhost`,
//! password `04938261`; `--accounts N` makes `bench0`, `bench1`, … with the password `password` instead.
use std::sync::Arc;

use televisor_server::{ArchiveConfig, Config, FixedAccounts, OneCertificate, Server, ServerParts};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (count, archive): (Option<u32>, _) = match arguments[..] {
        [] => (None, ArchiveConfig::default()),
        ["--accounts", count] => (Some(count.parse()?), ArchiveConfig::default()),
        ["--accounts", count, "--no-archive"] => (Some(count.parse()?), ArchiveConfig::OFF),
        _ => return Err("usage: household [--accounts N [--no-archive]]".into()),
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
        config: Config { domain: "localhost".to_owned(), archive, ..Config::default() },
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
