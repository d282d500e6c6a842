//! The receiver as an ordinary account on somebody else's XMPP server.
