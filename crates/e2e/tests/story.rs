//! `televisor demo`: the whole story, told by the program itself.

use std::process::Command;

use televisor_e2e::program::televisor;
use televisor_e2e::skip;

#[test]
fn the_demo_tells_the_whole_story() {
    if ["ffmpeg", "ffprobe"].iter().any(|p| skip::without("the_demo_tells_the_whole_story", p)) {
        return;
    }
    let output = Command::new(televisor()).arg("demo").output().expect("televisor runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{error}");
    assert!(text.contains("That is the whole story."), "{text}");
}
