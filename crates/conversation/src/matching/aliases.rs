//! Names the household uses that no spelling rule would find.

/// What people say, and the titles they may mean, as keys.
const TITLES: [(&str, &[&str]); 16] = [
    ("motd", &["match of the day"]),
    ("motd 2", &["match of the day 2"]),
    ("gbbo", &["great british bake off"]),
    ("bake off", &["great british bake off"]),
    ("corrie", &["coronation street"]),
    ("strictly", &["strictly come dancing", "it takes 2", "strictly come dancing it takes 2"]),
    ("scd", &["strictly come dancing"]),
    ("hignfy", &["have i got news for you"]),
    ("enders", &["eastenders"]),
    ("stenders", &["eastenders"]),
    ("10 oclock news", &["bbc news at 10", "news at 10"]),
    ("6 oclock news", &["bbc news at 6"]),
    ("qt", &["question time"]),
    ("uni challenge", &["university challenge"]),
    ("toy", &["tales of the unexpected"]),
    ("the repair shop", &["repair shop"]),
];

/// Short names of channels.
const CHANNELS: [(&str, &str); 8] = [
    ("c4", "channel4"),
    ("ch4", "channel4"),
    ("four", "channel4"),
    ("c5", "channel5"),
    ("ch5", "channel5"),
    ("beeb", "bbc1"),
    ("itv1", "itv"),
    ("itv", "itv1"),
];

/// Returns the titles, as keys joined by blanks, that `said` is short for.
pub(super) fn titles(said: &str) -> &'static [&'static str] {
    TITLES.iter().find(|(alias, _)| *alias == said).map_or(&[], |(_, titles)| titles)
}

/// Returns the channel, as a joined key, that `said` is short for.
pub(super) fn channel(said: &str) -> Option<&'static str> {
    CHANNELS.iter().find(|(alias, _)| *alias == said).map(|(_, channel)| *channel)
}
