//! The opening of a component's stream (XEP-0114 section 3).

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stream::{StreamError, StreamHeader};
use televisor_xmpp::writer::write_stream_header;
use tokio::io::{AsyncRead, AsyncWrite};

use super::link::Trouble;
use crate::wire::{self, Wire};

/// Opens the stream and proves that we know the secret. What the host says afterwards is on `reader`.
pub(super) async fn shake<R, W>(
    reader: &mut Wire<R>,
    writer: &mut W,
    domain: &str,
    secret: &str,
) -> Result<(), Trouble>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let header = StreamHeader {
        namespace: ns::COMPONENT_ACCEPT.to_owned(),
        to: Some(domain.to_owned()),
        ..StreamHeader::default()
    };
    let mut text = String::new();
    write_stream_header(&header, &mut text);
    wire::write(writer, text.as_bytes()).await?;
    let StreamEvent::Open(answer) = reader.event().await? else {
        return Err(Trouble::Protocol("the stream does not begin with a header"));
    };
    if answer.namespace != ns::COMPONENT_ACCEPT {
        return Err(Trouble::Protocol("this is not a port for components"));
    }
    let Some(id) = answer.id else {
        return Err(Trouble::Protocol("the stream has no id"));
    };
    let proof = Element::builder("handshake", ns::COMPONENT_ACCEPT).text(digest(&id, secret));
    let proof = proof.build().to_bytes(ns::COMPONENT_ACCEPT);
    wire::write(writer, &proof).await?;
    let verdict = reader.element().await?;
    if verdict.is("handshake", ns::COMPONENT_ACCEPT) {
        return Ok(());
    }
    Err(StreamError::from_element(&verdict)
        .map_or(Trouble::Protocol("the handshake is not answered"), Trouble::Refused))
}

/// The SHA-1 of the stream's id and the secret, in lower-case hexadecimal.
fn digest(id: &str, secret: &str) -> String {
    let hash = Sha1::new().chain_update(id).chain_update(secret).finalize();
    let mut text = String::with_capacity(40);
    for byte in hash {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_hexadecimal_in_lower_case() {
        // printf '3BF96D32test' | sha1sum
        assert_eq!(digest("3BF96D32", "test"), "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e");
    }
}
