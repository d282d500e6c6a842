//! A guide from import to answer, through the public handle.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which may panic")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};
use televisor_clock::Clock;
use televisor_guide::{Config, Error, EventQuery, Guide};
use televisor_model::{Channel, ChannelId, Event};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

fn clock() -> Clock {
    Clock::manual(&"2026-11-25T20:10[Europe/London]".parse::<Zoned>().unwrap())
}

fn at(text: &str) -> Timestamp {
    format!("2026-11-25T{text}:00Z").parse().unwrap()
}

fn id(text: &str) -> ChannelId {
    ChannelId(text.to_owned())
}

fn channel(name: &str, guide_id: Option<&str>) -> Channel {
    Channel {
        id: id(&name.to_lowercase()),
        number: None,
        name: name.to_owned(),
        group: None,
        guide_id: guide_id.map(str::to_owned),
        logo: None,
        favourite: false,
    }
}

/// Two channels with three programmes each, named for `edition`.
fn xmltv(edition: &str) -> String {
    let mut out = "<tv><channel id='one.example'><display-name>Baird One</display-name></channel>\
                   <channel id='two.example'><display-name>Baird Two</display-name></channel>"
        .to_owned();
    for channel in ["one", "two"] {
        for (start, title, about) in [
            ("1900", "Café Society", "People talk."),
            ("2000", "The News", "What happened."),
            ("2100", "Newsnight", "What the café said."),
        ] {
            write!(
                out,
                "<programme start='20261125{start}00 +0000' channel='{channel}.example'>\
                 <title>{title}</title><sub-title>{edition}</sub-title><desc>{about}</desc></programme>"
            )
            .unwrap();
        }
    }
    out + "</tv>"
}

async fn open(folder: &Path, sources: Vec<String>) -> Guide {
    let guide = Guide::open(&folder.join("guide.db"), Config::new(sources), clock()).await.unwrap();
    guide.set_line_up(&[channel("One", Some("one.example")), channel("Baird Two", None)]);
    guide
}

fn titles(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.programme.title.as_str()).collect()
}

async fn edition(guide: &Guide) -> Option<String> {
    let found = guide.now_next(&[id("one")], at("20:10"), 0).await.unwrap();
    found.first()?.now.as_ref()?.programme.subtitle.clone()
}

