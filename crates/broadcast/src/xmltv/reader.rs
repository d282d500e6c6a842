//! The reader: one channel or programme at a time.
//!
//! Memory does not grow with the guide. A programme that cannot be used is skipped and counted; a
//! guide that is no XML or breaks off is an error, so that half a guide never replaces a whole one.

use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesStart, Event};

use super::programme::{Entry, Parts};
use super::time;

/// The largest piece of XML between two `<`, with attributes: no real one has a tenth of it.
const PIECE_MAX: usize = 256 * 1024;

/// Longer texts are cut here.
const TEXT_MAX: usize = 16 * 1024;

/// Elements within one another; real guides have five.
const DEPTH_MAX: usize = 32;

/// Names that are kept of one channel.
const NAMES_MAX: usize = 16;

/// Why a guide cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes cannot be had.
    #[error("cannot read on: {0}")]
    Read(#[from] io::Error),
    /// It is no XML.
    #[error("not well-formed near byte {at}: {reason}")]
    Malformed {
        /// Where.
        at: u64,
        /// What the parser says.
        reason: String,
    },
    /// Something in it is larger than any real guide has.
    #[error("an element near byte {at} is too large or too deep")]
    TooLarge {
        /// Where.
        at: u64,
    },
    /// It ends before `</tv>`.
    #[error("it breaks off before </tv>")]
    Truncated,
    /// It is XML, but its root is not `<tv>`.
    #[error("its root is <{0}>, not <tv>")]
    NotXmltv(String),
}

/// A `<channel>` element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Channel {
    /// The guide's id.
    pub id: String,
    /// Its names, best first.
    pub names: Vec<String>,
    /// The address of a picture.
    pub icon: Option<String>,
}

/// What a guide consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A channel.
    Channel(Channel),
    /// A programme at a time on a channel.
    Programme(Box<Entry>),
}

/// Reads a guide.
#[derive(Debug)]
pub struct Reader<R> {
    xml: quick_xml::Reader<Gauge<R>>,
    buffer: Vec<u8>,
    text: String,
    latin1: bool,
    inside: bool,
    skipped: usize,
}

impl<R: BufRead> Reader<R> {
    /// Reads the guide that `source` gives: UTF-8, or Latin-1 if it says so.
    pub fn new(source: R) -> Self {
        let mut xml = quick_xml::Reader::from_reader(Gauge { source, left: PIECE_MAX });
        let config = xml.config_mut();
        config.allow_dangling_amp = true;
        config.expand_empty_elements = true;
        Self {
            xml,
            buffer: Vec::new(),
            text: String::new(),
            latin1: false,
            inside: false,
            skipped: 0,
        }
    }

    /// Returns how many programmes could not be used so far: no channel, title or time.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Reads on to the next channel or programme; `None` after `</tv>`.
    ///
    /// # Errors
    /// [`Error`] if the guide cannot be read on. Reading again then is of no use.
    pub fn next_item(&mut self) -> Result<Option<Item>, Error> {
        loop {
            let Some(start) = self.next_start()? else { return Ok(None) };
            if !self.inside {
                self.enter(&start)?;
                continue;
            }
            match start.name().as_ref() {
                b"channel" => {
                    let id = self.attribute(&start, b"id");
                    let channel = self.read_channel(id.unwrap_or_default())?;
                    if !channel.id.is_empty() {
                        return Ok(Some(Item::Channel(channel)));
                    }
                }
                b"programme" => match self.read_programme(&start)? {
                    Some(entry) => return Ok(Some(Item::Programme(Box::new(entry)))),
                    None => self.skipped += 1,
                },
                _ => self.read_text()?,
            }
        }
    }

    fn enter(&mut self, root: &BytesStart<'_>) -> Result<(), Error> {
        if root.name().as_ref() != b"tv" {
            return Err(Error::NotXmltv(self.decode(root.name().as_ref())));
        }
        self.inside = true;
        Ok(())
    }

    fn read_channel(&mut self, id: String) -> Result<Channel, Error> {
        let mut channel = Channel { id, ..Channel::default() };
        while let Some(child) = self.next_start()? {
            self.read_text()?;
            let name = self.text.trim();
            match child.name().as_ref() {
                b"display-name" if !name.is_empty() && channel.names.len() < NAMES_MAX => {
                    channel.names.push(name.to_owned());
                }
                b"icon" if channel.icon.is_none() => channel.icon = self.attribute(&child, b"src"),
                _ => {}
            }
        }
        Ok(channel)
    }

