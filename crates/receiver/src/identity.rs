//! The receiver's own UUID and name. The UUID is made once and kept for ever: it is the realm of
//! pairing, the localpart of the receiver's own address, and what devices know it by.

use std::sync::{Arc, PoisonError, RwLock};

use televisor_store::Database;
use uuid::Uuid;

use crate::Error;
use crate::household::{clean, rows};

/// What the receiver is called when nobody has said.
const DEFAULT_NAME: &str = "Televisor";

/// Who the receiver is; cheap to clone, and a rename shows in every clone.
#[derive(Debug, Clone)]
pub struct Identity {
    uuid: Uuid,
    name: Arc<RwLock<String>>,
}

impl Identity {
    /// Reads the identity, or makes it. A name in the configuration wins over the one kept.
    pub(crate) async fn open(db: &Database, configured: Option<&str>) -> Result<Self, Error> {
        let configured = configured.map(|n| clean(n).ok_or(Error::BadName)).transpose()?;
        let fresh = Uuid::new_v4();
        let (uuid, kept) = db
            .write(move |conn| {
                let known = rows::setting(conn, "uuid")?.and_then(|t| Uuid::parse_str(&t).ok());
                if known.is_none() {
                    rows::set_setting(conn, "uuid", &fresh.as_hyphenated().to_string())?;
                }
                Ok::<_, Error>((known.unwrap_or(fresh), rows::setting(conn, "name")?))
            })
            .await?;
        let name = configured.or(kept).unwrap_or_else(|| DEFAULT_NAME.to_owned());
        Ok(Self { uuid, name: Arc::new(RwLock::new(name)) })
    }

    /// Returns the receiver's UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// Returns the friendly name.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps another friendly name.
    pub(crate) async fn rename(&self, db: &Database, name: &str) -> Result<String, Error> {
        let name = clean(name).ok_or(Error::BadName)?;
        let row = name.clone();
        db.write(move |conn| Ok::<_, Error>(rows::set_setting(conn, "name", &row)?)).await?;
        self.name.write().unwrap_or_else(PoisonError::into_inner).clone_from(&name);
        Ok(name)
    }
}
