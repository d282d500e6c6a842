//! Which of the household's channels are which of the guide's.

use std::collections::{BTreeMap, HashMap};

use televisor_model::{Channel, ChannelId};
use televisor_store::rusqlite::{self, Connection};

use crate::row;

/// A channel of one source; stays the same when the source is imported again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) source: i64,
    pub(crate) guide_id: String,
}

/// A channel as one source names it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) place: Place,
    pub(crate) names: Vec<String>,
}

/// Both ways between the household's channels and the guide's.
#[derive(Debug, Default)]
pub(crate) struct LineUp {
    pub(crate) places: BTreeMap<ChannelId, Place>,
    pub(crate) channels: HashMap<Place, Vec<ChannelId>>,
}

impl LineUp {
    /// Finds each channel in the guide: by its `tvg-id`, by its id, by its name. Of several sources, the
    /// first in `known` wins.
    pub(crate) fn join(channels: &[Channel], known: &[Known]) -> Self {
        let mut by_id: HashMap<String, &Place> = HashMap::new();
        let mut by_name: HashMap<String, &Place> = HashMap::new();
        for channel in known {
            by_id.entry(fold(&channel.place.guide_id)).or_insert(&channel.place);
            for name in &channel.names {
                by_name.entry(fold(name)).or_insert(&channel.place);
            }
        }
        let mut joined = Self::default();
        for channel in channels {
            let place = channel
                .guide_id
                .as_ref()
                .and_then(|id| by_id.get(&fold(id)))
                .or_else(|| by_id.get(&fold(&channel.id.0)))
                .or_else(|| by_name.get(&fold(&channel.name)));
            if let Some(place) = place {
                joined.places.insert(channel.id.clone(), (*place).clone());
                joined.channels.entry((*place).clone()).or_default().push(channel.id.clone());
            }
        }
        joined
    }
}

/// Reads the channels that are visible, in the order in which their sources win.
pub(crate) fn known(conn: &Connection, order: &[String]) -> rusqlite::Result<Vec<Known>> {
    let mut statement = conn.prepare(
        "SELECT s.location, c.source, c.guide_id, c.names FROM channel c \
         JOIN source s ON s.id = c.source AND s.current = c.import ORDER BY c.source, c.id",
    )?;
    let rows = statement.query_map([], |r| {
        let location: String = r.get(0)?;
        let place = Place { source: r.get(1)?, guide_id: r.get(2)? };
        Ok((location, Known { place, names: row::split(&r.get::<_, String>(3)?) }))
    })?;
    let mut known = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let position = |location: &String| order.iter().position(|o| o == location);
    known.sort_by_key(|(location, _)| position(location).unwrap_or(usize::MAX));
    Ok(known.into_iter().map(|(_, channel)| channel).collect())
}

/// Makes names comparable: case and spaces do not matter.
fn fold(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
