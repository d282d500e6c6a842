//! What federation costs: messages from a client of one server to a client of another, through two
//! Televisor servers and through two Prosodys, in turn, on one machine.
//!
//! `cargo run --release --package televisor-e2e --example federation_bench [MESSAGES [RUNS [NAME]]]`
//!
//! The servers listen on loopback addresses of their own and are known by them (`127.0.1.1`), so DNS
//! has no part in it; streams between them are TLS with self-signed certificates and dialback, clients
//! are without TLS. CPU time is that of the two server processes, clients' sides included.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measuring program"
)]

mod client;
mod measure;
mod pair;
mod prosody;
mod televisor;

use measure::Figures;
use pair::Pair;

type Start = fn(&std::path::Path) -> Pair;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [role, domain, folder] = words.as_slice()
        && role == televisor::ROLE
    {
        televisor::serve(domain, folder.as_ref());
        return;
    }
    let number = |index: usize| words.get(index).map(|word| word.parse::<u32>().expect("a number"));
    let (messages, runs) = (number(0).unwrap_or(100_000), number(1).unwrap_or(3));
    let wanted = |name: &str| words.get(2).is_none_or(|word| word.eq_ignore_ascii_case(name));
    let folder = tempfile::tempdir().unwrap();
    let mut pairs = Vec::new();
    for (name, start) in [("Televisor", televisor::start as Start), ("Prosody", prosody::start)] {
        if wanted(name) {
            pairs.push((start(&folder.path().join(name)), Vec::new()));
        }
    }
    for run in 0..runs {
        for (pair, figures) in &mut pairs {
            let one = measure::run(pair, messages, run);
            println!("run {}, {}: {one}", run + 1, pair.name);
            figures.push(one);
        }
    }
    println!("\nmedians of {runs} runs of {messages} messages\n");
    println!("{}", measure::TABLE_HEAD);
    for (pair, figures) in &pairs {
        println!("{}", Figures::median(figures).row(pair.name));
    }
}
