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
        // Ids are those of `archive/stable_id.rs`. A message is kept once for both ends; `sender` and
        // `recipient` are the accounts whose archives hold it.
        "CREATE TABLE xmpp_archive_address (
            id INTEGER PRIMARY KEY,
            address TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE xmpp_archive_message (
            id INTEGER PRIMARY KEY,
            sender INTEGER,
            recipient INTEGER,
            stanza BLOB NOT NULL
        ) STRICT;
        CREATE TABLE xmpp_archive (
            account INTEGER NOT NULL,
            id INTEGER NOT NULL,
            contact INTEGER NOT NULL,
            resource INTEGER NOT NULL,
            PRIMARY KEY (account, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX xmpp_archive_contact ON xmpp_archive (account, contact, id);
        CREATE TABLE xmpp_archive_size (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            messages INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO xmpp_archive_size VALUES (1, 0, 0);
        ALTER TABLE xmpp_offline ADD COLUMN archive_id INTEGER;
        ALTER TABLE xmpp_offline ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;",
        "CREATE TABLE xmpp_pubsub_node (
            account TEXT NOT NULL,
            node TEXT NOT NULL,
            config TEXT NOT NULL,
            PRIMARY KEY (account, node)
        ) STRICT;
        CREATE INDEX xmpp_pubsub_node_name ON xmpp_pubsub_node (node);
        CREATE TABLE xmpp_pubsub_role (
            account TEXT NOT NULL,
            node TEXT NOT NULL,
            jid TEXT NOT NULL,
            role TEXT NOT NULL,
            PRIMARY KEY (account, node, jid, role)
        ) STRICT;
        CREATE TABLE xmpp_pubsub_item (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL,
            node TEXT NOT NULL,
            id TEXT NOT NULL,
            publisher TEXT NOT NULL,
            published INTEGER NOT NULL,
            payload TEXT NOT NULL,
            UNIQUE (account, node, id)
        ) STRICT;
        CREATE TABLE xmpp_caps (
            hash TEXT NOT NULL,
            version TEXT NOT NULL,
            nodes TEXT NOT NULL,
            PRIMARY KEY (hash, version)
        ) STRICT;
        CREATE TABLE xmpp_private (
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            namespace TEXT NOT NULL,
            element TEXT NOT NULL,
            PRIMARY KEY (account, name, namespace)
        ) STRICT;",
        "CREATE TABLE xmpp_client (
            account TEXT NOT NULL,
            id TEXT NOT NULL,
            software TEXT,
            device TEXT,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            credentials BLOB NOT NULL,
            password INTEGER NOT NULL,
            PRIMARY KEY (account, id)
        ) STRICT;
        CREATE TABLE xmpp_token (
            account TEXT NOT NULL,
            client TEXT NOT NULL,
            slot INTEGER NOT NULL,
            mechanism TEXT NOT NULL,
            secret TEXT NOT NULL,
            issued INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            count INTEGER,
            PRIMARY KEY (account, client, slot)
        ) STRICT;",
        "CREATE TABLE xmpp_blocked (
            account TEXT NOT NULL,
            jid TEXT NOT NULL,
            PRIMARY KEY (account, jid)
        ) STRICT;
        CREATE TABLE xmpp_report (
            jid TEXT NOT NULL,
            reason TEXT NOT NULL,
            times INTEGER NOT NULL,
            last TEXT NOT NULL,
            PRIMARY KEY (jid, reason)
        ) STRICT;",
        // RFC 6121 section 3.4, and XEP-0012.
        "ALTER TABLE xmpp_roster ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE xmpp_last_activity (
            account TEXT PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            status TEXT NOT NULL
        ) STRICT;",
        "CREATE TABLE xmpp_push (
            account TEXT NOT NULL,
            jid TEXT NOT NULL,
            node TEXT NOT NULL,
            options TEXT,
            resource TEXT NOT NULL,
            failures INTEGER NOT NULL,
            PRIMARY KEY (account, jid, node)
        ) STRICT;",
        // XEP-0198: what sessions had handled.
        "CREATE TABLE xmpp_handled (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            handled INTEGER NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;",
        "CREATE TABLE xmpp_archive_preferences (
            account TEXT PRIMARY KEY,
            fallback TEXT NOT NULL,
            always TEXT NOT NULL,
            never TEXT NOT NULL
        ) STRICT;",
        // XEP-0198: what was sent and not acknowledged.
        "CREATE TABLE xmpp_unacknowledged (
            session TEXT NOT NULL,
            number INTEGER NOT NULL,
            account TEXT NOT NULL,
            resource TEXT NOT NULL,
            stanza TEXT NOT NULL,
            archive_id INTEGER NOT NULL,
            archived INTEGER NOT NULL,
            PRIMARY KEY (session, number)
        ) STRICT, WITHOUT ROWID;",
    ],
};
