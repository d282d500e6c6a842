//! XEP-0133 sections 4.14, 4.16, 4.19 and 4.21: who there is, who is here, and how many of each.

use televisor_xmpp::error::StanzaError;
use televisor_xmpp::payload::forms::{Field, FieldKind};

use super::desk::telling;
use crate::accounts::BoxFuture;
use crate::command::{Command, Reply, Requester, Turn};
use crate::context::Context;

/// A list of accounts, or their number.
pub(super) struct Listing {
    node: &'static str,
    name: &'static str,
    field: &'static str,
    label: &'static str,
    numbered: bool,
    accounts: fn(&Context) -> Vec<String>,
}

pub(super) static REGISTERED_NUMBER: Listing = Listing {
    node: "http://jabber.org/protocol/admin#get-registered-users-num",
    name: "Number of devices",
    field: "registeredusersnum",
    label: "The number of registered users",
    numbered: true,
    accounts: registered,
};

pub(super) static ONLINE_NUMBER: Listing = Listing {
    node: "http://jabber.org/protocol/admin#get-online-users-num",
    name: "Number of devices online",
    field: "onlineusersnum",
    label: "The number of online users",
    numbered: true,
    accounts: online,
};

pub(super) static REGISTERED: Listing = Listing {
    node: "http://jabber.org/protocol/admin#get-registered-users-list",
    name: "List of devices",
    field: "registereduserjids",
    label: "The list of all users",
    numbered: false,
    accounts: registered,
};

pub(super) static ONLINE: Listing = Listing {
    node: "http://jabber.org/protocol/admin#get-online-users-list",
    name: "List of devices online",
    field: "onlineuserjids",
    label: "The list of all online users",
    numbered: false,
    accounts: online,
};

fn registered(context: &Context) -> Vec<String> {
    let accounts = context.accounts().accounts().into_iter();
    let mut localparts: Vec<String> = accounts.map(|account| account.localpart).collect();
    localparts.sort_unstable();
    localparts
}

/// Those with an available resource: XEP-0133 section 4.16 counts who is online.
fn online(context: &Context) -> Vec<String> {
    let sessions = context.router().all().into_iter();
    let available = sessions.filter(|session| session.available.is_some());
    let mut localparts: Vec<String> =
        available.map(|session| session.origin.account.clone()).collect();
    localparts.sort_unstable();
    localparts.dedup();
    localparts
}

impl Command for Listing {
    fn node(&self) -> &str {
        self.node
    }

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn may(&self, _context: &Context, requester: &Requester) -> bool {
        requester.is_owner
    }

    fn step<'a>(
        &'a self,
        context: &'a Context,
        _turn: Turn<'a>,
    ) -> BoxFuture<'a, Result<Reply, StanzaError>> {
        Box::pin(async move {
            let accounts = (self.accounts)(context);
            let field = if self.numbered {
                Field::text(self.field).value(accounts.len().to_string())
            } else {
                let mut field = Field::new(FieldKind::JidMulti, self.field);
                field.values = accounts.iter().map(|account| context.address(account)).collect();
                field
            };
            Ok(Reply::told(telling(self.name).field(field.label(self.label))))
        })
    }
}
