//! XMPP conversations as readable text files, held with a real server.
//!
//! ```text
//! # RFC 6121 section 5.2: a chat message reaches a contact
//! bob is here
//! ann connects
//! ann sends:
//!   <message type='chat' to='bob@house.example'><body>Hello</body></message>
//! bob receives:
//!   <message type='chat' from='ann@house.example/home' to='*'><body>Hello</body></message>
//! ```
//!
//! The first line names the section of the document. After it come header lines (`# household: no`,
//! `# archive: yes`, `# accounts: carol dave`, `# owners: ann`) and comments, then one step a line:
//!
//! | step | does |
//! | --- | --- |
//! | `NAME connects` | logs in as account NAME with resource `home`, without presence |
//! | `NAME connects as ACCOUNT/RESOURCE` | logs in as that; NAME may also be `ACCOUNT/RESOURCE` itself |
//! | `NAME logs in` | the same without binding a resource |
//! | `NAME opens a stream` | opens one that says it is from account NAME; the features come first |
//! | `NAME opens a stream as ACCOUNT` | the same for another name |
//! | `NAME authenticates with:` | SASL2 with SCRAM, and the XML below inside the request |
//! | `NAME authenticates by token with:` | the same with the last token NAME received |
//! | `NAME is available` | sends initial presence, forgets what comes of it |
//! | `NAME is here` | connects and is available |
//! | `NAME asks for the roster` | does, and forgets the answer: pushes follow |
//! | `NAME sends:` | sends the XML below as it stands |
//! | `NAME answers:` | answers the last request that it has received, with what is below |
//! | `NAME receives:` | the next stanzas are those below, in this order |
//! | `NAME receives in any order:` | the next stanzas are those below |
//! | `NAME receives nothing` | nothing has come |
//! | `NAME forgets` | forgets what has come |
//! | `NAME disconnects` | closes the stream |
//! | `NAME drops` | goes without a word |
//! | `NAME is disconnected` | the server has closed the stream |
//! | `outside gives back:` | what is below could not be delivered in time |
//! | `NAME drops ADDRESS` | ends the subscriptions of the resident NAME with that contact |
//!
//! `outside` is everybody at `outside.example`, another server: it sends with a `from` of its own, and
//! receives what goes there. With `# resident: tv`, `tv` is a resident of the server: what it receives
//! has an attribute `subscription`, how it stands to the sender, if that is a contact elsewhere.
//!
//! In what is received, an attribute or text of `*` is anything; of `*NAME`, too, and later on `{NAME}` is
//! what it was, in what is sent and what is received. A text of `...` allows for further
//! children; the order of attributes and white space around text do not matter. All else does.
//!
//! | module | holds |
//! | --- | --- |
//! | `script` | reading the text |
//! | `names` | what was received, to be said again |
//! | `compare` | expectation and stanza |
//! | `house` | the server and its accounts |
//! | `outside` | everybody on another server |
//! | `resident` | a resident of the server |
//! | `client` | one named client |
//! | `greeting` | the resident's command |
//! | `conversation` | running the steps |

mod client;
mod compare;
mod conversation;
mod greeting;
mod house;
mod names;
mod outside;
mod resident;
mod script;

pub use compare::difference;
pub use conversation::run;
pub use script::elements;