/// Waits until the guide shows an edition.
async fn wait_for(guide: &Guide, wanted: &str) {
    let mut updates = guide.updates();
    timeout(PATIENCE, async {
        while edition(guide).await.as_deref() != Some(wanted) {
            updates.changed().await.unwrap();
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn now_and_next_are_found_by_guide_id_and_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let guide = open(folder.path(), Vec::new()).await;
    let imported = guide.import("a", std::io::Cursor::new(xmltv("1"))).await.unwrap();
    assert_eq!((imported.channels, imported.events, imported.skipped), (2, 6, 0));
    let asked = [id("baird two"), id("one"), id("nowhere")];
    let found = guide.now_next(&asked, at("20:10"), 2).await.unwrap();
    for channel in &found[..2] {
        let now = channel.now.as_ref().unwrap();
        assert_eq!((now.programme.title.as_str(), now.stop), ("The News", at("21:00")));
        assert_eq!((titles(&channel.next), &now.channel), (vec!["Newsnight"], &channel.channel));
        assert_eq!(guide.event(&now.id).await.unwrap().as_ref(), Some(now));
    }
    assert_eq!(found[2].now, None);
    assert_eq!(guide.until().await.unwrap(), Some(at("21:30")));
}

#[tokio::test]
async fn events_overlap_the_span_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let guide = open(folder.path(), Vec::new()).await;
    guide.import("a", std::io::Cursor::new(xmltv("1"))).await.unwrap();
    let query = |channel, from, to| EventQuery { channel, from: at(from), to: at(to), limit: 10 };
    let one = guide.events(query(Some(id("one")), "19:30", "20:30")).await.unwrap();
    assert_eq!(titles(&one), ["Café Society", "The News"]);
    let all = guide.events(query(None, "20:00", "21:00")).await.unwrap();
    assert_eq!(titles(&all), ["The News", "The News"]);
    let upcoming = guide.upcoming_titles(at("20:30"), at("23:00")).await.unwrap();
    assert_eq!(upcoming, [("Newsnight".to_owned(), 2), ("The News".to_owned(), 2)]);
}

#[tokio::test]
async fn a_search_forgives_accents_and_case_and_prefers_titles() {
    let folder = tempfile::tempdir().unwrap();
    let guide = open(folder.path(), Vec::new()).await;
    guide.import("a", std::io::Cursor::new(xmltv("1"))).await.unwrap();
    let found = guide.search("CAFE", at("18:00"), 3).await.unwrap();
    assert_eq!(titles(&found), ["Café Society", "Café Society", "Newsnight"]);
    assert_eq!(guide.search("new", at("20:30"), 10).await.unwrap().len(), 4);
    assert!(guide.search("\" OR title:*", at("18:00"), 10).await.unwrap().is_empty());
    assert!(guide.search("--", at("18:00"), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_broken_guide_leaves_the_old_one_and_a_whole_one_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let guide = open(folder.path(), Vec::new()).await;
    guide.import("a", std::io::Cursor::new(xmltv("1"))).await.unwrap();
    let half = xmltv("2").split_off(10);
    let broken = guide.import("a", std::io::Cursor::new(half)).await;
    assert!(matches!(broken, Err(Error::Format { .. })));
    assert_eq!(edition(&guide).await.as_deref(), Some("1"));
    guide.import("a", std::io::Cursor::new(xmltv("3"))).await.unwrap();
    assert_eq!(edition(&guide).await.as_deref(), Some("3"));
    assert_eq!(guide.search("newsnight", at("18:00"), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_corrupt_or_old_file_is_built_anew_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guide.db");
    std::fs::write(
        &path,
        "this is no database, and longer than a header of one hundred bytes".repeat(90),
    )
    .unwrap();
    let guide = open(folder.path(), Vec::new()).await;
    guide.import("a", std::io::Cursor::new(xmltv("1"))).await.unwrap();
    assert_eq!(edition(&guide).await.as_deref(), Some("1"));
    drop(guide);
    let again = open(folder.path(), Vec::new()).await;
    assert_eq!(edition(&again).await.as_deref(), Some("1"));
    drop(again);
    let older = televisor_store::rusqlite::Connection::open(&path).unwrap();
    older.execute("UPDATE schema_part SET name = 'guide-0'", []).unwrap();
    drop(older);
    assert_eq!(edition(&open(folder.path(), Vec::new()).await).await, None);
}

#[tokio::test]
async fn packed_files_are_read_and_read_again_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guide.xml.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(xmltv("gz").as_bytes()).unwrap();
    std::fs::write(&path, gzip.finish().unwrap()).unwrap();
    let mut config = Config::new(vec![path.display().to_string()]);
    config.refresh = SignedDuration::from_secs(1);
    let guide = Guide::open(&folder.path().join("guide.db"), config, clock()).await.unwrap();
    guide.set_line_up(&[channel("One", Some("one.example"))]);
    wait_for(&guide, "gz").await;
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(xmltv("xz").as_bytes()).unwrap();
    std::fs::write(&path, xz.finish().unwrap()).unwrap();
    wait_for(&guide, "xz").await;
}

#[tokio::test]
async fn a_guide_on_the_web_is_fetched_again_only_if_it_has_changed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let source = format!("http://{}/guide.xml", listener.local_addr().unwrap());
    let unchanged = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&unchanged);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 2048];
            let length = socket.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
            let body = xmltv("web");
            let answer = if request.contains("if-none-match: \"e1\"") {
                count.fetch_add(1, Ordering::SeqCst);
                "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_owned()
            } else {
                format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"e1\"\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
            };
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(vec![source]);
    config.refresh = SignedDuration::from_secs(1);
    let guide = Guide::open(&folder.path().join("guide.db"), config, clock()).await.unwrap();
    guide.set_line_up(&[channel("One", Some("one.example"))]);
    wait_for(&guide, "web").await;
    timeout(PATIENCE, async {
        while unchanged.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(edition(&guide).await.as_deref(), Some("web"));
}
