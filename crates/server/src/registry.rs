//! The explicit list of features, and the look-up from payload to feature.

use std::collections::HashMap;

use crate::compliance::DELIVERY;
use crate::error::Error;
use crate::feature::{Feature, Kind, Spec};
use crate::features::archive::Archive;
use crate::features::archive_preferences::ArchivePreferences;
use crate::features::bind::Bind;
use crate::features::blocking::Blocking;
use crate::features::caps::Caps;
use crate::features::carbons::Carbons;
use crate::features::certificates::Certificates;
use crate::features::client_access::ClientAccess;
use crate::features::commands::{self, frame::Commands};
use crate::features::contact_addresses;
use crate::features::disco_info::DiscoInfo;
use crate::features::disco_items::DiscoItems;
use crate::features::last_activity::{self, LastActivity};
use crate::features::ping::Ping;
use crate::features::private::Private;
use crate::features::pubsub::PubSub;
use crate::features::pubsub_owner::PubSubOwner;
use crate::features::push::Push;
use crate::features::roster::Roster;
use crate::features::time::Time;
use crate::features::vcard::VCard;
use crate::features::vcard4::VCard4;
use crate::features::version::Version;

/// Returns the specification lines of the core and of every feature, for the compliance document.
#[must_use]
pub fn specs() -> Vec<Spec> {
    let features = features();
    let of_features = features.iter().map(|feature| feature.spec());
    let published = crate::pubsub::specs::PUBLISHED;
    let more = commands::SPECS.into_iter().chain([contact_addresses::SPEC, last_activity::IDLE]);
    let fixed = crate::stream_specs::STREAMS.iter().copied().chain(DELIVERY).chain(published);
    let of_embedders = [crate::features::http_upload::SPEC];
    fixed.chain(more).chain(of_features).chain(of_embedders).collect()
}

/// Every feature, one line each.
fn features() -> Vec<Box<dyn Feature>> {
    vec![
        Box::new(Archive),
        Box::new(ArchivePreferences),
        Box::new(Bind),
        Box::new(Blocking),
        Box::new(Carbons),
        Box::new(Caps),
        Box::new(Certificates),
        Box::new(ClientAccess),
        Box::new(Commands::default()),
        Box::new(DiscoInfo),
        Box::new(DiscoItems),
        Box::new(LastActivity::default()),
        Box::new(Ping),
        Box::new(Private),
        Box::new(PubSub),
        Box::new(PubSubOwner),
        Box::new(Push),
        Box::new(Roster),
        Box::new(Time),
        Box::new(VCard),
        Box::new(VCard4),
        Box::new(Version),
    ]
}

/// Features by the payload they answer.
pub(crate) struct Registry {
    features: Vec<Box<dyn Feature>>,
    claims: HashMap<(&'static str, &'static str, Kind), usize>,
}

impl Registry {
    #[cfg(test)]
    pub(crate) fn new(extra: Vec<Box<dyn Feature>>) -> Result<Self, Error> {
        Self::without(&[], extra)
    }

    /// Leaves out what implements these documents: it is switched off.
    pub(crate) fn without(off: &[&str], extra: Vec<Box<dyn Feature>>) -> Result<Self, Error> {
        let mut registry = Self { features: Vec::new(), claims: HashMap::new() };
        for feature in features().into_iter().chain(extra) {
            if !off.contains(&feature.spec().document) {
                registry.add(feature)?;
            }
        }
        Ok(registry)
    }

    fn add(&mut self, feature: Box<dyn Feature>) -> Result<(), Error> {
        let document = feature.spec().document;
        for claim in feature.claims() {
            for kind in claim.kind.map_or(vec![Kind::Get, Kind::Set], |kind| vec![kind]) {
                let key = (claim.name, claim.namespace, kind);
                if let Some(first) = self.claims.insert(key, self.features.len()) {
                    let first = self.features.get(first).map_or(document, |f| f.spec().document);
                    let payload = format!("<{} xmlns='{}'/>", claim.name, claim.namespace);
                    return Err(Error::DuplicateClaim { payload, first, second: document });
                }
            }
        }
        self.features.push(feature);
        Ok(())
    }

    pub(crate) fn find(&self, name: &str, namespace: &str, kind: Kind) -> Option<&dyn Feature> {
        let claim = self
            .claims
            .iter()
            .find(|((n, ns, k), _)| *n == name && *ns == namespace && *k == kind)?;
        self.features.get(*claim.1).map(Box::as_ref)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &dyn Feature> {
        self.features.iter().map(Box::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use televisor_xmpp::ns;

    #[test]
    fn every_payload_is_claimed_once_and_found() {
        let registry = Registry::new(Vec::new()).unwrap();
        assert!(registry.find("query", ns::ROSTER, Kind::Set).is_some());
        assert!(registry.find("ping", ns::PING, Kind::Get).is_some());
        assert!(registry.find("ping", ns::PING, Kind::Set).is_none());
    }

    #[test]
    fn a_duplicate_claim_refuses_the_start() {
        let twice = Registry::new(vec![Box::new(Ping)]);
        assert!(matches!(twice, Err(Error::DuplicateClaim { first: "XEP-0199", .. })));
    }
}
