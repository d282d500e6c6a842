//! Real inputs on loopback: HTTP, UDP, RTP over multicast, files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, which may panic"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use televisor_broadcast::ts::{PACKET_LEN, Packet, Restamper, Watcher};
use televisor_model::ChannelId;
use televisor_tuner::{Config, Error, Lost, Subscription, Tuner};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_secs(15);

/// A second of a channel: a clock every 10 ms, 40 packets a clock.
fn clip() -> Vec<u8> {
    let mut out = Vec::new();
    for n in 0..4000_u32 {
        let mut packet = [0xff; PACKET_LEN];
        packet[..4].copy_from_slice(&[0x47, 1, 0, 0x10 | (n % 16) as u8]);
        if n % 40 == 0 {
            packet[3] |= 0x20;
            packet[4..6].copy_from_slice(&[7, 0x10]);
            packet[6..10].copy_from_slice(&(n / 40 * 450).to_be_bytes());
            packet[10..12].copy_from_slice(&[0x7e, 0]);
        }
        out.extend(packet);
    }
    out
}

/// Serves an endless clip over HTTP; counts requests, and hangs up when told to.
struct Headend {
    at: SocketAddr,
    asked: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    hang_up: watch::Sender<u32>,
}

impl Headend {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (asked, open) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let hang_up = watch::Sender::new(0);
        let told = hang_up.subscribe();
        let (count, live) = (Arc::clone(&asked), Arc::clone(&open));
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, told.clone(), Arc::clone(&live)));
            }
        });
        Self { at, asked, open, hang_up }
    }
}

async fn serve(mut socket: TcpStream, mut told: watch::Receiver<u32>, live: Arc<AtomicUsize>) {
    let mut request = [0; 1024];
    let length = socket.read(&mut request).await.unwrap();
    let request = &request[..length];
    if request.starts_with(b"GET /missing") {
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        return socket.write_all(answer).await.unwrap();
    }
    let pace = Duration::from_millis(if request.starts_with(b"GET /fast") { 1 } else { 10 });
    live.fetch_add(1, Ordering::SeqCst);
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: video/mp2t\r\n\r\nrubbish";
    socket.write_all(head).await.unwrap();
    told.mark_unchanged();
    tokio::select! {
        () = stream(&mut socket, pace) => {}
        _ = told.changed() => {}
    }
    live.fetch_sub(1, Ordering::SeqCst);
}

async fn stream(socket: &mut TcpStream, pace: Duration) {
    let mut endless = Restamper::new(clip()).unwrap();
    let mut tick = tokio::time::interval(pace);
    loop {
        tick.tick().await;
        let mut out = Vec::new();
        endless.fill(400 / usize::try_from(pace.as_millis()).unwrap(), &mut out);
        if socket.write_all(&out).await.is_err() {
            return;
        }
    }
}

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn list(&self, channels: &[(&str, String)]) -> PathBuf {
        let path = self.folder.path().join("list.m3u");
        let lines: String = channels
            .iter()
            .map(|(id, address)| format!("#EXTINF:-1 tvg-id=\"{id}\",{id}\n{address}\n"))
            .collect();
        std::fs::write(&path, format!("#EXTM3U\n{lines}")).unwrap();
        path
    }

    async fn tuner(&self, channels: &[(&str, String)]) -> Tuner {
        let path = self.list(channels);
        Tuner::open(Config::new(vec![path.display().to_string()])).await
    }
}

fn id(text: &str) -> ChannelId {
    ChannelId(text.to_owned())
}

