//! A client that costs little: it says what is prepared, and counts what comes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent, StreamParser};
use televisor_xmpp::sasl::{SaslReply, SaslRequest};
use televisor_xmpp::scram::client::{self as scram, Binding};

use crate::pair::{PASSWORD, Server};

/// A bound session without TLS.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    parser: StreamParser,
}

impl Client {
    /// Logs in and becomes available.
    pub(crate) fn login(server: &Server, localpart: &str) -> Self {
        let stream = TcpStream::connect((server.domain.as_str(), 5222)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self { stream, parser: StreamParser::new(Limits::REWRITTEN) };
        client.open(&server.host);
        client.authenticate(localpart);
        client.parser = StreamParser::new(Limits::REWRITTEN);
        client.open(&server.host);
        client.say(&format!(
            "<iq type='set' id='bind'><bind xmlns='{}'><resource>bench</resource></bind></iq>",
            ns::BIND
        ));
        client.until("bind", |element| element.attr("id") == Some("bind"));
        client.say("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq><presence/>");
        client.until("the roster", |element| element.attr("id") == Some("roster"));
        client
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads up to an element that is wanted.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Element) -> bool) -> Element {
        loop {
            if let StreamEvent::Stanza(element) = self.event(what)
                && wanted(&element)
            {
                return element;
            }
        }
    }

    fn event(&mut self, what: &str) -> StreamEvent {
        loop {
            if let Some(event) = self.parser.next_event().unwrap() {
                return event;
            }
            let mut chunk = [0; 4096];
            let length = self.stream.read(&mut chunk).unwrap_or(0);
            assert!(length > 0, "the stream ended before {what}");
            self.parser.push(&chunk[..length]);
        }
    }

    fn open(&mut self, host: &str) {
        self.say(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='{host}' version='1.0'>"
        ));
        self.until("features", |element| element.is("features", ns::STREAMS));
    }

    fn authenticate(&mut self, localpart: &str) {
        let mechanism = "SCRAM-SHA-1";
        let started = scram::start(
            mechanism.parse().unwrap(),
            localpart,
            PASSWORD,
            Binding::Unsupported,
            "fyko+d2lbbFgONRv9qkxdawL",
        );
        let (first, started) = started.unwrap();
        let (mechanism, initial) = (mechanism.to_owned(), Some(first.into_bytes()));
        let reply = self.sasl(&SaslRequest::Auth { mechanism, initial });
        let SaslReply::Challenge(challenge) = reply else { panic!("no challenge: {reply:?}") };
        let (last, _) = started.respond(&challenge).unwrap();
        let reply = self.sasl(&SaslRequest::Response(last.into_bytes()));
        assert!(matches!(reply, SaslReply::Success(_)), "{reply:?}");
    }

    fn sasl(&mut self, request: &SaslRequest) -> SaslReply {
        self.say(&request.to_element().to_xml());
        let answer = self.until("a SASL answer", |element| element.namespace() == ns::SASL);
        SaslReply::from_element(&answer).unwrap().unwrap()
    }
}
