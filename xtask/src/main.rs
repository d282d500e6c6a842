//! Workspace checks and generators, run as `cargo xtask NAME`.

fn main() {}
