//! Two Prosodys, as Debian has it, with acknowledgements (XEP-0198) and bidirectional streams
//! (XEP-0288) between servers, as Televisor has them.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::pair::{PASSWORD, Pair, RECEIVER, SENDER, Server};

pub(crate) fn start(folder: &Path) -> Pair {
    let servers = ["127.0.2.1", "127.0.2.2"].map(|domain| launch(&folder.join(domain), domain));
    Pair { name: "Prosody", servers: servers.map(Server::ready) }
}

fn launch(folder: &Path, domain: &str) -> Server {
    let accounts = folder.join("data").join(domain.replace('.', "%2e")).join("accounts");
    std::fs::create_dir_all(&accounts).unwrap();
    for name in [SENDER, RECEIVER] {
        let text = format!("return {{ [\"password\"] = \"{PASSWORD}\"; }};\n");
        std::fs::write(accounts.join(format!("{name}.dat")), text).unwrap();
    }
    let made = rcgen::generate_simple_self_signed(vec![domain.to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let configuration = folder.join("conf.lua");
    std::fs::write(&configuration, text(folder, domain)).unwrap();
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let child = Command::new("prosody")
        .arg("-F")
        .arg("--config")
        .arg(configuration)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("prosody is installed");
    Server { domain: domain.to_owned(), host: domain.to_owned(), child }
}

fn text(folder: &Path, domain: &str) -> String {
    let shown = folder.display();
    format!(
        "run_as_root = true\npidfile = \"{shown}/pid\"\ndata_path = \"{shown}/data\"\n\
         log = {{ {{ levels = {{ min = \"warn\" }}, to = \"console\" }} }}\n\
         interfaces = {{ \"{domain}\" }}\n\
         modules_enabled = {{ \"roster\", \"saslauth\", \"tls\", \"dialback\", \"disco\", \"ping\", \
         \"posix\", \"smacks\", \"s2s_bidi\", \"offline\" }}\n\
         authentication = \"internal_plain\"\nstorage = \"internal\"\n\
         c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n\
         s2s_require_encryption = true\ns2s_secure_auth = false\nsmacks_enabled_s2s = true\n\
         ssl = {{ certificate = \"{shown}/cert.pem\", key = \"{shown}/key.pem\" }}\n\
         VirtualHost \"{domain}\"\n"
    )
}
