//! What of `[reach]` cannot be followed although it could be read: said before anything starts.

use crate::{AcmeConfig, Config, acme, dns};

impl Config {
    /// Checks what the tables say about each other.
    ///
    /// # Errors
    /// What is wrong, beginning with the key's full path.
    pub fn check(&self) -> Result<(), String> {
        if let Some(dns) = &self.dns {
            let name = self.public_name.as_deref().ok_or_else(|| {
                "reach.public_name: must be set with [reach.dns]; it is the name that is kept right"
                    .to_owned()
            })?;
            dns::check(name, &dns.zone).map_err(|why| format!("reach.dns: {why}"))?;
        }
        self.acme.as_ref().map_or(Ok(()), |acme| self.check_acme(acme))
    }

    fn check_acme(&self, acme: &AcmeConfig) -> Result<(), String> {
        if let Some(why) = acme.challenge.as_deref().and_then(acme::refused_challenge) {
            return Err(format!("reach.acme.challenge: {why}"));
        }
        if self.dns.is_none() {
            return Err(
                "reach.acme: needs [reach.dns]; the name is proven through it (dns-01)".to_owned()
            );
        }
        if !acme.directory.starts_with("https://") {
            return Err("reach.acme.directory: must begin with https://".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{AcmeConfig, Config, DnsConfig};

    fn dns(zone: &str) -> Option<DnsConfig> {
        Some(DnsConfig {
            server: "192.0.2.53".to_owned(),
            zone: zone.to_owned(),
            tsig_name: "televisor".to_owned(),
            tsig_secret_file: "/etc/televisor/tsig".into(),
        })
    }

    fn acme(challenge: Option<&str>) -> Option<AcmeConfig> {
        Some(AcmeConfig {
            directory: "https://ca.example/dir".to_owned(),
            contact: None,
            challenge: challenge.map(str::to_owned),
            ca_file: None,
        })
    }

    fn config(dns: Option<DnsConfig>, acme: Option<AcmeConfig>) -> Config {
        let public_name = Some("tv.example.org".to_owned());
        Config { public_name, dns, acme, ..Config::default() }
    }

    #[test]
    fn a_name_in_its_zone_with_a_certificate_by_dns_is_fine() {
        config(dns("example.org"), acme(Some("dns-01"))).check().unwrap();
        config(dns("tv.example.org"), acme(None)).check().unwrap();
        config(None, None).check().unwrap();
        Config::default().check().unwrap();
    }

    #[test]
    fn challenges_by_other_ports_are_refused_with_the_reason() {
        for (challenge, port) in [("http-01", "80"), ("tls-alpn-01", "443")] {
            let error = config(dns("example.org"), acme(Some(challenge))).check().unwrap_err();
            assert!(error.starts_with("reach.acme.challenge: "), "{error}");
            assert!(error.contains(port) && error.contains("dns-01"), "{error}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let nameless = Config { public_name: None, ..config(dns("example.org"), None) };
        for (config, what) in [
            (nameless, "reach.public_name"),
            (config(dns("example.net"), None), "does not lie in zone"),
            (config(None, acme(None)), "needs [reach.dns]"),
            (config(dns("a b"), None), "zone"),
        ] {
            let error = config.check().unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }
}
