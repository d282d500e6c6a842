//! Logs in to an account and repeats what is said to it: to see whether a server and a line will do.
//!
//! ```text
//! cargo run -p televisor-uplink --example echo -- box@example.org password-file [ca.pem]
//! ```

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use std::error::Error;

use televisor_clock::Clock;
use televisor_uplink::{About, Config, Uplink};
use televisor_xmpp::{Element, ns};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let config = Config {
        jid: arguments.next().ok_or("an account is wanted")?,
        password_file: arguments.next().ok_or("the file with its password is wanted")?.into(),
        ca_file: arguments.next().map(Into::into),
        resolver: None,
        host: None,
    };
    let about = About {
        name: "Echo".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        presence: Element::builder("presence", ns::CLIENT).field("status", "Listening").build(),
        vcard: Element::builder("vCard", ns::VCARD_TEMP).field("FN", "Echo").build(),
        answers: Vec::new(),
        features: Vec::new(),
    };
    let (uplink, mut stanzas) = Uplink::start(config, about, Clock::system())?;
    let mut state = uplink.state();
    loop {
        tokio::select! {
            Ok(()) = state.changed() => println!("{:?}", *state.borrow_and_update()),
            Some(stanza) = stanzas.recv() => {
                println!("{}", stanza.to_xml());
                if let Some(answer) = answer(&stanza) {
                    uplink.send(answer)?;
                }
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    uplink.shutdown().await;
    Ok(())
}

/// Says yes to everybody, and the same as they.
fn answer(stanza: &Element) -> Option<Element> {
    let from = stanza.attr("from")?;
    let kind = stanza.attr("type");
    let answer = Element::builder(stanza.name(), ns::CLIENT).attr("to", from);
    match (stanza.name(), kind) {
        ("presence", Some("subscribe")) => Some(answer.attr("type", "subscribed").build()),
        ("message", None | Some("chat" | "normal")) => {
            let body = stanza.child("body", ns::CLIENT)?.text();
            Some(answer.attr("type", "chat").field("body", body).build())
        }
        _ => None,
    }
}
