//! Section 8: Server Rules for Processing XML Stanzas.

use crate::hold;

/// Section 8.5.1: A message or request for nobody MUST be answered by `service-unavailable`, presence and answers MUST be ignored.
#[tokio::test]
async fn s_8_5_1_nobody_has_that_address() {
    const TEXT: &str = r"
ann connects
ann sends:
  <message to='nobody@house.example' type='chat' id='1'><body>Hi</body></message>
  <iq type='get' to='nobody@house.example/x' id='2'><ping xmlns='urn:xmpp:ping'/></iq>
  <presence to='nobody@house.example'/>
  <presence type='subscribe' to='nobody@house.example'/>
  <iq type='result' to='nobody@house.example' id='3'/>
ann receives:
  <message type='error' from='nobody@house.example' to='ann@house.example/home' id='1'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </message>
  <iq type='error' from='nobody@house.example/x' to='ann@house.example/home' id='2'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </iq>
ann forgets
";
    hold(TEXT).await;
}

/// Section 8.5.2.1.1: A message to the bare address MUST NOT reach a resource of negative priority.
#[tokio::test]
async fn s_8_5_2_1_1_a_message_never_goes_to_a_negative_priority() {
    const TEXT: &str = r"
bob/tv connects
bob/tv sends:
  <presence><priority>-1</priority></presence>
bob/phone is here
bob/tv forgets
bob/phone forgets
ann connects
ann sends:
  <message to='bob@house.example' type='chat' id='1'><body>Hi</body></message>
  <message to='bob@house.example' id='2'><body>Hi</body></message>
  <message to='bob@house.example' type='headline' id='3'><body>Hi</body></message>
bob/tv receives nothing
bob/phone receives:
  <message from='ann@house.example/home' to='bob@house.example' type='chat' id='1'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example' id='2'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example' type='headline' id='3'><body>Hi</body></message>
";
    hold(TEXT).await;
}

