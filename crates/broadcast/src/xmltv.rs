//! XMLTV guides.
