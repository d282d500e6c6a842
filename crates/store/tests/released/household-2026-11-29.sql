-- household.db as the program of 29 November 2026 wrote it (schema: hh 2, dvr 1, xmpp 2), with rows in
-- every table. Never edit this: whoever changes the schema adds a step, and this must still open.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
INSERT INTO schema_part VALUES('hh',2);
INSERT INTO schema_part VALUES('dvr',1);
INSERT INTO schema_part VALUES('xmpp',2);
CREATE TABLE hh_setting (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT;
INSERT INTO hh_setting VALUES('uuid','1daf560d-7816-4968-aff5-30d1436251a8');
INSERT INTO hh_setting VALUES('name','Baird''s Televisor');
INSERT INTO hh_setting VALUES('known_as','tv.example.net');
CREATE TABLE hh_device (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'owner')),
            tier TEXT NOT NULL CHECK (tier IN ('basic', 'full')),
            paired_at_ms INTEGER NOT NULL,
            last_seen_ms INTEGER,
            sha1_salt BLOB NOT NULL,
            sha1_iterations INTEGER NOT NULL,
            sha1_stored_key BLOB NOT NULL,
            sha1_server_key BLOB NOT NULL,
            sha256_salt BLOB NOT NULL,
            sha256_iterations INTEGER NOT NULL,
            sha256_stored_key BLOB NOT NULL,
            sha256_server_key BLOB NOT NULL,
            ha1_md5 BLOB NOT NULL,
            ha1_sha256 BLOB NOT NULL
        ) STRICT;
INSERT INTO hh_device VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','Joe''s phone','owner','full',1795615200000,1795615200000,X'45b66e5fe018ed225f263f752cf1e28b',4096,X'f3ab84f78a5dc5a61388809b1a760e828c5bff73',X'ba38014ae8680bb1b7383f8ec602ff77ff45dbae',X'3fc372163f32088e4d47591edc7cd2b8',4096,X'153b778fd49197a61ae660c88b7edd0475e0206b7e7427c303527b9f4cd183b6',X'34ad1ba235d043b3571de8fe2c3b473d3cba54a53624b4f82b9c00c1a97047e0',X'668d5bbff26893bff16a964567144d9a',X'563a77a0b29c50f921d5b8ea4cd4a960f8e9dc1bf551630d4582ecf63d3b7a4c');
INSERT INTO hh_device VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000002','Dan’s laptop','member','full',1795615200000,1795615200000,X'9b5a7120cd8e09aec14733290eaa6426',4096,X'36a14bf98362b502f7248053aa6af0ec2aa673bc',X'a3abec52941b1e0f752335f6a520809a81f947d5',X'db248e0a01fbbac10ec7b761610a700e',4096,X'b16454501e52cebe81acd5d9f094c778ef1c868017e84a9e93761f4c77fd3e68',X'0784e9535628ea28974b8efc27aa83ef8f597c0a658ac51c3132ab19a9c28241',X'a26c2f63b279ff4c691c8a2c9ae32834',X'bf9d34cbdf88fb2d175716eadb048ccae6107d17eb1659094dd9df01dc0f9a98');
INSERT INTO hh_device VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000003','Old tablet','member','basic',1795615200000,NULL,X'9e380e45cc34310b133971e4ff4e26c2',4096,X'4ee2d34025777c7d1c96e5516439c634b16ab282',X'00b9ae66e435a0ad2fe96da7d9e984ff5c61f6c4',X'32ae1836fbe55891d23c5f470e0005ce',4096,X'55463e3bb16b9f90196db5d77d5b06eb43691232d0d931db22f8bd4d83c242c9',X'94e31782c124d440f78e86d57f74d350577ec08b081d0b3fa0068ba113bdcc2f',X'712379104fa4dd9eb932d3c82a863ae0',X'a98cd3fcfcc25b46818450b1688bea69ab0102968218a3c64457ec1c2566525f');
CREATE TABLE hh_contact (
        jid TEXT PRIMARY KEY,
        name TEXT,
        role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'owner')),
        state TEXT NOT NULL CHECK (state IN ('invited', 'accepted', 'allowed', 'refused')),
        invited_by TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        via TEXT NOT NULL CHECK (via IN ('federation', 'component', 'uplink'))
    ) STRICT;
