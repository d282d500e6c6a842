//! What an address in a line-up means. Parsed once; inside, a source cannot be wrong.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use reqwest::Url;

/// Where packets come from. Equal sources share one upstream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A transport stream in the body of an HTTP answer.
    Http { url: Url, user_agent: Option<String> },
    /// Datagrams of packets, with or without RTP headers.
    Datagrams(Datagrams),
    /// A file, played in real time, over and over.
    File(PathBuf),
}

/// Where to listen for datagrams.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Datagrams {
    /// A multicast group or one of our addresses, and the port.
    pub(crate) at: SocketAddr,
    /// The sender that a source-specific group is joined for (RFC 4607).
    pub(crate) sender: Option<IpAddr>,
    /// The address of the interface that joins; else the system's routes decide.
    pub(crate) interface: Option<IpAddr>,
}

/// Where a line-up was found: decides what relative addresses mean, and what it may name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base<'a> {
    /// In this folder. May name files.
    Folder(&'a Path),
    /// At this address. Must not name files: whoever serves it is not the owner of the disk.
    Url(&'a Url),
}

impl Source {
    /// Reads an address as it stands in a line-up.
    ///
    /// # Errors
    /// What is wrong with it, in words, without the address itself (it may hold a password).
    pub(crate) fn parse(
        address: &str,
        user_agent: Option<&str>,
        base: Base<'_>,
    ) -> Result<Self, String> {
        let Some((scheme, rest)) = address.split_once("://") else {
            return relative(address, user_agent, base);
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => {
                let url = Url::parse(address).map_err(|e| e.to_string())?;
                Ok(Self::Http { url, user_agent: user_agent.map(str::to_owned) })
            }
            "udp" | "rtp" => Ok(Self::Datagrams(datagrams(rest)?)),
            "file" => match (base, Url::parse(address).map(|url| url.to_file_path())) {
                (Base::Url(_), _) => Err("a playlist from elsewhere may not name files".to_owned()),
                (Base::Folder(_), Ok(Ok(path))) => Ok(Self::File(path)),
                (Base::Folder(_), _) => Err("no such file address".to_owned()),
            },
            other => Err(format!("`{other}` is not supported")),
        }
    }
}

fn relative(address: &str, user_agent: Option<&str>, base: Base<'_>) -> Result<Source, String> {
    match base {
        Base::Folder(folder) => Ok(Source::File(folder.join(address))),
        Base::Url(url) => {
            let url = url.join(address).map_err(|e| e.to_string())?;
            match url.scheme() {
                "http" | "https" => {
                    Ok(Source::Http { url, user_agent: user_agent.map(str::to_owned) })
                }
                other => Err(format!("`{other}` is not supported")),
            }
        }
    }
}

/// Reads `[sender]@group:port[?localaddr=address]`, as VLC and ffmpeg write it.
fn datagrams(rest: &str) -> Result<Datagrams, String> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (sender, place) = place.rsplit_once('@').unwrap_or(("", place));
    let place = place.trim_end_matches('/');
    let at = match place.strip_prefix(':') {
        Some(port) => port.parse().ok().map(|port| (Ipv4Addr::UNSPECIFIED, port).into()),
        None => place.parse().ok(),
    };
    let at: SocketAddr = at.ok_or("it needs an IP address and a port")?;
    let sender = match sender {
        "" => None,
        text => Some(text.parse().map_err(|_| "the sender must be an IP address")?),
    };
    let interface = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("localaddr="))
        .map(|text| text.parse().map_err(|_| "localaddr must be an IP address"))
        .transpose()?;
    Ok(Datagrams { at, sender, interface })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Result<Source, String> {
        Source::parse(address, None, Base::Folder(Path::new("/lists")))
    }

    #[test]
    fn groups_senders_and_interfaces_are_read() {
        let Ok(Source::Datagrams(plain)) = parse("udp://@239.255.0.1:5000") else { panic!() };
        assert_eq!((plain.at.to_string().as_str(), plain.sender), ("239.255.0.1:5000", None));
        let full = parse("rtp://192.0.2.1@232.0.0.1:5004?fifo_size=9&localaddr=127.0.0.1");
        let Ok(Source::Datagrams(full)) = full else { panic!() };
        assert_eq!(full.sender.unwrap().to_string(), "192.0.2.1");
        assert_eq!(full.interface.unwrap().to_string(), "127.0.0.1");
        assert!(matches!(parse("udp://@:5000"), Ok(Source::Datagrams(_))));
        assert!(matches!(parse("udp://@[ff15::1]:5000"), Ok(Source::Datagrams(_))));
        assert!(parse("udp://somewhere").is_err());
    }

    #[test]
    fn a_playlist_from_elsewhere_cannot_name_files() {
        let url = Url::parse("http://tv.example/lists/a.m3u").unwrap();
        let remote = |address| Source::parse(address, None, Base::Url(&url));
        assert!(remote("file:///etc/passwd").is_err());
        let Ok(Source::Http { url: found, .. }) = remote("../etc/passwd") else { panic!() };
        assert_eq!(found.as_str(), "http://tv.example/etc/passwd");
        assert_eq!(parse("clips/a.ts").unwrap(), Source::File("/lists/clips/a.ts".into()));
    }
}
