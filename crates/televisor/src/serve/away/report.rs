//! How reaching the receiver from outside stands: as JSON for scripts, in sentences for people.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};
use televisor_model::Via;
use televisor_reach::{By, External, State};
use televisor_server::FederationStatus;
use televisor_uplink::UplinkState;

use super::ways::Ways;

/// `external` of `status --json`: the door that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ExternalJson {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv6: Option<String>,
    /// The receiver's own ports behind the well-known ones.
    ports: BTreeMap<String, u16>,
    /// The ports outside, where they are others than the well-known ones.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outside: BTreeMap<String, u16>,
    by: &'static str,
    since: Timestamp,
}

impl ExternalJson {
    pub(crate) fn new(door: &External) -> Self {
        let text = |(known, port): (&u16, &u16)| (known.to_string(), *port);
        Self {
            address: door.address.to_string(),
            ipv6: door.ipv6.map(|address| address.to_string()),
            ports: door.ports.iter().map(text).collect(),
            outside: door.outside.iter().filter(|(known, port)| known != port).map(text).collect(),
            by: door.by.as_str(),
            since: door.since,
        }
    }
}

/// `reach` of `status --json`.
pub(crate) fn reach(state: &State) -> Value {
    let dns = state.dns.as_ref().map(|dns| {
        json!({"name": dns.name, "current": dns.current, "since": dns.since, "error": dns.error})
    });
    let certificate = state.certificate.as_ref().map(|certificate| {
        json!({"name": certificate.name, "not_after": certificate.not_after,
               "issuer": certificate.issuer, "error": certificate.error})
    });
    json!({
        "public_name": state.public_name,
        "obstacles": state.obstacles.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dns": dns,
        "certificate": certificate,
    })
}

/// `federation` of `status --json`; null when it is switched off.
pub(crate) fn federation(ways: &Ways, status: &FederationStatus) -> Value {
    if !ways.federates() {
        return Value::Null;
    }
    json!({"public_name": status.public_name, "inbound": status.inbound,
           "outbound": status.outbound, "queued": status.queued})
}

/// `component` of `status --json`; null when there is none.
pub(crate) fn component(ways: &Ways, status: &FederationStatus) -> Value {
    ways.component().map_or(Value::Null, |domain| {
        json!({"domain": domain, "connected": status.component.unwrap_or_default(),
               "queued": status.queued})
    })
}

/// `uplink` of `status --json`; null when there is none.
pub(crate) fn uplink(ways: &Ways) -> Value {
    let Some((account, state)) = ways.uplink() else { return Value::Null };
    let (word, why) = match state {
        UplinkState::Connecting => ("connecting", None),
        UplinkState::Online { .. } => ("online", None),
        UplinkState::Refused { why } => ("refused", Some(why)),
        UplinkState::Away { why, .. } => ("away", Some(why)),
    };
    json!({"jid": account, "state": word, "why": why})
}

/// Whether the receiver can be reached from outside: the answer first.
pub(crate) fn sentences(ways: &Ways, status: &FederationStatus) -> Vec<String> {
    let mut all = by_component(ways, status);
    let through = by_uplink(ways);
    if all.is_empty() {
        let reach = ways.reach();
        match &through {
            Some(Ok(yes)) => all.push(yes.clone()),
            _ => all.push(by_door(ways, &reach)),
        }
        let first = usize::from(reach.external.is_none() && all.len() == 1 && through.is_none());
        let rest = if ways.federates() { &reach.obstacles[..] } else { &[] };
        all.extend(rest.iter().skip(first).map(ToString::to_string));
    }
    if let Some(Err(no)) = through {
        all.push(no);
    }
    let way = ways.out().ok().and_then(|via: Via| ways.address(via));
    all.extend(way.map(|address| format!("My address out there: {address}")));
    all
}

fn by_component(ways: &Ways, status: &FederationStatus) -> Vec<String> {
    let Some(domain) = ways.component() else { return Vec::new() };
    vec![match status.component {
        Some(true) => format!("Yes: through the server that I belong to, as {domain}."),
        _ => {
            format!("No: the server that I belong to as {domain} is not connected. I go on trying.")
        }
    }]
}

fn by_uplink(ways: &Ways) -> Option<Result<String, String>> {
    let (account, state) = ways.uplink()?;
    Some(match state {
        UplinkState::Online { .. } => Ok(format!("Yes, through the account {account}.")),
        UplinkState::Connecting => Err(format!("The account {account} is not connected yet.")),
        UplinkState::Refused { why } => Err(format!("The account {account} does not work: {why}")),
        UplinkState::Away { why, .. } => {
            Err(format!("The account {account} is not connected now: {why}"))
        }
    })
}