/// Reads whole packets until there are `count`.
async fn read(subscription: &mut Subscription, count: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while out.len() < count * PACKET_LEN {
        let block = timeout(PATIENCE, subscription.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(block.len() % PACKET_LEN, 0);
        out.extend_from_slice(&block);
    }
    out
}

async fn read_loss(subscription: &mut Subscription) -> Lost {
    loop {
        if let Err(lost) = timeout(PATIENCE, subscription.next()).await.unwrap().unwrap() {
            return lost;
        }
    }
}

#[tokio::test]
async fn readers_of_one_source_share_one_upstream_and_see_every_packet() {
    let headend = Headend::start().await;
    let house = House::new();
    let tuner = house.tuner(&[("one", format!("http://{}/1", headend.at))]).await;
    assert_eq!(tuner.channels().borrow()[0].id, id("one"));
    let mut first = tuner.open_channel(&id("one")).unwrap();
    read(&mut first, 100).await;
    let mut second = tuner.open_channel(&id("one")).unwrap();
    for subscription in [&mut first, &mut second] {
        let mut watcher = Watcher::default();
        watcher.watch(&read(subscription, 5000).await);
        assert_eq!(watcher.errors(), 0);
    }
    assert_eq!(headend.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_upstream_that_breaks_is_told_and_comes_back() {
    let headend = Headend::start().await;
    let house = House::new();
    let tuner = house.tuner(&[("one", format!("http://{}/1", headend.at))]).await;
    let mut subscription = tuner.open_channel(&id("one")).unwrap();
    read(&mut subscription, 100).await;
    headend.hang_up.send_modify(|n| *n += 1);
    assert!(matches!(read_loss(&mut subscription).await, Lost::Signal { .. }));
    read(&mut subscription, 100).await;
    assert_eq!(headend.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_upstream_ends_soon_after_its_last_reader() {
    let headend = Headend::start().await;
    let house = House::new();
    let tuner = house.tuner(&[("one", format!("http://{}/1", headend.at))]).await;
    let mut subscription = tuner.open_channel(&id("one")).unwrap();
    read(&mut subscription, 100).await;
    assert_eq!(headend.open.load(Ordering::SeqCst), 1);
    drop(subscription);
    let deadline = Instant::now() + PATIENCE;
    while headend.open.load(Ordering::SeqCst) > 0 {
        assert!(Instant::now() < deadline, "still open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    read(&mut tuner.open_channel(&id("one")).unwrap(), 100).await;
}

#[tokio::test]
async fn a_source_that_refuses_is_told_with_its_reason_and_without_its_address() {
    let headend = Headend::start().await;
    let house = House::new();
    let address = format!("http://user:secret@{}/missing", headend.at);
    let tuner = house.tuner(&[("one", address)]).await;
    let lost = read_loss(&mut tuner.open_channel(&id("one")).unwrap()).await.to_string();
    assert!(lost.contains("404") && !lost.contains("secret"), "{lost}");
}

#[tokio::test]
async fn a_slow_reader_is_told_what_it_lost_and_goes_on() {
    let headend = Headend::start().await;
    let house = House::new();
    let tuner = house.tuner(&[("one", format!("http://{}/fast", headend.at))]).await;
    let mut slow = tuner.open_channel(&id("one")).unwrap();
    let mut quick = tuner.open_channel(&id("one")).unwrap();
    for _ in 0..700 {
        timeout(PATIENCE, quick.next()).await.unwrap().unwrap().unwrap();
    }
    let lost = slow.next().await.unwrap().unwrap_err();
    assert!(matches!(lost, Lost::Lagged { blocks } if blocks >= 100), "{lost}");
    read(&mut slow, 100).await;
}

#[tokio::test]
async fn a_file_is_played_in_real_time_over_and_over() {
    let house = House::new();
    std::fs::write(house.folder.path().join("clip.ts"), &clip()[..2000 * PACKET_LEN]).unwrap();
    let tuner = house.tuner(&[("one", "clip.ts".to_owned())]).await;
    let began = Instant::now();
    let got = read(&mut tuner.open_channel(&id("one")).unwrap(), 5000).await;
    let took = began.elapsed();
    assert!(Packet::all(&got).count() >= 5000);
    assert!(took > Duration::from_millis(900), "{took:?}");
}

async fn send_datagrams(socket: UdpSocket, to: SocketAddr, rtp: bool) {
    let mut endless = Restamper::new(clip()).unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    loop {
        tick.tick().await;
        let mut out = if rtp { vec![0x80, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } else { Vec::new() };
        endless.fill(7, &mut out);
        // Nobody may be listening yet.
        drop(socket.send_to(&out, to).await);
    }
}

#[tokio::test]
async fn datagrams_sent_to_one_of_our_own_ports_are_received() {
    let house = House::new();
    let port = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let tuner = house.tuner(&[("one", format!("udp://127.0.0.1:{port}"))]).await;
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    tokio::spawn(send_datagrams(sender, ([127, 0, 0, 1], port).into(), false));
    let mut watcher = Watcher::default();
    watcher.watch(&read(&mut tuner.open_channel(&id("one")).unwrap(), 700).await);
    assert_eq!(watcher.errors(), 0);
}

#[tokio::test]
async fn an_rtp_group_is_joined_on_the_interface_named() {
    let house = House::new();
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let group: SocketAddr = ([239, 255, 77, 7], sender.local_addr().unwrap().port()).into();
    let reference = socket2::SockRef::from(&sender);
    reference.set_multicast_if_v4(&std::net::Ipv4Addr::LOCALHOST).unwrap();
    if sender.send_to(&[0], group).await.is_err() {
        println!("skipped: this machine permits no multicast on loopback");
        return;
    }
    let tuner = house.tuner(&[("one", format!("rtp://@{group}?localaddr=127.0.0.1"))]).await;
    tokio::spawn(send_datagrams(sender, group, true));
    let mut watcher = Watcher::default();
    watcher.watch(&read(&mut tuner.open_channel(&id("one")).unwrap(), 700).await);
    assert_eq!(watcher.errors(), 0);
}

#[tokio::test]
async fn channels_that_are_unknown_or_cannot_be_received_are_refused() {
    let house = House::new();
    let tuner = house.tuner(&[("one", "rtmp://tv.example/1".to_owned())]).await;
    assert!(matches!(tuner.open_channel(&id("one")), Err(Error::Unsupported { .. })));
    assert!(matches!(tuner.open_channel(&id("two")), Err(Error::UnknownChannel(_))));
}

#[tokio::test]
async fn a_reader_that_outlives_the_tuner_is_told_the_end() {
    let headend = Headend::start().await;
    let house = House::new();
    let tuner = house.tuner(&[("one", format!("http://{}/1", headend.at))]).await;
    let mut subscription = tuner.open_channel(&id("one")).unwrap();
    read(&mut subscription, 10).await;
    drop(tuner);
    while timeout(PATIENCE, subscription.next()).await.unwrap().is_some() {}
}
