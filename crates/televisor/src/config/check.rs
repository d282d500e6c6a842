//! What is wrong although it could be read: each with the key's full path, and what would be right.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use televisor_xmpp::jid::{BareJid, Domain, DomainKind, Jid};

use super::Config;
use super::root::is_local;

/// Checks what the file says.
pub(super) fn values(config: &Config) -> Result<(), String> {
    let name = config.friendly_name();
    // RFC 6763 section 4.1.1: an instance name is one DNS label, at most 63 bytes.
    if name.trim().is_empty() || name.len() > 60 || name.chars().any(char::is_control) {
        return Err("name: must be 1 to 60 bytes of text, since it is a name on the network".into());
    }
    listen("xmpp.listen", &config.xmpp.listen)?;
    listen("web.listen", &config.web.listen)?;
    config.uploads.check()?;
    federation(config)?;
    reach(config)?;
    if let Some(uplink) = &config.uplink {
        account("uplink.jid", &uplink.jid)?;
        resolver("uplink.resolver", uplink.resolver.as_deref())?;
        uplink.host.as_deref().map_or(Ok(()), |host| host_and_port("uplink.host", host))?;
    }
    if let Some(component) = &config.component {
        world_name("component.domain", &component.domain)?;
        host_and_port("component.host", &component.host)?;
    }
    Ok(())
}

/// Checks that the files it names can be read.
pub(super) fn files(config: &Config) -> Result<(), String> {
    let reach = &config.reach;
    let named = [
        ("federation.ca_file", config.federation.ca_file.as_deref()),
        (
            "reach.dns.tsig_secret_file",
            reach.dns.as_ref().map(|dns| dns.tsig_secret_file.as_path()),
        ),
        ("reach.acme.ca_file", reach.acme.as_ref().and_then(|acme| acme.ca_file.as_deref())),
        ("uplink.password_file", config.uplink.as_ref().map(|up| up.password_file.as_path())),
        ("uplink.ca_file", config.uplink.as_ref().and_then(|up| up.ca_file.as_deref())),
        ("component.secret_file", config.component.as_ref().map(|c| c.secret_file.as_path())),
    ];
    for (key, file) in named {
        let Some(file) = file else { continue };
        readable(file).map_err(|why| format!("{key}: {}: {why}", file.display()))?;
    }
    Ok(())
}

fn readable(file: &Path) -> Result<(), String> {
    let opened = std::fs::File::open(file).map_err(|error| error.to_string())?;
    let size = opened.metadata().map_err(|error| error.to_string())?.len();
    if size == 0 { Err("is empty".to_owned()) } else { Ok(()) }
}

fn federation(config: &Config) -> Result<(), String> {
    let federation = &config.federation;
    addresses("federation.listen", &federation.listen)?;
    resolver("federation.resolver", federation.resolver.as_deref())
}

fn reach(config: &Config) -> Result<(), String> {
    if let Some(name) = &config.reach.public_name {
        world_name("reach.public_name", name)?;
    }
    // A real domain of the household is the public name, where no other is given.
    let public_name = config.public_name();
    televisor_reach::Config { public_name, ..config.reach.clone() }.check()
}

fn listen(key: &str, all: &[String]) -> Result<(), String> {
    if all.is_empty() {
        return Err(format!("{key}: at least one address is needed"));
    }
    addresses(key, all)
}

fn addresses(key: &str, all: &[String]) -> Result<(), String> {
    match all.iter().find(|a| a.parse::<SocketAddr>().is_err()) {
        Some(bad) => {
            Err(format!("{key}: `{bad}` is not an address with a port, such as \"[::]:5222\""))
        }
        None => Ok(()),
    }
}

fn resolver(key: &str, text: Option<&str>) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    if text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    Err(format!("{key}: `{text}` is not an address, such as \"192.0.2.53\" or \"[::1]:5300\""))
}

fn host_and_port(key: &str, text: &str) -> Result<(), String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(()),
        _ => Err(format!("{key}: `{text}` is not a host with a port, such as \"127.0.0.1:5275\"")),
    }
}

fn account(key: &str, text: &str) -> Result<(), String> {
    let bare = text.parse::<Jid>().map(Jid::into_bare).ok();
    match bare.as_ref().and_then(BareJid::localpart) {
        Some(_) => Ok(()),
        None => Err(format!("{key}: `{text}` is not an account, such as \"tv@example.org\"")),
    }
}

/// A DNS name that the world can know.
fn world_name(key: &str, text: &str) -> Result<(), String> {
    let is_name = text.parse::<Domain>().is_ok_and(|name| name.kind() == DomainKind::Name);
    if is_name && !is_local(text) {
        return Ok(());
    }
    Err(format!("{key}: `{text}` is not a name the world can know, such as \"tv.example.net\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let config: Config = toml::from_str(text).unwrap();
        values(&config).unwrap_err()
    }

    #[test]
    fn what_belongs_together_is_there_together() {
        let dns = "[reach.dns]\nserver = \"192.0.2.1\"\nzone = \"example.net\"\ntsig_name = \"a\"\n\
                   tsig_secret_file = \"b\"\n";
        let acme = "[reach.acme]\ndirectory = \"https://a.example/d\"\n";
        assert!(wrong(dns).starts_with("reach.public_name: must be set"), "{}", wrong(dns));
        let elsewhere = format!("[reach]\npublic_name = \"tv.example.com\"\n{dns}");
        assert!(wrong(&elsewhere).starts_with("reach.dns: "), "{}", wrong(&elsewhere));
        assert!(wrong(acme).starts_with("reach.acme: needs [reach.dns]"), "{}", wrong(acme));
        let fine = format!("[reach]\npublic_name = \"tv.example.net\"\n{dns}{acme}");
        assert_eq!(values(&toml::from_str(&fine).unwrap()), Ok(()));
        let own = format!("[xmpp]\ndomain = \"tv.example.net\"\n{dns}");
        assert_eq!(values(&toml::from_str(&own).unwrap()), Ok(()));
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        let uplink = "[uplink]\npassword_file = \"p\"\njid = ";
        assert!(
            wrong(&format!("{uplink}\"example.org\"")).starts_with("uplink.jid: `example.org`")
        );
        assert!(wrong("[reach]\npublic_name = \"tv.local\"").starts_with("reach.public_name: "));
        assert!(wrong("[federation]\nlisten = [\"5269\"]").starts_with("federation.listen: "));
        assert!(wrong("[federation]\nresolver = \"dns\"").starts_with("federation.resolver: "));
        let component =
            "[component]\ndomain = \"tv.example.org\"\nsecret_file = \"s\"\nhost = \"h\"";
        assert!(wrong(component).starts_with("component.host: "));
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        let text = "[component]\ndomain = \"tv.example.org\"\nsecret_file = \"/nowhere/at/all\"";
        let error = files(&toml::from_str(text).unwrap()).unwrap_err();
        assert!(error.starts_with("component.secret_file: /nowhere/at/all: "), "{error}");
    }
}
