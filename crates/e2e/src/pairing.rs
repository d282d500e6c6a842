//! Pairing as a test wants it done: by curl, as a client of 2010 would.

use crate::receiver::{Receiver, wait_for};

/// What pairing gave to a device.
#[derive(Debug, Clone)]
pub struct Paired {
    /// The UUID: its user name everywhere.
    pub uuid: String,
    /// The passcode: its password everywhere.
    pub code: String,
}

/// What curl was answered where the receiver runs: the header block of the last response.
#[must_use]
pub fn curl(receiver: &Receiver, words: &[&str]) -> String {
    let output = receiver
        .here("curl")
        .args(["--silent", "--include", "--max-time", "10"])
        .args(words)
        .output()
        .expect("curl runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns a header's value from a response, its name in any case.
#[must_use]
pub fn header(response: &str, name: &str) -> Option<String> {
    response.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// Returns the UUID that `/pair` redirects to.
///
/// # Panics
/// If it does not redirect.
#[must_use]
pub fn begin(receiver: &Receiver, device_name: &str) -> String {
    let name = device_name.replace(' ', "%20").replace('\'', "%27");
    let answer = curl(receiver, &[&format!("{}/pair?device-name={name}", receiver.pairing())]);
    let location = header(&answer, "location").unwrap_or_else(|| panic!("no redirect: {answer}"));
    location.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Returns the code on the screen, once there is one.
///
/// # Panics
/// If none appears.
#[must_use]
pub fn code(receiver: &Receiver) -> String {
    let mut code = None;
    wait_for("a code on the screen", || {
        let screen = receiver.ask("screen");
        code = screen["passcode"]["code"].as_str().map(str::to_owned);
        code.is_some()
    });
    code.unwrap_or_default()
}

/// Pairs a device from an open window to a 2xx answer.
///
/// # Panics
/// If any step fails.
#[must_use]
pub fn pair(receiver: &Receiver, device_name: &str) -> Paired {
    receiver.open_pairing();
    let uuid = begin(receiver, device_name);
    let url = format!("{}/{uuid}", receiver.pairing());
    let bare = curl(receiver, &[&url]);
    assert!(bare.starts_with("HTTP/1.1 401"), "{bare}");
    let code = code(receiver);
    let done = curl(receiver, &["--digest", "--user", &format!("{uuid}:{code}"), &url]);
    assert!(done.contains("HTTP/1.1 200"), "{done}");
    Paired { uuid, code }
}
