//! The dialogues in `dialogues/*.txt`, held with a real receiver.
//!
//! | line | means |
//! | --- | --- |
//! | `> text` | Dan, an owner, says it |
//! | `Mum> text`, `Visitor> text` | a member, a guest says it |
//! | `Neighbour> text` | somebody on the link says it who has not shown who they are |
//! | `~> text` | whoever spoke last edits that message (XEP-0308) |
//! | `< line` | a line of the answer; all lines must be there, in order |
//! | `< ...` | the rest of the answer does not matter here |
//! | `= 2026-11-25T22:35` | the clock moves on |
//! | `joe@example.org> text` | an account elsewhere that has been let in says it |
//! | `+ joe@example.org accepts` | it does; or `declines`, or `is called Joe` |
//!
//! With `TELEVISOR_WRITE_DIALOGUES=1` the answers are written into the files, to be read over.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod household;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use household::Household;
use televisor_conversation::Said;
use televisor_model::TimerState;

/// One exchange of a dialogue.
struct Exchange {
    before: Vec<String>,
    who: String,
    corrects: bool,
    said: String,
    answer: Vec<String>,
}

fn read(text: &str) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = Vec::new();
    let mut before = Vec::new();
    let mut who = "Dan".to_owned();
    for line in text.lines() {
        if let Some(answer) = line.strip_prefix("< ") {
            all.last_mut()
                .expect("an answer before anything was said")
                .answer
                .push(answer.to_owned());
        } else if let Some((name, said)) =
            line.split_once("> ").filter(|(name, _)| !name.contains(['#', ' ']))
        {
            let corrects = name == "~";
            if !corrects {
                who = if name.is_empty() { "Dan".to_owned() } else { name.to_owned() };
            }
            all.push(Exchange {
                before: std::mem::take(&mut before),
                who: who.clone(),
                corrects,
                said: said.to_owned(),
                answer: Vec::new(),
            });
        } else {
            before.push(line.to_owned());
        }
    }
    all
}

/// Holds a dialogue; returns it as it went, and what differs.
async fn hold(text: &str) -> (String, Vec<String>) {
    let household = Household::new().await;
    let mut went = String::new();
    let mut wrong = Vec::new();
    let mut last_id = String::new();
    for (n, exchange) in read(text).into_iter().enumerate() {
        for line in &exchange.before {
            if let Some(at) = line.strip_prefix("= ") {
                let at: jiff::Zoned = format!("{at}[Europe/London]").parse().expect("a time");
                household.clock.set(at.timestamp());
            } else if let Some(what) = line.strip_prefix("+ ") {
                let (jid, what) = what.split_once(' ').expect("who does what");
                household.happens(jid, what).await;
            }
        }
        let replaces = exchange.corrects.then(|| last_id.clone());
        if !exchange.corrects {
            last_id = format!("m{n}");
        }
        let id = Some(format!("m{n}"));
        let said = Said { text: exchange.said.clone(), id, replaces };
        let answer = household.say(&exchange.who, said).await;
        let lines: Vec<&str> = answer.lines().collect();
        if !fits(&exchange.answer, &lines) {
            let expected = exchange.answer.join("\n  ");
            let answer = lines.join("\n  ");
            wrong.push(format!("> {}\n  {answer}\nexpected\n  {expected}", exchange.said));
        }
        for line in &exchange.before {
            writeln!(went, "{line}").unwrap();
        }
        let who = match (exchange.corrects, exchange.who.as_str()) {
            (true, _) => "~",
            (false, "Dan") => "",
            (false, name) => name,
        };
        writeln!(went, "{who}> {}", exchange.said).unwrap();
        for line in &lines {
            writeln!(went, "< {line}").unwrap();
        }
    }
    (went, wrong)
}

fn fits(expected: &[String], lines: &[&str]) -> bool {
    match expected.split_last() {
        Some((last, first)) if last == "..." => {
            lines.len() >= first.len() && first.iter().zip(lines).all(|(a, b)| a == b)
        }
        _ => expected.len() == lines.len() && expected.iter().zip(lines).all(|(a, b)| a == b),
    }
}

async fn dialogue(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let path: PathBuf = folder.join(name).with_extension("txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let (went, wrong) = hold(&text).await;
    if std::env::var_os("TELEVISOR_WRITE_DIALOGUES").is_some() {
        std::fs::write(&path, went).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n\n"));
}

macro_rules! dialogues {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            dialogue(stringify!($name)).await;
        })*

        #[test]
        fn every_dialogue_is_held() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
            let mut found: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .filter(|name| name != "guide")
                .collect();
            found.sort();
            let mut held = vec![$(stringify!($name).to_owned()),*];
            held.sort();
            assert_eq!(found, held);
        }
    };
}

dialogues!(
    whats_on,
    searching,
    recording,
    questions,
    cancelling_and_undoing,
    corrections,
    how_things_stand,
    household_and_devices,
    guests,
    passersby,
    accounts,
    away,
    not_there_yet,
    nonsense,
);

