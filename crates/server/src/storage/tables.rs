//! The schema. Released steps are never edited; a change is another step.

use televisor_store::Part;

/// The server's tables in the shared database.
pub const PART: Part = Part {
    name: "xmpp",
    steps: &[
        "CREATE TABLE xmpp_roster (
            account TEXT NOT NULL,
            contact TEXT NOT NULL,
            name TEXT,
            groups TEXT NOT NULL,
            state TEXT NOT NULL,
            listed INTEGER NOT NULL,
            request TEXT,
            PRIMARY KEY (account, contact)
        ) STRICT;
        CREATE TABLE xmpp_vcard (
            account TEXT PRIMARY KEY,
            vcard TEXT NOT NULL,
            photo_sha1 TEXT NOT NULL
        ) STRICT;
        CREATE TABLE xmpp_offline (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL,
            stanza TEXT NOT NULL
        ) STRICT;
        CREATE INDEX xmpp_offline_account ON xmpp_offline (account, id);
        CREATE TABLE xmpp_household (
            localpart TEXT PRIMARY KEY,
            name TEXT NOT NULL
        ) STRICT;",
        "CREATE TABLE xmpp_certificate (
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            sha256 BLOB NOT NULL UNIQUE,
            der BLOB NOT NULL,
            credentials BLOB NOT NULL,
            PRIMARY KEY (account, name)
        ) STRICT;",
    ],
};
