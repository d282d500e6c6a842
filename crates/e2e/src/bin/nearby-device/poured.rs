//! Structured data in pieces: every piece is known from its number, so that the other side can tell
//! whether each came once, whole, and in order.

use televisor_xmpp::Element;

/// The namespace of what tests send.
pub(crate) const NS: &str = "urn:televisor:test:0";

/// Returns piece `number` of `count`, about `size` bytes of it text.
pub(crate) fn piece(number: u64, count: u64, size: usize) -> Element {
    Element::builder("data", NS)
        .attr("n", number.to_string())
        .attr("of", count.to_string())
        .text(text(number, size))
        .build()
}

fn text(number: u64, size: usize) -> String {
    format!("{number:08} ").repeat(size.div_ceil(9))
}

/// What has come of one peer's pieces.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    next: u64,
    bytes: usize,
    broken: bool,
}

impl Pieces {
    /// Takes a piece; returns count, bytes and whether all was whole and in order, after the last.
    pub(crate) fn take(&mut self, data: &Element) -> Option<(u64, usize, bool)> {
        let number = |name: &str| data.attr(name).and_then(|value| value.parse::<u64>().ok());
        let (n, of) = (number("n")?, number("of")?);
        let got = data.text();
        self.broken |= n != self.next || got != text(n, got.len());
        self.next += 1;
        self.bytes += got.len();
        (n + 1 == of).then(|| {
            let done = std::mem::take(self);
            (done.next, done.bytes, !done.broken && done.next == of)
        })
    }
}
