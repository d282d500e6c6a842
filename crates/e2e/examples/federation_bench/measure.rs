//! One run: who sends, who counts, and what it took.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::pair::{Pair, RECEIVER, SENDER};

/// Messages on their way at a time: fewer than any of the servers' queues hold.
const WINDOW: u32 = 300;
/// Messages before the measured ones: streams are open then, and code is warm.
const WARM_UP: u32 = 2_000;
/// Ticks of processor time in a second, as /proc counts them (`getconf CLK_TCK`).
const TICKS: f64 = 100.0;
/// Tells one push of messages from the next.
static ROUND: AtomicU32 = AtomicU32::new(0);
/// 60 bytes.
const BODY: &str = "Record the concert on Saturday evening, and both the repeats";

pub(crate) const TABLE_HEAD: &str = "\
| servers | messages per second | CPU seconds per 100 000: sender's server | receiver's server | both |
| --- | --- | --- | --- | --- |";

/// What one run took.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    per_second: f64,
    /// CPU seconds per 100 000 messages, of the sender's and of the receiver's server.
    cpu: [f64; 2],
}

impl Figures {
    fn both(&self) -> f64 {
        self.cpu[0] + self.cpu[1]
    }

    /// Each figure's median by itself.
    pub(crate) fn median(all: &[Self]) -> Self {
        let median = |figure: fn(&Self) -> f64| {
            let mut values: Vec<f64> = all.iter().map(figure).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let cpu = [median(|one| one.cpu[0]), median(|one| one.cpu[1])];
        Self { per_second: median(|one| one.per_second), cpu }
    }

    pub(crate) fn row(&self, name: &str) -> String {
        let [first, second] = self.cpu;
        let both = self.both();
        format!("| {name} | {:.0} | {first:.2} | {second:.2} | {both:.2} |", self.per_second)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} messages/s, {:.2} CPU s per 100 000", self.per_second, self.both())
    }
}

/// Sends `messages` from one server's client to the other's.
pub(crate) fn run(pair: &Pair, messages: u32, run: u32) -> Figures {
    let [first, second] = &pair.servers;
    let mut sender = Client::login(first, SENDER);
    let mut receiver = Client::login(second, RECEIVER);
    let to = format!("{RECEIVER}@{}", second.domain);
    if run == 0 {
        befriend(&mut sender, &mut receiver, &format!("{SENDER}@{}", first.domain), &to);
    }
    assert_eq!(BODY.len(), 60);
    push(&sender.stream, &receiver.stream, &to, WARM_UP);
    let before = [first, second].map(|server| cpu(server.child.id()));
    let begun = Instant::now();
    push(&sender.stream, &receiver.stream, &to, messages);
    let took = begun.elapsed();
    let after = [first, second].map(|server| cpu(server.child.id()));
    let share = f64::from(messages) / 100_000.0;
    let cpu = [0, 1].map(|index| (after[index] - before[index]) / share);
    Figures { per_second: f64::from(messages) / took.as_secs_f64(), cpu }
}

/// Lets each see the other's presence, as Televisor wants it of people on other servers.
fn befriend(sender: &mut Client, receiver: &mut Client, ann: &str, bob: &str) {
    let presence = |kind: &str, to: &str| format!("<presence type='{kind}' to='{to}'/>");
    sender.say(&presence("subscribe", bob));
    let is = |kind: &'static str| {
        move |stanza: &televisor_xmpp::Element| stanza.attr("type") == Some(kind)
    };
    receiver.until("a request", is("subscribe"));
    receiver.say(&presence("subscribed", ann));
    receiver.say(&presence("subscribe", ann));
    sender.until("a request back", is("subscribe"));
    sender.say(&presence("subscribed", bob));
    receiver.until("its approval", is("subscribed"));
}

/// Sends and counts, with at most [`WINDOW`] on their way.
fn push(sender: &TcpStream, receiver: &TcpStream, to: &str, messages: u32) {
    let arrived = AtomicU32::new(0);
    std::thread::scope(|scope| {
        let pusher = scope.spawn(|| send_all(sender, to, messages, &arrived));
        count(receiver, messages, &arrived, &pusher.thread().clone());
        pusher.join().unwrap();
    });
}

fn send_all(mut stream: &TcpStream, to: &str, messages: u32, arrived: &AtomicU32) {
    // The same id and words again would be taken for a repetition.
    let round = ROUND.fetch_add(1, Ordering::Relaxed);
    let mut sent = 0;
    while sent < messages {
        let room = WINDOW.saturating_sub(sent - arrived.load(Ordering::Acquire));
        if room < WINDOW / 4 && sent + room < messages {
            // Woken by whoever counts.
            std::thread::park_timeout(Duration::from_millis(50));
            continue;
        }
        let until = messages.min(sent + room);
        let text: String = (sent..until)
            .map(|id| {
                format!(
                    "<message to='{to}' type='chat' id='{round}-{id}'><body>{BODY}</body></message>"
                )
            })
            .collect();
        stream.write_all(text.as_bytes()).unwrap();
        sent = until;
    }
}

fn count(mut stream: &TcpStream, messages: u32, arrived: &AtomicU32, pusher: &std::thread::Thread) {
    const END: &[u8] = b"</message>";
    let mut buffer = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    let mut seen = 0;
    while seen < messages {
        let length = stream.read(&mut chunk).expect("messages arrive");
        assert!(length > 0, "the receiver's stream ended after {seen} messages");
        buffer.extend_from_slice(&chunk[..length]);
        let mut read = 0;
        while let Some(at) = find(&buffer[read..], END) {
            read += at + END.len();
            seen += 1;
        }
        buffer.drain(..read);
        arrived.store(seen, Ordering::Release);
        pusher.unpark();
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The processor time of a process so far, in seconds: user and system, all threads.
fn cpu(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    // The second field is the program's name in parentheses, and may hold anything.
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<u32>().unwrap();
    f64::from(ticks(11) + ticks(12)) / TICKS
}
