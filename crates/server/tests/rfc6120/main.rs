//! RFC 6120, the rules a server can break: one module a section, one test a rule.

#[cfg(test)]
#[path = "../core/client.rs"]
#[allow(dead_code, reason = "shared with the tests of the core, which use more of it")]
mod client;
#[cfg(test)]
#[path = "../core/household.rs"]
#[allow(dead_code, reason = "shared with the tests of the core, which use more of it")]
mod household;

#[cfg(test)]
mod section_4;
#[cfg(test)]
mod section_4_9_3;
#[cfg(test)]
mod section_5;
#[cfg(test)]
mod section_6;
#[cfg(test)]
mod section_7;