fn by_door(ways: &Ways, reach: &State) -> String {
    if !ways.federates() {
        return "No: talking to other servers is switched off. Set enabled = true under [federation]."
            .to_owned();
    }
    match (&reach.external, reach.obstacles.first()) {
        (Some(door), _) => format!("Yes, at {}.", describe(door)),
        (None, Some(obstacle)) => format!("No. {obstacle}"),
        (None, None) => "Not yet: I am still asking the router. Ask again in a minute.".to_owned(),
    }
}

/// `11.22.33.1, ports 5222 and 5269, opened by NAT-PMP, since 21:40`.
pub(crate) fn describe(door: &External) -> String {
    let ports: Vec<String> = door.outside.values().map(ToString::to_string).collect();
    let ports = match ports.as_slice() {
        [] => String::new(),
        [one] => format!(", port {one}"),
        many => format!(", ports {}", many.join(" and ")),
    };
    let by = match door.by {
        By::NatPmp => ", opened by NAT-PMP",
        By::Pcp => ", opened by PCP",
        By::Upnp => ", opened by UPnP",
        By::Direct => ", an address of my own",
    };
    let since = door.since.to_zoned(TimeZone::system()).strftime("%a %-d %b %H:%M").to_string();
    format!("{}{ports}{by}, since {since}", door.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> External {
        External {
            address: "192.0.2.7".parse().unwrap(),
            ipv6: None,
            outside: BTreeMap::from([(5222, 5222), (5269, 5270)]),
            ports: BTreeMap::from([(5222, 5222), (5269, 5269)]),
            by: By::NatPmp,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    fn ways(component: Option<&str>, federation: bool, state: State) -> Ways {
        let server = std::sync::Arc::new(tokio::sync::OnceCell::new());
        let ways = Ways::new("tv".to_owned(), server, component.map(str::to_owned), federation);
        ways.set_reach(tokio::sync::watch::Sender::new(state).subscribe());
        ways
    }

    fn shut() -> State {
        let address = "100.64.1.2".parse().unwrap();
        let obstacles = vec![televisor_reach::Obstacle::CarrierNat { address }];
        State { obstacles, ..State::default() }
    }

    #[test]
    fn an_open_door_is_the_way_and_the_answer() {
        let open = State { external: Some(door()), ..State::default() };
        let ways = ways(None, true, open);
        assert!(ways.out().is_err(), "no name yet");
        ways.set_public_name("192.0.2.7");
        assert_eq!(ways.out(), Ok(Via::Federation));
        assert_eq!(ways.address(Via::Federation).as_deref(), Some("tv@192.0.2.7"));
        let said = sentences(&ways, &FederationStatus::default());
        assert!(said[0].starts_with("Yes, at 192.0.2.7, ports 5222"), "{said:?}");
        assert_eq!(said[1..], ["My address out there: tv@192.0.2.7"]);
    }

    #[test]
    fn a_shut_door_says_why_once() {
        let ways = ways(None, true, shut());
        let why = ways.out().unwrap_err();
        assert!(why.contains("100.64.1.2") && why.contains("uplink"), "{why}");
        assert_eq!(sentences(&ways, &FederationStatus::default()), [format!("No. {why}")]);
        // With a name of its own it can at least go out.
        ways.set_public_name("tv.example.org");
        assert_eq!(ways.out(), Ok(Via::Federation));
    }

    #[test]
    fn a_component_needs_no_door_and_says_whether_it_is_connected() {
        let ways = ways(Some("tv1.example.org"), true, shut());
        assert_eq!(ways.out(), Ok(Via::Component));
        let status = |connected| FederationStatus {
            component: Some(connected),
            ..FederationStatus::default()
        };
        assert!(sentences(&ways, &status(true))[0].starts_with("Yes: "));
        let said = sentences(&ways, &status(false));
        assert!(said[0].starts_with("No: ") && said.len() == 2, "{said:?}");
    }

    #[test]
    fn what_is_switched_off_is_said_to_be() {
        let ways = ways(None, false, shut());
        assert!(ways.out().unwrap_err().contains("[federation]"));
        let said = sentences(&ways, &FederationStatus::default());
        assert!(said.len() == 1 && said[0].contains("switched off"), "{said:?}");
    }

    #[test]
    fn the_door_has_the_shape_of_the_contract() {
        let json = serde_json::to_value(ExternalJson::new(&door())).unwrap();
        assert_eq!(json["address"], "192.0.2.7");
        assert_eq!(json["ports"], json!({"5222": 5222, "5269": 5269}));
        assert_eq!(json["outside"], json!({"5269": 5270}));
        assert_eq!(json["by"], "nat-pmp");
    }

    #[test]
    fn the_door_is_one_line_for_people() {
        let line = describe(&door());
        assert!(
            line.starts_with("192.0.2.7, ports 5222 and 5270, opened by NAT-PMP, since "),
            "{line}"
        );
    }
}
