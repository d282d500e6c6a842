//! One `<programme>` element.

use jiff::Timestamp;
use televisor_model::{Episode, Programme};

use super::episode;

/// Categories and credits that are kept of one programme.
const LIST_MAX: usize = 24;

/// A programme at a time on a channel of the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The guide's id of the channel.
    pub channel: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; guides may leave that to the next programme's start.
    pub stop: Option<Timestamp>,
    /// What is shown.
    pub programme: Programme,
    /// The address of a picture.
    pub icon: Option<String>,
}

/// Collects what stands inside the element. Of texts in several languages the first is kept.
#[derive(Debug, Default)]
pub(super) struct Parts {
    programme: Programme,
    icon: Option<String>,
    onscreen: Option<Episode>,
    shown_before: bool,
}

impl Parts {
    /// Takes the text of the child `name`; `system` is its attribute of that name.
    pub(super) fn text(&mut self, name: &[u8], system: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let programme = &mut self.programme;
        match name {
            b"title" if programme.title.is_empty() => text.clone_into(&mut programme.title),
            b"sub-title" => keep_first(&mut programme.subtitle, text),
            b"desc" => keep_first(&mut programme.synopsis, text),
            b"category" => add(&mut programme.categories, text),
            b"episode-num" => self.episode(system, text),
            _ => {}
        }
    }

    /// Takes the text of a child of `<credits>`.
    pub(super) fn credit(&mut self, text: &str) {
        add(&mut self.programme.credits, text.trim());
    }

    /// Takes a child for being there.
    pub(super) fn mark(&mut self, name: &[u8], src: Option<String>) {
        match name {
            b"new" | b"premiere" => self.programme.is_new = true,
            b"previously-shown" => self.shown_before = true,
            b"icon" => self.icon = self.icon.take().or(src),
            _ => {}
        }
    }

    fn episode(&mut self, system: &str, text: &str) {
        let programme = &mut self.programme;
        match system {
            "xmltv_ns" => programme.episode = programme.episode.or(episode::xmltv_ns(text)),
            "onscreen" | "common" | "SxxExx" | "" => {
                self.onscreen = self.onscreen.or(episode::onscreen(text));
            }
            "dd_progid" => {
                programme.series_id = programme.series_id.take().or(episode::series_of(text));
            }
            "dd_seriesid" => keep_first(&mut programme.series_id, text),
            _ => {}
        }
    }

    /// Puts it together; `None` if it has no title.
    pub(super) fn finish(
        mut self,
        channel: String,
        start: Timestamp,
        stop: Option<Timestamp>,
    ) -> Option<Entry> {
        self.programme.episode = self.programme.episode.or(self.onscreen);
        self.programme.is_new &= !self.shown_before;
        let stop = stop.filter(|stop| *stop > start);
        let titled = !self.programme.title.is_empty();
        titled.then_some(Entry { channel, start, stop, programme: self.programme, icon: self.icon })
    }
}

fn keep_first(place: &mut Option<String>, text: &str) {
    if place.is_none() {
        *place = Some(text.to_owned());
    }
}

fn add(list: &mut Vec<String>, text: &str) {
    if list.len() < LIST_MAX && !text.is_empty() && !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}
