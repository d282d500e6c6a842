//! Streams between servers: two whole servers on this machine, each at an address of its own, and a
//! server that does exactly what a test tells it to.

#[cfg(test)]
mod certificates;
#[cfg(test)]
mod house;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod raw;

#[cfg(test)]
mod dialback;
#[cfg(test)]
mod external;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod management;
