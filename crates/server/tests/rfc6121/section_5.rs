//! Section 5: Exchanging Messages.

use crate::hold;

/// Section 5.2.1, RFC 6120 section 8.1.1.1: A message without `to` MUST be treated as if it were for the sender's own bare address.
#[tokio::test]
async fn s_5_2_1_a_message_without_to_is_for_oneself() {
    const TEXT: &str = r"
ann is here
ann/tv is here
ann forgets
ann/tv forgets
ann sends:
  <message id='1'><body>Note</body></message>
ann/tv receives:
  <message from='ann@house.example/home' id='1'><body>Note</body></message>
";
    hold(TEXT).await;
}

/// Section 5.2.2: A message of an unknown type MUST be treated as `normal`: it waits for whoever is not there.
#[tokio::test]
async fn s_5_2_2_an_unknown_type_is_a_normal_message() {
    const TEXT: &str = r"
# accounts: bob
ann connects
ann sends:
  <message to='bob@house.example' type='telegram' id='1'><body>Stop</body></message>
ann receives nothing
bob connects
bob sends:
  <presence/>
bob receives:
  <presence from='bob@house.example/home' to='bob@house.example/home'/>
  <message from='ann@house.example/home' to='bob@house.example' type='telegram' id='1'>
    ...
    <body>Stop</body>
  </message>
";
    hold(TEXT).await;
}

/// Section 5.2.2, RFC 6120 section 8.3.1: An error MUST NOT be answered with an error.
#[tokio::test]
async fn s_5_2_2_an_error_is_never_answered_with_an_error() {
    const TEXT: &str = r"
ann connects
ann sends:
  <message to='nobody@house.example' type='error' id='1'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
ann receives nothing
";
    hold(TEXT).await;
}

/// Section 5.2.3: Several bodies, told apart by `xml:lang`, are one message and pass as they are.
#[tokio::test]
async fn s_5_2_3_bodies_in_several_languages_pass() {
    const TEXT: &str = r"
ann connects
bob connects
ann sends:
  <message to='bob@house.example/home' id='1'><body xml:lang='en'>Hi</body><body xml:lang='cs'>Ahoj</body><subject>S</subject></message>
bob receives:
  <message from='ann@house.example/home' to='bob@house.example/home' id='1'><body xml:lang='en'>Hi</body><body xml:lang='cs'>Ahoj</body><subject>S</subject></message>
";
    hold(TEXT).await;
}

/// Section 5.2.5: A thread is opaque, and passes with its parent.
#[tokio::test]
async fn s_5_2_5_a_thread_and_its_parent_pass() {
    const TEXT: &str = r"
ann connects
bob connects
ann sends:
  <message to='bob@house.example/home' type='chat' id='1'><body>Hi</body><thread parent='p'>t</thread></message>
bob receives:
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='1'><body>Hi</body><thread parent='p'>t</thread></message>
";
    hold(TEXT).await;
}

/// Section 5.3: Extended content that the server does not know MUST NOT keep it from delivering the message.
#[tokio::test]
async fn s_5_3_what_is_not_known_passes_untouched() {
    const TEXT: &str = r"
ann connects
bob connects
ann sends:
  <message to='bob@house.example/home' id='1'><x xmlns='urn:x:unheard-of' a='1'><y/>z</x></message>
bob receives:
  <message from='ann@house.example/home' to='bob@house.example/home' id='1'><x xmlns='urn:x:unheard-of' a='1'><y/>z</x></message>
";
    hold(TEXT).await;
}