INSERT INTO hh_contact VALUES('joe@example.org',NULL,'member','accepted','Joe''s phone',1795615200000,'federation');
INSERT INTO hh_contact VALUES('sue@example.net',NULL,'member','invited','Joe''s phone',1795615200000,'uplink');
INSERT INTO hh_contact VALUES('no@example.net',NULL,'member','refused','Joe''s phone',1795615200000,'federation');
CREATE TABLE hh_contact_past (
        jid TEXT NOT NULL,
        what TEXT NOT NULL CHECK (what IN ('invited', 'refused')),
        at_ms INTEGER NOT NULL
    ) STRICT;
INSERT INTO hh_contact_past VALUES('joe@example.org','invited',1795615200000);
INSERT INTO hh_contact_past VALUES('sue@example.net','invited',1795615200000);
INSERT INTO hh_contact_past VALUES('no@example.net','invited',1795615200000);
INSERT INTO hh_contact_past VALUES('no@example.net','refused',1795615200000);
CREATE TABLE dvr_timer (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            channel TEXT NOT NULL,
            start_ms INTEGER NOT NULL,
            stop_ms INTEGER NOT NULL,
            pad_before_ms INTEGER NOT NULL,
            pad_after_ms INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            event TEXT,
            programme TEXT NOT NULL,
            rule INTEGER,
            set_by TEXT NOT NULL,
            state TEXT NOT NULL
        ) STRICT;
INSERT INTO dvr_timer VALUES(1,'dvb:233a/1041/10bf',1893882600000,1893885300000,60000,180000,50,'e1','{"title":"Newsnight","subtitle":"The Man with the Flower","synopsis":"In which J. L. Baird \"televises\" a flower & more","categories":["News","Current affairs"],"credits":["Stooky Bill"],"season":2,"episode":7,"series_id":"crid://example/1","is_new":true}',3,'Joe''s phone','"scheduled"');
INSERT INTO dvr_timer VALUES(2,'dvb:233a/1041/10bf',1893882600000,1893885300000,60000,180000,50,'e2','{"title":"Newsnight","subtitle":"The Man with the Flower","synopsis":"In which J. L. Baird \"televises\" a flower & more","categories":["News","Current affairs"],"credits":["Stooky Bill"],"season":2,"episode":7,"series_id":"crid://example/1","is_new":true}',3,'Joe''s phone','{"completed":1}');
INSERT INTO dvr_timer VALUES(3,'dvb:233a/1041/10bf',1893882600000,1893885300000,60000,180000,50,NULL,'{"title":"Baird One","is_new":false}',NULL,'Joe''s phone','"cancelled"');
INSERT INTO dvr_timer VALUES(4,'dvb:233a/1041/10bf',1893882600000,1893885300000,60000,180000,50,NULL,'{"title":"Baird One","is_new":false}',NULL,'Joe''s phone','{"failed":"missed"}');
INSERT INTO dvr_timer VALUES(5,'dvb:233a/1041/10bf',1893882600000,1893885300000,60000,180000,50,NULL,'{"title":"Baird One","is_new":false}',NULL,'Joe''s phone','{"failed":{"no-signal":"tried 3 times"}}');
CREATE TABLE dvr_recording (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            timer INTEGER,
            channel TEXT NOT NULL,
            channel_name TEXT NOT NULL,
            programme TEXT NOT NULL,
            start_ms INTEGER NOT NULL,
            stop_ms INTEGER NOT NULL,
            path BLOB NOT NULL,
            size_bytes INTEGER NOT NULL,
            gaps TEXT NOT NULL,
            state TEXT NOT NULL
        ) STRICT;
