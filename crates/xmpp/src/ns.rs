//! Every XML namespace Televisor speaks, with the document that defines it above each.

/// RFC 6120 section 4.8.2: the content namespace between a client and its server.
pub const CLIENT: &str = "jabber:client";
/// RFC 6120 section 4.8.2: the content namespace between servers.
pub const SERVER: &str = "jabber:server";
/// XEP-0114: the content namespace between a component and its server.
pub const COMPONENT_ACCEPT: &str = "jabber:component:accept";
/// RFC 6120 section 4.8.1: `<stream/>`, `<features/>` and `<error/>`.
pub const STREAMS: &str = "http://etherx.jabber.org/streams";
/// RFC 6120 section 4.9.2: stream error conditions.
pub const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// RFC 6120 section 8.3.2: stanza error conditions.
pub const STANZA_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// RFC 6120 section 5: STARTTLS.
pub const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// RFC 6120 section 6: SASL.
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// RFC 6120 section 7: resource binding.
pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// RFC 3921 section 3: session establishment, kept for old clients.
pub const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
/// RFC 6121 section 2: the roster.
pub const ROSTER: &str = "jabber:iq:roster";
/// RFC 6121 section 2.6: roster versioning as a stream feature.
pub const ROSTER_VERSIONING: &str = "urn:xmpp:features:rosterver";
/// RFC 6121 section 3.4: subscription pre-approval as a stream feature.
pub const PRE_APPROVAL: &str = "urn:xmpp:features:pre-approval";
/// RFC 7395 section 3.3: framing in WebSockets.
pub const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
/// Namespaces in XML 1.0, section 3: bound to the prefix `xml`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespaces in XML 1.0, section 3: bound to the prefix `xmlns`.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// XEP-0004: Data Forms.
pub const DATA_FORMS: &str = "jabber:x:data";
/// XEP-0012: Last Activity.
pub const LAST_ACTIVITY: &str = "jabber:iq:last";
/// XEP-0030: Service Discovery, `disco#info`.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// XEP-0030: Service Discovery, `disco#items`.
pub const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
/// XEP-0045: Multi-User Chat, what a room says to one of its occupants.
pub const MUC_USER: &str = "http://jabber.org/protocol/muc#user";
/// XEP-0048: Bookmarks, the element and the node of old.
pub const BOOKMARKS_OLD: &str = "storage:bookmarks";
/// XEP-0049: Private XML Storage.
pub const PRIVATE: &str = "jabber:iq:private";
/// XEP-0050: Ad-Hoc Commands.
pub const COMMANDS: &str = "http://jabber.org/protocol/commands";
/// XEP-0054: vcard-temp.
pub const VCARD_TEMP: &str = "vcard-temp";
/// XEP-0059: Result Set Management.
pub const RESULT_SETS: &str = "http://jabber.org/protocol/rsm";
/// XEP-0060: Publish-Subscribe.
pub const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// XEP-0059: Result Set Management.
pub const RSM: &str = "http://jabber.org/protocol/rsm";
/// XEP-0060: Publish-Subscribe, error conditions.
pub const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
/// XEP-0060: Publish-Subscribe, what owners do.
pub const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
/// XEP-0060: Publish-Subscribe, event notifications.
pub const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
/// XEP-0077: In-Band Registration.
pub const REGISTER: &str = "jabber:iq:register";
/// XEP-0084: User Avatar, data.
pub const AVATAR_DATA: &str = "urn:xmpp:avatar:data";
/// XEP-0084: User Avatar, metadata.
pub const AVATAR_METADATA: &str = "urn:xmpp:avatar:metadata";
/// XEP-0085: Chat State Notifications.
pub const CHAT_STATES: &str = "http://jabber.org/protocol/chatstates";
/// XEP-0092: Software Version.
pub const VERSION: &str = "jabber:iq:version";
/// XEP-0115: Entity Capabilities.
pub const CAPS: &str = "http://jabber.org/protocol/caps";
/// XEP-0122: Data Forms Validation.
pub const DATA_VALIDATION: &str = "http://jabber.org/protocol/xdata-validate";
/// XEP-0153: vCard-Based Avatars.
pub const VCARD_UPDATE: &str = "vcard-temp:x:update";
/// XEP-0160: offline message storage, as a service discovery feature.
pub const MESSAGE_OFFLINE: &str = "msgoffline";
/// XEP-0172: User Nickname.
pub const NICK: &str = "http://jabber.org/protocol/nick";
/// XEP-0184: Message Delivery Receipts.
pub const RECEIPTS: &str = "urn:xmpp:receipts";
/// XEP-0191: Blocking Command.
pub const BLOCKING: &str = "urn:xmpp:blocking";
/// XEP-0191: Blocking Command, its stanza error.
pub const BLOCKING_ERRORS: &str = "urn:xmpp:blocking:errors";
/// XEP-0198: Stream Management.
pub const STREAM_MANAGEMENT: &str = "urn:xmpp:sm:3";
/// XEP-0199: XMPP Ping.
pub const PING: &str = "urn:xmpp:ping";
/// XEP-0202: Entity Time.
pub const TIME: &str = "urn:xmpp:time";
/// XEP-0203: Delayed Delivery.
pub const DELAY: &str = "urn:xmpp:delay";
/// XEP-0220: Server Dialback.
pub const DIALBACK: &str = "jabber:server:dialback";
/// XEP-0220: Server Dialback, as a stream feature.
pub const DIALBACK_FEATURE: &str = "urn:xmpp:features:dialback";
/// XEP-0221: Data Forms Media Element.
pub const MEDIA_ELEMENT: &str = "urn:xmpp:media-element";
/// XEP-0249: Direct MUC Invitations.
pub const DIRECT_INVITATION: &str = "jabber:x:conference";
/// XEP-0257: Client Certificate Management for SASL EXTERNAL.
pub const CERTIFICATES: &str = "urn:xmpp:saslcert:1";
/// XEP-0280: Message Carbons.
pub const CARBONS: &str = "urn:xmpp:carbons:2";
/// XEP-0280: the rules of its section 6, as a service discovery feature.
pub const CARBONS_RULES: &str = "urn:xmpp:carbons:rules:0";
/// XEP-0288: Bidirectional Server-to-Server Connections.
pub const BIDI: &str = "urn:xmpp:bidi";
/// XEP-0288: Bidirectional Server-to-Server Connections, as a stream feature.
pub const BIDI_FEATURE: &str = "urn:xmpp:features:bidi";
/// XEP-0292: vCard4 Over XMPP.
pub const VCARD4: &str = "urn:ietf:params:xml:ns:vcard-4.0";
/// XEP-0292: vCard4 Over XMPP, the node.
pub const VCARD4_NODE: &str = "urn:xmpp:vcard4";
/// XEP-0297: Stanza Forwarding.
pub const FORWARD: &str = "urn:xmpp:forward:0";
/// XEP-0308: Last Message Correction.
pub const CORRECTION: &str = "urn:xmpp:message-correct:0";
/// XEP-0313: Message Archive Management.
pub const MAM: &str = "urn:xmpp:mam:2";
/// XEP-0313: the fields and queries of its later versions, as a service discovery feature.
pub const MAM_EXTENDED: &str = "urn:xmpp:mam:2#extended";
/// XEP-0313: the field about groupchat, as a service discovery feature.
pub const MAM_GROUPCHAT_FIELD: &str = "urn:xmpp:mam:2#groupchat-field";
/// XEP-0333: Displayed Markers.
pub const CHAT_MARKERS: &str = "urn:xmpp:chat-markers:0";
/// XEP-0334: Message Processing Hints.
pub const HINTS: &str = "urn:xmpp:hints";
/// XEP-0352: Client State Indication.
pub const CLIENT_STATE: &str = "urn:xmpp:csi:0";
/// XEP-0353: Jingle Message Initiation.
pub const CALLS: &str = "urn:xmpp:jingle-message:1";
/// XEP-0353: Jingle Message Initiation, as it was.
pub const CALLS_0: &str = "urn:xmpp:jingle-message:0";
/// XEP-0359: Unique and Stable Stanza IDs.
pub const STANZA_ID: &str = "urn:xmpp:sid:0";
/// XEP-0377: Spam Reporting.
pub const REPORTING: &str = "urn:xmpp:reporting:1";
/// XEP-0380: Explicit Message Encryption.
pub const ENCRYPTION: &str = "urn:xmpp:eme:0";
/// XEP-0386: Bind 2.
pub const BIND2: &str = "urn:xmpp:bind:0";
/// XEP-0388: Extensible SASL Profile.
pub const SASL2: &str = "urn:xmpp:sasl:2";
/// XEP-0402: PEP Native Bookmarks.
pub const BOOKMARKS: &str = "urn:xmpp:bookmarks:1";
/// XEP-0422: Message Fastening.
pub const FASTENING: &str = "urn:xmpp:fasten:0";
/// XEP-0424: Message Retraction.
pub const RETRACTION: &str = "urn:xmpp:message-retract:1";
/// XEP-0424: Message Retraction, as it was.
pub const RETRACTION_0: &str = "urn:xmpp:message-retract:0";
/// XEP-0357: Push Notifications.
pub const PUSH: &str = "urn:xmpp:push:0";
/// XEP-0363: HTTP File Upload.
pub const HTTP_UPLOAD: &str = "urn:xmpp:http:upload:0";
/// XEP-0363: HTTP File Upload, what a file is for.
pub const HTTP_UPLOAD_PURPOSE: &str = "urn:xmpp:http:upload:purpose:0";
/// XEP-0440: SASL Channel-Binding Type Capability.
pub const SASL_CHANNEL_BINDING: &str = "urn:xmpp:sasl-cb:0";
/// XEP-0444: Message Reactions.
pub const REACTIONS: &str = "urn:xmpp:reactions:0";
/// XEP-0478: Stream Limits Advertisement.
pub const STREAM_LIMITS: &str = "urn:xmpp:stream-limits:0";
/// XEP-0484: Fast Authentication Streamlining Tokens.
pub const FAST: &str = "urn:xmpp:fast:0";
/// XEP-0490: Message Displayed Synchronization.
pub const DISPLAYED_SYNCHRONISATION: &str = "urn:xmpp:mds:displayed:0";
/// XEP-0494: Client Access Management.
pub const CLIENT_ACCESS: &str = "urn:xmpp:cam:0";

/// `docs/protocol.md`, "Whose certificate is whose": the household's certificates.
pub const HOUSEHOLD: &str = "urn:televisor:household:0";