/// Section 8.5.2.1.1: groupchat to a bare address MUST NOT be delivered, and MUST be answered by an error.
#[tokio::test]
async fn s_8_5_2_1_1_groupchat_to_an_account_is_refused() {
    const TEXT: &str = r"
bob is here
ann connects
ann sends:
  <message to='bob@house.example' type='groupchat' id='1'><body>Hi</body></message>
ann receives:
  <message type='error' from='bob@house.example' to='ann@house.example/home' id='1'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </message>
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.2.1.1: an error to a bare address MUST be ignored.
#[tokio::test]
async fn s_8_5_2_1_1_an_error_to_an_account_is_ignored() {
    const TEXT: &str = r"
bob is here
ann connects
ann sends:
  <message to='bob@house.example' type='error' id='1'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
ann receives nothing
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.2.1.3: an iq to a bare address MUST be answered by the server, and MUST NOT be delivered.
#[tokio::test]
async fn s_8_5_2_1_3_a_request_to_an_account_is_the_servers() {
    const TEXT: &str = r"
bob is here
ann connects
ann sends:
  <iq type='get' to='bob@house.example' id='1'><query xmlns='urn:x:unheard-of'/></iq>
ann receives:
  <iq type='error' from='bob@house.example' to='ann@house.example/home' id='1'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </iq>
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.2.1.3: a result to a bare address is nobody's.
#[tokio::test]
async fn s_8_5_2_1_3_an_answer_to_an_account_is_dropped() {
    const TEXT: &str = r"
bob is here
ann connects
ann sends:
  <iq type='result' to='bob@house.example' id='1'/>
ann receives nothing
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.2.2.1: normal and chat are stored, headline is dropped, groupchat is refused.
#[tokio::test]
async fn s_8_5_2_2_1_who_is_not_there_gets_it_later() {
    const TEXT: &str = r"
# accounts: bob
ann connects
ann sends:
  <message to='bob@house.example' id='1'><body>Hi</body></message>
  <message to='bob@house.example' type='chat' id='2'><body>Hi</body></message>
  <message to='bob@house.example' type='headline' id='3'><body>Hi</body></message>
  <message to='bob@house.example' type='groupchat' id='4'><body>Hi</body></message>
ann receives:
  <message type='error' from='bob@house.example' to='ann@house.example/home' id='4'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </message>
bob connects
bob sends:
  <presence/>
bob receives:
  <presence from='bob@house.example/home' to='bob@house.example/home'/>
  <message from='ann@house.example/home' to='bob@house.example' id='1'>
    ...
    <body>Hi</body>
  </message>
  <message type='chat' from='ann@house.example/home' to='bob@house.example' id='2'>
    ...
    <body>Hi</body>
  </message>
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.3.1: what is for a full address whose resource is there MUST be delivered to it, of whatever kind and priority, and to it alone.
#[tokio::test]
async fn s_8_5_3_1_a_full_address_reaches_that_resource_alone() {
    const TEXT: &str = r"
bob/tv connects
bob/tv sends:
  <presence><priority>-1</priority></presence>
bob/phone is here
bob/tv forgets
bob/phone forgets
ann connects
ann sends:
  <message to='bob@house.example/tv' type='normal' id='1'><body>Hi</body></message>
  <message to='bob@house.example/tv' type='chat' id='2'><body>Hi</body></message>
  <message to='bob@house.example/tv' type='groupchat' id='3'><body>Hi</body></message>
  <message to='bob@house.example/tv' type='headline' id='4'><body>Hi</body></message>
  <presence to='bob@house.example/tv'/>
  <iq type='get' to='bob@house.example/tv' id='5'><query xmlns='urn:x'/></iq>
bob/tv receives:
  <message from='ann@house.example/home' to='bob@house.example/tv' type='normal' id='1'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/tv' type='chat' id='2'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/tv' type='groupchat' id='3'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/tv' type='headline' id='4'><body>Hi</body></message>
  <presence from='ann@house.example/home' to='bob@house.example/tv'/>
  <iq type='get' from='ann@house.example/home' to='bob@house.example/tv' id='5'><query xmlns='urn:x'/></iq>
bob/phone receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.3.2.1: a chat goes on to the other resources, normal and groupchat are refused, headline and errors are dropped.
#[tokio::test]
async fn s_8_5_3_2_1_a_chat_for_a_resource_that_is_gone_goes_to_another() {
    const TEXT: &str = r"
bob is here
ann connects
ann sends:
  <message to='bob@house.example/gone' type='chat' id='1'><body>Hi</body></message>
  <message to='bob@house.example/gone' id='2'><body>Hi</body></message>
  <message to='bob@house.example/gone' type='groupchat' id='3'><body>Hi</body></message>
  <message to='bob@house.example/gone' type='headline' id='4'><body>Hi</body></message>
ann receives:
  <message type='error' from='bob@house.example/gone' to='ann@house.example/home' id='2'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </message>
  <message type='error' from='bob@house.example/gone' to='ann@house.example/home' id='3'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </message>
ann receives nothing
bob receives:
  <message from='ann@house.example/home' to='bob@house.example/gone' type='chat' id='1'><body>Hi</body></message>
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8.5.3.2.3: an iq to a resource that is not there MUST be answered by `service-unavailable`.
#[tokio::test]
async fn s_8_5_3_2_3_a_request_to_a_resource_that_is_gone_is_refused() {
    const TEXT: &str = r"
bob is here
ann connects
ann sends:
  <iq type='set' to='bob@house.example/gone' id='1'><query xmlns='urn:x'/></iq>
  <iq type='result' to='bob@house.example/gone' id='2'/>
ann receives:
  <iq type='error' from='bob@house.example/gone' to='ann@house.example/home' id='1'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </iq>
ann receives nothing
bob receives nothing
";
    hold(TEXT).await;
}

/// Section 8, RFC 6120 section 10.1: what one says to another MUST arrive in the order it was said.
#[tokio::test]
async fn s_8_1_the_order_of_one_sender_is_kept() {
    const TEXT: &str = r"
ann connects
bob is here
bob forgets
ann sends:
  <message to='bob@house.example/home' type='chat' id='1'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='2'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='3'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='4'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='5'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='6'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='7'><body>Hi</body></message>
  <message to='bob@house.example/home' type='chat' id='8'><body>Hi</body></message>
bob receives:
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='1'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='2'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='3'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='4'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='5'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='6'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='7'><body>Hi</body></message>
  <message from='ann@house.example/home' to='bob@house.example/home' type='chat' id='8'><body>Hi</body></message>
";
    hold(TEXT).await;
}

/// Section 8.3: what is for the server itself MUST be answered by it.
#[tokio::test]
async fn s_8_3_the_servers_address_is_served_by_the_server() {
    const TEXT: &str = r"
ann connects
ann sends:
  <iq type='get' to='house.example' id='1'><ping xmlns='urn:xmpp:ping'/></iq>
  <iq type='get' to='house.example' id='2'><query xmlns='urn:x'/></iq>
ann receives:
  <iq type='result' from='house.example' to='ann@house.example/home' id='1'/>
  <iq type='error' from='house.example' to='ann@house.example/home' id='2'>
    ...
    <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
  </iq>
";
    hold(TEXT).await;
}
