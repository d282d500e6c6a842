//! The table of sayings, as intents, on Wednesday 25 November 2026 at 14:00 in London.

use jiff::Zoned;
use televisor_model::{Channel, ChannelId};

use super::{Context, parse};
use crate::intent::{Ask, Intent, What};
use crate::matching::{ChannelIndex, TitleIndex};
use crate::time::When;
use crate::words::spoken;

const TITLES: [&str; 15] = [
    "Newsnight",
    "Match of the Day",
    "Gardeners' World",
    "Strictly Come Dancing",
    "It Takes Two",
    "Paddington",
    "Taskmaster",
    "Vera",
    "The One Show",
    "Ant and Dec's Takeaway",
    "Football Focus",
    "This Morning",
    "Blue Planet II",
    "BBC News at Ten",
    "Film: The Lost Lighthouse",
];

fn context<T>(asked: bool, test: impl FnOnce(&Context<'_>) -> T) -> T {
    let now: Zoned = "2026-11-25T14:00[Europe/London]".parse().unwrap();
    let channel = |name: &str| Channel {
        id: ChannelId(name.to_lowercase().replace(' ', "-")),
        number: None,
        name: name.to_owned(),
        group: None,
        guide_id: None,
        logo: None,
        favourite: false,
    };
    let channels: Vec<Channel> =
        ["BBC One", "BBC Two HD", "Film4", "Channel 4", "ITV1"].map(channel).to_vec();
    let channels = ChannelIndex::new(channels.into());
    let titles = TitleIndex::new(&TITLES.map(str::to_owned));
    test(&Context { now: &now, channels: &channels, titles: &titles, asked })
}

/// Writes an intent as a line, so that a table of them can be read.
fn shown(intent: Intent) -> String {
    let when = |when: &Option<When>| match when {
        None => String::new(),
        Some(When::Point { at, .. }) => format!(" at {}", at.strftime("%a %H:%M")),
        Some(when) => {
            let (from, to) = (when.from(), when.to());
            format!(" {}..{}", from.strftime("%a %H:%M"), to.strftime("%a %H:%M"))
        }
    };
    let ask = |ask: &Ask| {
        let mut text = String::new();
        if !ask.subject.is_empty() {
            text += &format!(" [{}]", spoken(&ask.subject));
        }
        if ask.films {
            text += " films";
        }
        if ask.next {
            text += " next";
        }
        if let Some(channel) = &ask.channel {
            text += &format!(" on {channel}");
        }
        text + &when(&ask.when)
    };
    let account = |account: &crate::intent::Account| {
        format!("{} [{}]", account.address.as_deref().unwrap_or("-"), spoken(&account.name))
    };
    let wish = |wish: &crate::intent::Wish| match wish.what {
        What::Named => ask(&wish.ask),
        What::Item(n) => format!(" #{n}{}", ask(&wish.ask)),
        What::This => format!(" this{}", ask(&wish.ask)),
        What::It => format!(" it{}", ask(&wish.ask)),
    };
    match &intent {
        Intent::WhatsOn(a) => format!("on:{}", ask(a)),
        Intent::Search(a) => format!("search:{}", ask(a)),
        Intent::Record(all) => {
            format!("record:{}", all.iter().map(wish).collect::<Vec<_>>().join(" +"))
        }
        Intent::Cancel(w) => format!("cancel:{}", wish(w)),
        Intent::Instead(Some(w)) => format!("instead:{}", wish(w)),
        Intent::DidYouGet(a) => format!("did you get:{}", ask(a)),
        Intent::Recordings(Some(a)) => format!("recordings:{}", ask(a)),
        Intent::PickTime(w) => format!("pick{}", when(&Some(w.clone()))),
        Intent::Forget(name) => format!("forget [{}]", spoken(name)),
        Intent::Invite(who) => format!("invite {}", account(who)),
        Intent::Allow(who, role) => format!("allow {} {role:?}", account(who)),
        Intent::Revoke(who) => format!("revoke {}", account(who)),
        Intent::Unknown(_) => "unknown".to_owned(),
        other => format!("{other:?}"),
    }
}

fn table(asked: bool, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(said, expected)| {
            let found = context(asked, |context| shown(parse(said, context)));
            (found != *expected).then(|| format!("{said:?}: {found}, expected {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn questions_about_the_guide() {
    table(
        false,
        &[
            ("what's on", "on:"),
            ("whats on now", "on: at Wed 14:00"),
            ("what's on next", "on: next"),
            ("what's on bbc two", "on: on bbc-two-hd"),
            ("bbc2", "on: on bbc-two-hd"),
            ("what's on bcc two", "on: on bbc-two-hd"),
            ("what's on at 9", "on: at Wed 21:00"),
            ("what's on 18:30", "on: at Wed 18:30"),
            ("what's on tonight", "on: Wed 18:00..Thu 04:00"),
            ("tonight", "on: Wed 18:00..Thu 04:00"),
            ("any films tonight", "on: films Wed 18:00..Thu 04:00"),
            ("what's on tomorrow night on film4", "on: on film4 Thu 18:00..Fri 04:00"),
            ("what's on film4 tomorrow night?", "on: on film4 Thu 18:00..Fri 04:00"),
            ("Newsnight", "search: [Newsnight]"),
            ("when is newsnight on", "search: [newsnight]"),
            ("when is the one show on", "search: [the one show]"),
            ("is there any football on saturday", "search: [football] Sat 05:00..Sun 05:00"),
            ("football on saturday", "search: [football] Sat 05:00..Sun 05:00"),
            ("find paddington", "search: [paddington]"),
            ("anything with olivia colman", "search: [olivia colman]"),
            ("what time is gardeners world", "search: [gardeners world]"),
            ("is this morning on tomorrow", "search: [this morning] Thu 05:00..Fri 05:00"),
            ("asdf", "unknown"),
            ("", "unknown"),
            ("???", "unknown"),
        ],
    );
}

#[test]
fn wishes_to_record_and_to_cancel() {
    table(
        false,
        &[
            ("record newsnight", "record: [newsnight]"),
            (
                "Please can you record Newsnight tonight?",
                "record: [Newsnight] Wed 18:00..Thu 04:00",
            ),
            ("recrod newsnite", "record: [newsnite]"),
            ("tape motd", "record: [motd]"),
            ("record 2", "record: #2"),
            ("tape 2", "record: #2"),
            ("record the second one", "record: #2"),
            ("record this", "record: this"),
            ("record", "record: this"),
            ("record this morning tomorrow", "record: [this morning] Thu 05:00..Fri 05:00"),
            ("record it tomorrow instead", "record: it Thu 05:00..Fri 05:00"),
            ("record the film on film4 tonight", "record: films on film4 Wed 18:00..Thu 04:00"),
            ("record bbc one tomorrow 9pm to 10pm", "record: on bbc-one Thu 21:00..Thu 22:00"),
            ("record channel 4 at 10 for 2 hours", "record: on channel-4 Wed 22:00..Thu 00:00"),
            ("record the football on saturday", "record: [football] Sat 05:00..Sun 05:00"),
            (
                "record match of the day and gardeners world",
                "record: [match of the day] + [gardeners world]",
            ),
            ("record ant and dec's takeaway", "record: [ant and dec's takeaway]"),
            (
                "record newsnight on bbc two at 22:30",
                "record: [newsnight] on bbc-two-hd at Wed 22:30",
            ),
            ("record bbc news at ten", "record: [bbc news at ten]"),
            ("record vera at 9", "record: [vera] at Wed 21:00"),
            ("record bbc one at 25:00", "BadTime(\"25:00 is not a time\")"),
            ("cancel newsnight", "cancel: [newsnight]"),
            ("cancel 3", "cancel: #3"),
            ("cancel it", "cancel: it"),
            ("don't record vera", "cancel: [vera]"),
            ("don't record tonight's episode", "cancel: it Wed 18:00..Thu 04:00"),
            ("let it run over 30 mins", "Pad { before: None, after: Some(30m) }"),
            ("start 5 minutes early", "Pad { before: Some(5m), after: None }"),
        ],
    );
}

#[test]
fn replies_and_small_words() {
    table(
        true,
        &[
            ("yes", "Yes"),
            ("No", "No"),
            ("2", "Pick(2)"),
            ("the second one", "Pick(2)"),
            ("number 2 please", "Pick(2)"),
            ("one", "Pick(1)"),
            ("the last one", "Pick(4294967295)"),
            ("the 9 o'clock one", "pick at Wed 21:00"),
            ("undo", "Undo"),
            ("never mind", "Undo"),
            ("no, the other one", "Instead(None)"),
            ("no I meant bbc two", "instead: on bbc-two-hd"),
            ("more", "More"),
            ("👍", "Yes"),
            ("12345678", "Secret"),
            ("1234 5678", "Secret"),
            ("my password is swordfish", "Secret"),
        ],
    );
}

#[test]
fn how_things_stand_and_what_is_not_there_yet() {
    table(
        false,
        &[
            ("what are you recording", "Running"),
            ("what's coming up", "Timers"),
            ("schedule", "Timers"),
            ("recordings", "Recordings(None)"),
            ("what have you got", "Recordings(None)"),
            ("did you get the football", "did you get: [football]"),
            ("how much space is left", "Space"),
            ("status", "Status"),
            ("why did it fail", "Status"),
            ("hello", "Hello"),
            ("thanks!", "Thanks"),
            ("help", "Help([])"),
            ("pair a device", "Pair"),
            ("who's connected", "Devices"),
            ("forget dan's phone", "forget [dan's phone]"),
            ("record all of taskmaster", "NotYet(Series)"),
            ("series link taskmaster", "NotYet(Series)"),
            ("only new ones", "NotYet(Series)"),
            ("stop recording the series vera", "NotYet(Series)"),
            ("any clashes", "NotYet(Conflicts)"),
            ("use the repeat", "NotYet(Conflicts)"),
            ("delete vera", "NotYet(Deleting)"),
            ("delete everything I've watched", "NotYet(Deleting)"),
            ("put bbc one on", "NotYet(Playback)"),
            ("watch newsnight", "NotYet(Playback)"),
            ("pause", "NotYet(Playback)"),
            ("skip 30 seconds", "NotYet(Playback)"),
            ("remind me when newsnight starts", "NotYet(Notifications)"),
            ("quiet after 10", "NotYet(Notifications)"),
        ],
    );
}

#[test]
fn accounts_elsewhere() {
    table(
        false,
        &[
            ("invite joe@example.org", "invite joe@example.org [joe example org]"),
            ("Could you invite <Joe@Example.org>?", "invite Joe@Example.org [joe example org]"),
            ("invite", "invite - []"),
            ("invite link", "InviteLink"),
            ("QR code please", "InviteLink"),
            ("allow joe", "allow - [joe] None"),
            ("let Joe in", "allow - [Joe] None"),
            ("allow joe as a guest", "allow - [joe] Some(Guest)"),
            (
                "allow joe@example.org as guest",
                "allow joe@example.org [joe example org] Some(Guest)",
            ),
            ("refuse joe", "revoke - [joe]"),
            ("don't allow 2", "revoke - [2]"),
            ("revoke joe@example.org.", "revoke joe@example.org [joe example org]"),
            ("forget joe@example.org", "revoke joe@example.org [joe example org]"),
            ("forget dan's phone", "forget [dan's phone]"),
            ("accounts", "Accounts"),
            ("who can reach you?", "Accounts"),
            ("am I reachable?", "Reachable"),
        ],
    );
}

proptest::proptest! {
    #[test]
    fn any_words_are_read_as_something(text in ".{0,80}", asked: bool) {
        context(asked, |context| parse(&text, context));
    }

    #[test]
    fn words_that_mean_something_in_any_order_are_read_as_something(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "record", "at", "25:00", "9", "to", "half", "quarter", "tomorrow", "31st", "of", "monday",
            "week", "next", "night", "bbc", "two", "newsnight", "and", "it", "for", "2", "hours", "until",
            "99", "0", "in", "the", "one", "29/2", "midnight", "12", "am", "last", "cancel", "this",
        ]), 0..12)
    ) {
        context(false, |context| parse(&words.join(" "), context));
    }
}
