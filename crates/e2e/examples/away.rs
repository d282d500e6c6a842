//! Keeps a home and a world standing, to try things by hand: `cargo run -p televisor-e2e --example
//! away`, then `ip netns exec away…-world bash` from another terminal. Ends with its input.

#![expect(clippy::print_stdout, reason = "it is a tool")]

use televisor_e2e::away::{Wanted, World};

fn main() {
    let wanted = Wanted::everything();
    if World::skipped("away", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    println!("namespaces {}", world.house.namespace("*"));
    println!("folder     {}", world.folder().display());
    drop(std::io::stdin().read_line(&mut String::new()));
}
