//! Keeps a home and a world standing, to try things by hand: `cargo run -p televisor-e2e --example
//! away [ipv6]`, then `ip netns exec away…-world bash` from another terminal. Ends with its input.

#![expect(clippy::print_stdout, reason = "it is a tool")]

use televisor_e2e::away::{Wanted, World};

fn main() {
    let ipv6 = std::env::args().any(|word| word == "ipv6");
    let wanted = Wanted { ipv6, ..Wanted::everything() };
    if World::skipped("away", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    println!("namespaces {}", world.house.namespace("*"));
    println!("folder     {}", world.folder().display());
    drop(std::io::stdin().read_line(&mut String::new()));
}
