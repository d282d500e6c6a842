//! XEP-0085: Chat State Notifications. No [`Payload`](super::Payload), because the state is the name of
//! the element.

use crate::condition::conditions;
use crate::element::Element;
use crate::ns;

conditions! {
    /// What somebody in a conversation is doing.
    pub enum ChatState {
        /// Pays attention.
        Active = "active",
        /// Types.
        Composing = "composing",
        /// Has stopped typing.
        Paused = "paused",
        /// Pays no attention.
        Inactive = "inactive",
        /// Has gone.
        Gone = "gone",
    }
}

impl ChatState {
    /// Reads the state that `message` carries.
    #[must_use]
    pub fn of(message: &Element) -> Option<Self> {
        message
            .children()
            .filter(|child| child.namespace() == ns::CHAT_STATES)
            .find_map(|child| Self::parse(child.name()))
    }

    /// Makes the element.
    #[must_use]
    pub fn to_element(self) -> Element {
        Element::new(self.as_str(), ns::CHAT_STATES)
    }
}