    fn read_programme(&mut self, start: &BytesStart<'_>) -> Result<Option<Entry>, Error> {
        let channel = self.attribute(start, b"channel").filter(|id| !id.is_empty());
        let begins = self.attribute(start, b"start").and_then(|text| time::parse(&text));
        let ends = self.attribute(start, b"stop").and_then(|text| time::parse(&text));
        let mut parts = Parts::default();
        while let Some(child) = self.next_start()? {
            let name = child.name();
            if name.as_ref() == b"credits" {
                while self.next_start()?.is_some() {
                    self.read_text()?;
                    parts.credit(&self.text);
                }
                continue;
            }
            self.read_text()?;
            let system = match name.as_ref() {
                b"episode-num" => self.attribute(&child, b"system").unwrap_or_default(),
                _ => String::new(),
            };
            parts.text(name.as_ref(), &system, &self.text);
            parts.mark(name.as_ref(), self.attribute(&child, b"src"));
        }
        Ok(channel.zip(begins).and_then(|(channel, begins)| parts.finish(channel, begins, ends)))
    }

    /// Reads on to the next element at this level; `None` at the end of the one around it.
    fn next_start(&mut self) -> Result<Option<BytesStart<'static>>, Error> {
        loop {
            match self.event()? {
                Piece::Start(start) => return Ok(Some(start)),
                Piece::End => return Ok(None),
                Piece::Text => {}
            }
        }
    }

    /// Collects all text up to the end of the element that was just begun.
    fn read_text(&mut self) -> Result<(), Error> {
        self.text.clear();
        let mut depth = 0_usize;
        loop {
            match self.event()? {
                Piece::Start(_) => depth += 1,
                Piece::End if depth == 0 => return Ok(()),
                Piece::End => depth -= 1,
                Piece::Text => {}
            }
            if depth > DEPTH_MAX {
                return Err(Error::TooLarge { at: self.xml.buffer_position() });
            }
        }
    }

    /// Reads one piece. Text goes to `self.text`.
    fn event(&mut self) -> Result<Piece, Error> {
        self.buffer.clear();
        self.xml.get_mut().left = PIECE_MAX;
        let at = self.xml.buffer_position();
        let event =
            self.xml.read_event_into(&mut self.buffer).map_err(|error| broken(error, at))?;
        let latin1 = self.latin1;
        match event {
            Event::Start(start) => return Ok(Piece::Start(start.into_owned())),
            Event::End(_) => return Ok(Piece::End),
            Event::Text(text) => append(&mut self.text, &decode(&text, latin1)),
            Event::CData(text) => append(&mut self.text, &decode(&text, latin1)),
            Event::GeneralRef(reference) => {
                let name = decode(&reference, latin1);
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => append(&mut self.text, c.encode_utf8(&mut [0; 4])),
                    _ => append(&mut self.text, entity(&name)),
                }
            }
            Event::Decl(declaration) => {
                let name = declaration.encoding().and_then(Result::ok).unwrap_or_default();
                let name = name.to_ascii_lowercase();
                self.latin1 = [&b"iso-8859-1"[..], b"iso-8859-15", b"latin1", b"windows-1252"]
                    .contains(&name.as_slice());
            }

            Event::Eof => return Err(Error::Truncated),
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        Ok(Piece::Text)
    }

    fn attribute(&self, start: &BytesStart<'_>, name: &[u8]) -> Option<String> {
        let attribute = start.try_get_attribute(name).ok().flatten()?;
        let raw = self.decode(&attribute.value);
        let text = quick_xml::escape::unescape_with(&raw, |name| Some(entity(name)));
        Some(text.map_or_else(|_| raw.clone(), |text| text.trim().to_owned()))
    }

    fn decode(&self, bytes: &[u8]) -> String {
        decode(bytes, self.latin1)
    }
}

