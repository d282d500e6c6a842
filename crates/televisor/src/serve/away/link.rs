//! Invitations as links and QR codes.

use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};

/// XEP-0379 section 3: opened by a chat program, it adds the receiver and brings the token along.
pub(in crate::serve) fn uri(address: &str, token: &str) -> String {
    // Nothing in an address of ours, or in a token, has to be escaped in it (RFC 5122 section 2.2).
    format!("xmpp:{address}?roster;preauth={token}")
}

/// Returns a picture of it, to stand inside a page.
pub(in crate::serve) fn picture(uri: &str) -> Option<String> {
    let code = code(uri)?;
    let mut picture = code.render::<svg::Color<'_>>();
    picture.min_dimensions(240, 240).dark_color(svg::Color("#000")).light_color(svg::Color("#fff"));
    let picture = picture.build();
    // What comes before the element itself has no place within a page.
    picture.find("<svg").and_then(|at| picture.get(at..)).map(str::to_owned)
}

/// Returns it in half blocks, to be shown on a terminal.
pub(crate) fn blocks(uri: &str) -> Option<String> {
    let code = code(uri)?;
    let mut blocks = code.render::<unicode::Dense1x2>();
    // Terminals are dark as a rule: there the light modules are the ones to be lit.
    blocks.dark_color(unicode::Dense1x2::Light).light_color(unicode::Dense1x2::Dark);
    Some(blocks.build())
}

fn code(uri: &str) -> Option<QrCode> {
    QrCode::with_error_correction_level(uri, EcLevel::L).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_what_chat_programs_open() {
        let link = uri("tv@[2001:db8::1]", "abc");
        assert_eq!(link, "xmpp:tv@[2001:db8::1]?roster;preauth=abc");
    }

    #[test]
    fn it_is_drawn_for_pages_and_for_terminals() {
        let link = uri("tv@192.0.2.7", "abcdefghijklmnopqrstuvwx");
        let picture = picture(&link).unwrap();
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"), "{picture}");
        let blocks = blocks(&link).unwrap();
        let widths: std::collections::BTreeSet<usize> =
            blocks.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 1, "{blocks}");
        assert!(blocks.lines().next().unwrap().chars().all(|c| c == '█'), "a quiet zone: {blocks}");
    }
}
