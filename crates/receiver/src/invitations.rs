//! What may be asked to be done about people's own accounts elsewhere.

use televisor_model::{Actor, Contact, ContactState, Role, Via};
use televisor_store::rusqlite::Connection;

use crate::household::{Contacts, Invitation, bare_jid, rows};
use crate::permission::{self, Command};
use crate::{Error, Receiver};

/// The setting that holds the domain.
const KNOWN_AS: &str = "known_as";

impl Receiver {
    /// Returns the accounts elsewhere, for looking up and for whoever carries their answers.
    #[must_use]
    pub fn accounts(&self) -> &Contacts {
        self.household().contacts()
    }

    /// Returns every account elsewhere, the oldest first.
    #[must_use]
    pub fn contacts(&self) -> Vec<Contact> {
        self.accounts().list()
    }

    /// Invites somebody's own account elsewhere: it is asked by `via`, and nothing more until it
    /// has said yes and somebody of the household has said [`Receiver::allow`].
    ///
    /// # Errors
    /// [`Error::NotAllowed`]; [`Error::Contact`] says which rule stands against it.
    pub async fn invite(&self, actor: &Actor, jid: &str, via: Via) -> Result<Contact, Error> {
        permission::check(actor, Command::Invite)?;
        self.accounts().invite(&actor.name, &bare_jid(jid)?, via).await
    }

    /// Lets in an account that has accepted, as a member unless `role` says otherwise; or gives
    /// one that is in another role, which takes an owner.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Contact`].
    pub async fn allow(
        &self,
        actor: &Actor,
        jid: &str,
        role: Option<Role>,
    ) -> Result<Contact, Error> {
        let jid = bare_jid(jid)?;
        let before = self.accounts().get(&jid);
        let contact = self.accounts().allow(actor, &jid, role).await?;
        if before.is_some_and(|before| before.role > contact.role) {
            self.accounts().end_tokens();
        }
        Ok(contact)
    }

    /// Ends an account's access at once, takes an invitation back, or says no when the household
    /// is asked. An account may always end its own. Invitations that approve by themselves end with
    /// it. Returns how it stood before.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Contact`].
    pub async fn revoke(&self, actor: &Actor, jid: &str) -> Result<Contact, Error> {
        let before = self.accounts().revoke(actor, &bare_jid(jid)?).await?;
        if before.state == ContactState::Allowed {
            self.accounts().end_tokens();
        }
        Ok(before)
    }

    /// Makes an invitation that approves by itself, once, within ten minutes (XEP-0379). Whoever
    /// brings it becomes a member.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Contact`] without randomness.
    pub fn invitation(&self, actor: &Actor) -> Result<Invitation, Error> {
        permission::check(actor, Command::Invite)?;
        self.accounts().token(actor.role.min(Role::Member), &actor.name)
    }
}

impl Receiver {
    /// Returns the domain under which accounts elsewhere know the receiver; `None` before the first
    /// was asked.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn known_as(&self) -> Result<Option<String>, Error> {
        self.database().read(|conn| Ok::<_, Error>(rows::setting(conn, KNOWN_AS)?)).await
    }

    /// Keeps the domain under which accounts elsewhere are asked from now on.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn set_known_as(&self, domain: &str) -> Result<(), Error> {
        let domain = domain.to_owned();
        let write =
            move |conn: &Connection| Ok::<_, Error>(rows::set_setting(conn, KNOWN_AS, &domain)?);
        self.database().write(write).await
    }
}
