//! The core over its public API: negotiation, addresses, limits, ends of sessions.

#[cfg(test)]
mod client;
#[cfg(test)]
mod household;

#[cfg(test)]
mod certificates;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod login;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod strangers;
