//! RFC 6121, sections 2 to 5 and 8: what a server MUST do, and could do wrong, one test each. A test is a
//! conversation as in `tests/conversations`, in a house whose accounts see each other only after
//! asking. What is not about a single MUST is there.
#![cfg(test)]

mod section_2;
mod section_3;
mod section_4;
mod section_5;
mod section_8;

/// Holds a conversation.
async fn hold(text: &str) {
    let text = format!("# RFC 6121\n# household: no\n{text}");
    if let Err(error) = televisor_testkit::run(&text).await {
        panic!("{error:#}\n{text}");
    }
}

/// Two who see each other, nothing else to be read.
const FRIENDS: &str = "
ann is here
bob is here
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
bob sends:
  <presence type='subscribed' to='ann@house.example'/>
  <presence type='subscribe' to='ann@house.example'/>
ann sends:
  <presence type='subscribed' to='bob@house.example'/>
ann forgets
bob forgets
";

/// Two, of whom ann sees bob.
const ANN_SEES_BOB: &str = "
ann is here
bob is here
ann sends:
  <presence type='subscribe' to='bob@house.example'/>
bob sends:
  <presence type='subscribed' to='ann@house.example'/>
ann forgets
bob forgets
";