#[tokio::test]
async fn what_was_answered_is_what_was_done() {
    let household = Household::new().await;
    let say = |text: &str| Said { text: text.to_owned(), ..Said::default() };
    household.say("Dan", say("record newsnight")).await;
    let open = |household: &Household| {
        let timers = household.receiver.timers();
        let open = timers.iter().filter(|timer| timer.state == TimerState::Scheduled);
        open.map(|timer| timer.programme.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(open(&household), ["Newsnight"]);
    assert_eq!(household.receiver.timers()[0].set_by, "Dan's phone");
    household.say("Dan", say("undo")).await;
    assert!(open(&household).is_empty());
    household.say("Dan", say("undo")).await;
    assert_eq!(open(&household), ["Newsnight"]);
    household.say("Dan", say("pair a device")).await;
    household.say("Mum", say("pair a device")).await;
    household.say("Visitor", say("pair a device")).await;
    assert_eq!(household.opened.load(Ordering::SeqCst), 1);
    household.say("Visitor", say("record vera")).await;
    assert_eq!(open(&household), ["Newsnight"]);
}

#[tokio::test]
async fn any_text_gets_an_answer_within_the_limits() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;

    let household = Household::new().await;
    let mut runner = TestRunner::deterministic();
    let known = proptest::sample::select(vec![
        "record",
        "cancel",
        "what's on",
        "tonight",
        "9",
        "to",
        "10",
        "newsnight",
        "news",
        "bbc two",
        "the",
        "other one",
        "no",
        "yes",
        "2",
        "undo",
        "more",
        "it",
        "tomorrow",
        "this",
        "and",
        "for",
        "hours",
        "film4",
        "at",
        "25:00",
        "forget",
        "dan's phone",
        "when is",
        "find",
        "recordings",
        "let it run over",
        "30 mins",
        "football",
        "saturday",
        "did you get",
        "\u{202e}",
        "👍",
        "99999",
    ]);
    let sentence = proptest::collection::vec(known, 1..6).prop_map(|words| words.join(" "));
    let anything = proptest::string::string_regex("(?s).{0,120}").unwrap();
    for n in 0..150 {
        let text = if n % 3 == 0 {
            anything.new_tree(&mut runner).unwrap().current()
        } else {
            sentence.new_tree(&mut runner).unwrap().current()
        };
        let name = ["Dan", "Mum", "Visitor"][n % 3];
        household.say(name, Said { text, ..Said::default() }).await;
    }
    household.say("Dan", Said { text: "x".repeat(100_000), ..Said::default() }).await;
    household.say("Dan", Said { text: "record ".repeat(10_000), ..Said::default() }).await;
}

#[tokio::test]
async fn what_is_being_recorded_is_stopped_only_after_a_yes() {
    let household = Household::new().await;
    let say = async |text: &str| {
        household.say("Dan", Said { text: text.to_owned(), ..Said::default() }).await
    };
    let mut changes = household.receiver.changes();
    say("record bargain barn").await;
    while !say("what are you recording").await.starts_with("Recording Bargain Barn, BBC One") {
        let change = tokio::time::timeout(household::PATIENCE, changes.recv());
        drop(change.await.expect("the recording did not begin").unwrap());
    }
    let asked = say("cancel bargain barn").await;
    assert!(asked.contains("is recording now. Stop it? Reply YES or NO."), "{asked}");
    assert_eq!(say("no").await, "All right, it goes on recording.");
    say("cancel bargain barn").await;
    let stopped = say("yes").await;
    assert!(stopped.starts_with("Stopped recording Bargain Barn, today Wed 25 Nov"), "{stopped}");
    assert!(say("what are you recording").await.starts_with("Nothing is being recorded"));
    assert!(say("recordings").await.contains("Bargain Barn"));
    assert!(say("what was on bbc one this morning").await.starts_with("That has passed"));
}

#[tokio::test]
async fn room_and_health_are_told() {
    let household = Household::new().await;
    let say = async |text: &str| {
        household.say("Mum", Said { text: text.to_owned(), ..Said::default() }).await
    };
    let space = say("how much space is left").await;
    assert!(space.contains(" free, about ") && space.ends_with(" h of HD."), "{space}");
    let status = say("status").await;
    assert!(
        status.starts_with("Test Set-top Box is well: recording 0, 0 set to record."),
        "{status}"
    );
    assert!(status.contains("7 channels, guide up to Mon 30 Nov"), "{status}");
    assert!(status.contains("televisor 0.0.0"), "{status}");
}

#[tokio::test]
async fn only_the_last_message_can_be_corrected() {
    let household = Household::new().await;
    let said = |text: &str, id: &str, replaces: Option<&str>| Said {
        text: text.to_owned(),
        id: Some(id.to_owned()),
        replaces: replaces.map(str::to_owned),
    };
    household.say("Dan", said("record newsnight", "a", None)).await;
    household.say("Dan", said("record vera", "b", None)).await;
    let refused = household.say("Dan", said("record taskmaster", "c", Some("a"))).await;
    assert!(refused.starts_with("Only your last message can be corrected"), "{refused}");
    household.say("Dan", said("record taskmaster", "d", Some("b"))).await;
    let open: Vec<String> = household
        .receiver
        .timers()
        .into_iter()
        .filter(|timer| timer.state.is_open())
        .map(|timer| timer.programme.title)
        .collect();
    assert_eq!(open.len(), 2);
    assert!(open.contains(&"Newsnight".to_owned()) && open.contains(&"Taskmaster".to_owned()));
}

#[tokio::test]
async fn a_crowd_that_has_shown_nothing_makes_nobody_of_the_household_forgotten() {
    let household = Household::new().await;
    let said = |text: &str| Said { text: text.to_owned(), ..Said::default() };
    household.say("Dan", said("record newsnight")).await;
    for n in 0..300 {
        let name = format!("eve{n}@laptop");
        let actor = televisor_model::Actor::passerby(&name);
        let speaker = televisor_conversation::Speaker { key: format!("nearby:{name}"), actor };
        household.conversation.say(&speaker, said("hello")).await;
    }
    let undone = household.say("Dan", said("undo")).await;
    assert!(undone.starts_with("Undone: Newsnight"), "{undone}");
}
