//! What a test wants of the world.

/// What is started. Fields are added; use [`Wanted::nothing`] and its siblings with `..`.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// miniupnpd on the router.
    pub door: bool,
    /// Prosody as example.org.
    pub prosody: bool,
    /// Prosody takes only certificates that are valid: no dialback without one.
    pub prosody_strict: bool,
    /// ejabberd as example.net.
    pub ejabberd: bool,
    /// pebble.
    pub pebble: bool,
    /// For how many seconds pebble's certificates are valid, if not for years.
    pub short_certificates: Option<u32>,
    /// IPv6 everywhere (miniupnpd then makes pinholes).
    pub ipv6: bool,
}

impl Wanted {
    /// The namespaces and DNS alone.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            door: false,
            prosody: false,
            prosody_strict: false,
            ejabberd: false,
            pebble: false,
            short_certificates: None,
            ipv6: false,
        }
    }

    /// A router with a door, and Prosody.
    #[must_use]
    pub fn prosody() -> Self {
        Self { door: true, prosody: true, ..Self::nothing() }
    }

    /// A router with a door, and ejabberd.
    #[must_use]
    pub fn ejabberd() -> Self {
        Self { door: true, ejabberd: true, ..Self::nothing() }
    }

    /// All of it, over IPv4.
    #[must_use]
    pub fn everything() -> Self {
        Self { pebble: true, ejabberd: true, ..Self::prosody() }
    }
}
