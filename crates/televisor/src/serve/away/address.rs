//! Under which name the world knows the receiver, and when that may change.
//!
//! A name of one's own stays what it is. An address is what the line has today: when it is another one,
//! everybody who knew the receiver is asked again from there, so it must not change for a moment's
//! trouble.

use std::time::Duration;

use televisor_reach::State;
use tokio::sync::watch;
use tokio::time::sleep;

use super::steward::Steward;
use super::ways::is_literal;
use crate::serve::voice::Voice;

/// How long another address must last before people are asked again from it.
const SETTLED: Duration = Duration::from_secs(10);

/// What is to be done about the name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// It stays as it is.
    Stay,
    /// This is the one from now on.
    Use(String),
    /// This one, if it lasts.
    UseIfItLasts(String),
}

/// What the name depends on besides the door.
#[derive(Debug, Clone)]
struct Names {
    /// The one that the configuration gives.
    configured: Option<String>,
    /// The one under which people were asked last.
    known_as: Option<String>,
    /// The one in use since the start.
    current: Option<String>,
}

impl Names {
    fn judge(&self, state: &State) -> Verdict {
        let has = |name: &String| self.current.as_ref() == Some(name);
        if let Some(name) = &self.configured {
            let was_right = self.known_as.as_ref() == Some(name);
            // Records that are wrong for a moment are no reason to be somebody else.
            if was_right || state.public_name.as_ref() == Some(name) {
                return if has(name) { Verdict::Stay } else { Verdict::Use(name.clone()) };
            }
            if state.dns.as_ref().is_none_or(|dns| dns.error.is_none()) {
                return Verdict::Stay;
            }
        }
        match &state.public_name {
            None => Verdict::Stay,
            Some(name) if has(name) => Verdict::Stay,
            Some(name) if self.known_as.as_ref().is_none_or(|known| known == name) => {
                Verdict::Use(name.clone())
            }
            Some(name) => Verdict::UseIfItLasts(name.clone()),
        }
    }
}

/// Follows the door for as long as the task runs.
pub(in crate::serve) async fn follow(
    voice: Voice,
    configured: Option<String>,
    mut states: watch::Receiver<State>,
) {
    if !voice.ways.federates() {
        return;
    }
    let known_as = voice.receiver.known_as().await.unwrap_or_else(|error| {
        tracing::error!(%error, "the former name could not be read");
        None
    });
    let mut names = Names { configured, known_as, current: None };
    loop {
        let state = states.borrow_and_update().clone();
        match names.judge(&state) {
            Verdict::Stay => {}
            Verdict::Use(name) => take(&voice, &mut names, name).await,
            Verdict::UseIfItLasts(name) => {
                tokio::select! {
                    () = sleep(SETTLED) => take(&voice, &mut names, name).await,
                    changed = states.changed() => match changed {
                        Ok(()) => continue,
                        Err(_) => return,
                    },
                }
            }
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

async fn take(voice: &Voice, names: &mut Names, name: String) {
    tracing::info!(name, "other servers know the receiver by this name now");
    let former = names.known_as.replace(name.clone()).filter(|former| *former != name);
    names.current = Some(name.clone());
    voice.ways.set_public_name(&name);
    if let Err(error) = voice.receiver.set_known_as(&name).await {
        tracing::error!(%error, "the name could not be written down");
    }
    if let Some(former) = former {
        let localpart = voice.receiver.identity().uuid();
        let (from, to) = (format!("{localpart}@{former}"), format!("{localpart}@{name}"));
        if is_literal(Some(&name)) || is_literal(Some(&former)) {
            Steward::moved(voice, &from, &to).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use televisor_reach::DnsState;

    use super::*;

    fn names(configured: Option<&str>, known_as: Option<&str>, current: Option<&str>) -> Names {
        let own = |name: Option<&str>| name.map(str::to_owned);
        Names { configured: own(configured), known_as: own(known_as), current: own(current) }
    }

    fn door(public_name: Option<&str>) -> State {
        State { public_name: public_name.map(str::to_owned), ..State::default() }
    }

    #[test]
    fn the_first_address_is_used_at_once() {
        let verdict = names(None, None, None).judge(&door(Some("192.0.2.7")));
        assert_eq!(verdict, Verdict::Use("192.0.2.7".to_owned()));
        assert_eq!(names(None, None, None).judge(&door(None)), Verdict::Stay);
    }

    #[test]
    fn the_former_address_is_used_at_once_and_another_only_if_it_lasts() {
        let after_a_restart = names(None, Some("192.0.2.7"), None);
        let same = after_a_restart.judge(&door(Some("192.0.2.7")));
        assert_eq!(same, Verdict::Use("192.0.2.7".to_owned()));
        let other = after_a_restart.judge(&door(Some("192.0.2.8")));
        assert_eq!(other, Verdict::UseIfItLasts("192.0.2.8".to_owned()));
    }

    #[test]
    fn a_door_that_shuts_for_a_while_changes_nothing() {
        let running = names(None, Some("192.0.2.7"), Some("192.0.2.7"));
        assert_eq!(running.judge(&door(None)), Verdict::Stay);
        assert_eq!(running.judge(&door(Some("192.0.2.7"))), Verdict::Stay);
    }

    #[test]
    fn a_name_that_was_right_once_stays() {
        let configured = Some("tv.example.net");
        let first = names(configured, None, None);
        assert_eq!(
            first.judge(&door(Some("192.0.2.7"))),
            Verdict::Stay,
            "its records are on the way"
        );
        let right = first.judge(&door(configured));
        assert_eq!(right, Verdict::Use("tv.example.net".to_owned()));
        let running = names(configured, configured, configured);
        assert_eq!(running.judge(&door(Some("192.0.2.8"))), Verdict::Stay);
        let after_a_restart = names(configured, configured, None).judge(&door(None));
        assert_eq!(after_a_restart, Verdict::Use("tv.example.net".to_owned()));
    }

    #[test]
    fn without_its_records_the_address_has_to_do() {
        let dns = DnsState {
            name: "tv.example.net".to_owned(),
            current: false,
            since: None,
            error: Some("refused".to_owned()),
        };
        let state = State { dns: Some(dns), ..door(Some("192.0.2.7")) };
        let verdict = names(Some("tv.example.net"), None, None).judge(&state);
        assert_eq!(verdict, Verdict::Use("192.0.2.7".to_owned()));
    }
}
