//! The verbs about people's own accounts: `invite allow revoke accounts`.

use serde_json::Value;

use super::ask::{rows, show, text, when};
use super::say;
use crate::cli::{Allow, Ask, Invite, Revoke};
use crate::control::wire::Request;
use crate::problem::Problem;
use crate::serve::blocks;

/// `televisor invite JID` and `televisor invite --link`.
pub(crate) async fn invite(args: &Invite) -> Result<(), Problem> {
    let Some(jid) = args.jid.clone() else {
        return show(&args.ask, Request::InviteLink, |v| {
            let uri = text(v, "uri");
            if let Some(code) = blocks(&uri) {
                say(&code);
            }
            say(&uri);
            say(&format!("lets in one person; good until {}", when(v, "expires_at")));
        })
        .await;
    };
    show(&args.ask, Request::Invite { jid }, |v| {
        say(&format!("{} is asked, by {}", text(v, "jid"), text(v, "via")));
        say("when they accept, let them in with: televisor allow JID");
    })
    .await
}

/// `televisor allow JID`.
pub(crate) async fn allow(args: &Allow) -> Result<(), Problem> {
    let request = Request::Allow { jid: args.jid.clone(), role: args.role.clone() };
    show(&args.ask, request, |v| {
        say(&format!("{} may talk to the receiver now, as {}", text(v, "jid"), text(v, "role")));
    })
    .await
}

/// `televisor revoke JID`.
pub(crate) async fn revoke(args: &Revoke) -> Result<(), Problem> {
    show(&args.ask, Request::Revoke { jid: args.jid.clone() }, |v| {
        let end = match v.get("state").and_then(Value::as_str) {
            Some("invited") => "is no longer invited",
            Some("accepted") => "is not let in",
            Some("refused") => "is off the list",
            _ => "may not talk to the receiver any more",
        };
        say(&format!("{} {end}", text(v, "jid")));
    })
    .await
}

/// `televisor accounts`.
pub(crate) async fn accounts(args: &Ask) -> Result<(), Problem> {
    show(args, Request::Accounts, |v| {
        if rows(Some(v)).is_empty() {
            say("nobody's own account is known (invite one with `televisor invite JID`)");
        }
        for account in rows(Some(v)) {
            let name = account.get("name").and_then(Value::as_str);
            let name = name.map_or_else(String::new, |name| format!("  “{name}”"));
            say(&format!(
                "{:<32} {:<7} {:<9} since {}, invited by {}, by {}{name}",
                text(account, "jid"),
                text(account, "role"),
                text(account, "state"),
                when(account, "since"),
                text(account, "invited_by"),
                text(account, "via")
            ));
        }
    })
    .await
}