INSERT INTO dvr_recording VALUES(1,2,'dvb:233a/1041/10bf','Baird One','{"title":"Newsnight","subtitle":"The Man with the Flower","synopsis":"In which J. L. Baird \"televises\" a flower & more","categories":["News","Current affairs"],"credits":["Stooky Bill"],"season":2,"episode":7,"series_id":"crid://example/1","is_new":true}',1795213740000,1795216680000,X'4e6577736e696768742f323032362d31312d323020312e7473',18800,'[{"from":"2026-11-20T22:40:00Z","until":"2026-11-20T22:41:30Z","reason":"the receiver was off"}]','"completed"');
INSERT INTO dvr_recording VALUES(2,NULL,'dvb:233a/1041/10bf','Baird One','{"title":"Baird One","is_new":false}',1795213740000,1795216680000,X'4e6577736e696768742f323032362d31312d323020322e7473',37600,'[]','{"failed":"disk-full"}');
CREATE TABLE xmpp_roster (
            account TEXT NOT NULL,
            contact TEXT NOT NULL,
            name TEXT,
            groups TEXT NOT NULL,
            state TEXT NOT NULL,
            listed INTEGER NOT NULL,
            request TEXT,
            PRIMARY KEY (account, contact)
        ) STRICT;
INSERT INTO xmpp_roster VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','ann@example.net','Ann & co','FriendsWork','both',1,NULL);
INSERT INTO xmpp_roster VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','stranger@example.net',NULL,'','none+in',0,'<presence xmlns=''jabber:client'' type=''subscribe'' from=''stranger@example.net''><status>hello?</status></presence>');
INSERT INTO xmpp_roster VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','asked@example.net',NULL,'','none+out',1,NULL);
INSERT INTO xmpp_roster VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000002','bob@example.org',NULL,'','to',1,NULL);
CREATE TABLE xmpp_vcard (
            account TEXT PRIMARY KEY,
            vcard TEXT NOT NULL,
            photo_sha1 TEXT NOT NULL
        ) STRICT;
INSERT INTO xmpp_vcard VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','<vCard xmlns=''vcard-temp''><FN>Joe Bloggs</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>YWJj</BINVAL></PHOTO></vCard>','a9993e364706816aba3e25717850c26c9cd0d89d');
CREATE TABLE xmpp_offline (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL,
            stanza TEXT NOT NULL
        ) STRICT;
INSERT INTO xmpp_offline VALUES(1,'5e8c1d3a-0f4b-4c2d-9a6e-000000000002','<message xmlns=''jabber:client'' type=''chat'' id=''m1'' from=''5e8c1d3a-0f4b-4c2d-9a6e-000000000001@baird-s-televisor.local/phone'' to=''5e8c1d3a-0f4b-4c2d-9a6e-000000000002@baird-s-televisor.local''><body>Are you there? 1</body><delay xmlns=''urn:xmpp:delay'' stamp=''2026-11-25T14:01:00Z''/></message>');
INSERT INTO xmpp_offline VALUES(2,'5e8c1d3a-0f4b-4c2d-9a6e-000000000002','<message xmlns=''jabber:client'' type=''chat'' id=''m2'' from=''5e8c1d3a-0f4b-4c2d-9a6e-000000000001@baird-s-televisor.local/phone'' to=''5e8c1d3a-0f4b-4c2d-9a6e-000000000002@baird-s-televisor.local''><body>Are you there? 2</body><delay xmlns=''urn:xmpp:delay'' stamp=''2026-11-25T14:02:00Z''/></message>');
CREATE TABLE xmpp_household (
            localpart TEXT PRIMARY KEY,
            name TEXT NOT NULL
        ) STRICT;
INSERT INTO xmpp_household VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','Joe''s phone');
INSERT INTO xmpp_household VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000002','Dan’s laptop');
CREATE TABLE xmpp_certificate (
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            sha256 BLOB NOT NULL UNIQUE,
            der BLOB NOT NULL,
            credentials BLOB NOT NULL,
            PRIMARY KEY (account, name)
        ) STRICT;
INSERT INTO xmpp_certificate VALUES('5e8c1d3a-0f4b-4c2d-9a6e-000000000001','Phone',X'0707070707070707070707070707070707070707070707070707070707070707',X'3003020101',X'0909090909090909090909090909090909090909090909090909090909090909');
CREATE TABLE xmpp_secret (
    id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;
INSERT INTO xmpp_secret VALUES(1,X'154b699c51daba957052bc651de18df79b9774281f982333ffb69a84469bd9af');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('xmpp_offline',4);
INSERT INTO sqlite_sequence VALUES('dvr_timer',5);
INSERT INTO sqlite_sequence VALUES('dvr_recording',2);
CREATE INDEX xmpp_offline_account ON xmpp_offline (account, id);
COMMIT;