enum Piece {
    Start(BytesStart<'static>),
    End,
    Text,
}

fn decode(bytes: &[u8], latin1: bool) -> String {
    if latin1 {
        return bytes.iter().map(|b| char::from(*b)).collect();
    }
    String::from_utf8_lossy(bytes).into_owned()
}

fn append(text: &mut String, more: &str) {
    if text.len() + more.len() <= TEXT_MAX {
        text.push_str(more);
    } else if text.len() < TEXT_MAX {
        text.extend(more.chars().take((TEXT_MAX - text.len()) / 4));
    }
}

/// Returns what a named entity stands for; unknown ones, which need a DTD, for nothing.
fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

fn broken(error: quick_xml::Error, at: u64) -> Error {
    match error {
        quick_xml::Error::Io(error) if error.get_ref().is_some_and(|e| e.is::<Full>()) => {
            Error::TooLarge { at }
        }
        quick_xml::Error::Io(error) => Error::Read(io::Error::new(error.kind(), error.to_string())),
        other => Error::Malformed { at, reason: other.to_string() },
    }
}

/// Lets only so many bytes pass between two events, since the parser has no limit of its own.
#[derive(Debug)]
struct Gauge<R> {
    source: R,
    left: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("too large")]
struct Full;

impl<R: BufRead> Read for Gauge<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Gauge<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other(Full));
        }
        let bytes = self.source.fill_buf()?;
        Ok(bytes.get(..self.left).unwrap_or(bytes))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.source.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use televisor_model::Episode;

    const GUIDE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE tv SYSTEM "xmltv.dtd">
        <tv generator-info-name="by hand"><!-- a comment -->
          <channel id="one.example"><display-name lang="en">Baird &amp; Sons</display-name>
            <display-name>1</display-name><icon src="http://logo.example/1.png"/></channel>
          <programme start="20261125223000 +0000" stop="20261125233000 +0000" channel="one.example">
            <title lang="en">Newsnight &#8211; &lt;live&gt;</title><title lang="cy">Arall</title>
            <sub-title><![CDATA[Café & bar]]></sub-title><desc>What <i>happened</i> today.</desc>
            <credits><presenter>A. Person</presenter><actor role="x">B. Person</actor></credits>
            <category>News</category><category>News</category><category>Politics</category>
            <episode-num system="onscreen">S9E9</episode-num>
            <episode-num system="xmltv_ns">1.4.0/1</episode-num>
            <episode-num system="dd_progid">EP01234567.0012</episode-num><new/>
          </programme>
          <programme start="never" channel="one.example"><title>Bad time</title></programme>
          <programme start="20261125223000" channel="one.example"><desc>no title</desc></programme>
          <programme start="20261125233000 +0000" channel="two.example"><title>Film</title>
            <new/><previously-shown/></programme>
        </tv>"#;

    fn read_all(bytes: &[u8]) -> Result<(Vec<Item>, usize), Error> {
        let mut reader = Reader::new(bytes);
        let mut items = Vec::new();
        while let Some(item) = reader.next_item()? {
            items.push(item);
        }
        Ok((items, reader.skipped()))
    }

    #[test]
    fn channels_and_programmes_are_read_and_bad_ones_counted() {
        let (items, skipped) = read_all(GUIDE.as_bytes()).unwrap();
        let [Item::Channel(one), Item::Programme(news), Item::Programme(film)] = items.as_slice()
        else {
            panic!("{items:?}")
        };
        assert_eq!((one.names.join("|").as_str(), skipped), ("Baird & Sons|1", 2));
        let programme = &news.programme;
        assert_eq!(programme.title, "Newsnight \u{2013} <live>");
        assert_eq!(programme.subtitle.as_deref(), Some("Café & bar"));
        assert_eq!(programme.synopsis.as_deref(), Some("What happened today."));
        assert_eq!(programme.credits, ["A. Person", "B. Person"]);
        assert_eq!(programme.categories, ["News", "Politics"]);
        assert_eq!(programme.episode, Some(Episode { season: Some(2), number: Some(5) }));
        assert_eq!(programme.series_id.as_deref(), Some("SH01234567"));
        assert!(programme.is_new && !film.programme.is_new);
        assert_eq!(film.stop, None);
    }

    #[test]
    fn a_guide_that_breaks_off_is_an_error() {
        let half = GUIDE.split_at(GUIDE.len() / 2).0;
        assert!(matches!(
            read_all(half.as_bytes()),
            Err(Error::Truncated | Error::Malformed { .. })
        ));
        assert!(matches!(read_all(b"<html><body/></html>"), Err(Error::NotXmltv(_))));
        assert!(read_all(b"not xml").is_err() && read_all(b"").is_err());
        assert!(read_all(b"<tv></tv>").unwrap().0.is_empty());
    }

    #[test]
    fn latin_1_is_read_where_the_guide_says_so() {
        let guide = b"<?xml version='1.0' encoding='ISO-8859-1'?><tv><programme start='20261125' channel='a'><title>Caf\xe9</title></programme></tv>";
        let (items, _) = read_all(guide).unwrap();
        assert!(matches!(&items[0], Item::Programme(e) if e.programme.title == "Café"));
    }

    #[test]
    fn huge_texts_and_deep_nesting_are_refused() {
        let huge = format!("<tv><channel id='{}'/></tv>", "a".repeat(1 << 20));
        assert!(matches!(read_all(huge.as_bytes()), Err(Error::TooLarge { .. })));
        let deep = format!("<tv><a>{}", "<b>".repeat(10_000));
        assert!(matches!(read_all(deep.as_bytes()), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn real_guides_are_read_where_there_are_any() {
        let Some(folder) = std::env::var_os("TELEVISOR_TV_SAMPLES") else { return };
        let path = std::path::Path::new(&folder).join("xmltv/mjh-plutotv-gb.xml");
        let (items, skipped) = read_all(&std::fs::read(path).unwrap()).unwrap();
        assert!(items.len() > 1000 && skipped == 0, "{} {skipped}", items.len());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, text in "[<>/=' a-c&;!\\[\\]-]{0,100}") {
            drop(read_all(&bytes));
            drop(read_all(format!("<tv>{text}").as_bytes()));
        }
    }
}
