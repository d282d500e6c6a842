//! The core over its public API: negotiation, addresses, limits, ends of sessions.

#[cfg(test)]
#[allow(dead_code, reason = "shared with the tests of the RFCs, which use more of it")]
mod client;
#[cfg(test)]
#[allow(dead_code, reason = "shared with the tests of the RFCs, which use more of it")]
mod household;

#[cfg(test)]
mod blocking;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod http;
#[cfg(test)]
mod login;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod power_cut;
#[cfg(test)]
mod process;
#[cfg(test)]
mod published;
#[cfg(test)]
mod push;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod resumption;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tokens;
