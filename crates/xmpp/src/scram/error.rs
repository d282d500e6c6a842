//! Why a SCRAM exchange is broken off.

use crate::sasl::SaslCondition;

/// Why a SCRAM exchange is broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScramError {
    /// A message is not what RFC 5802 section 7 describes.
    #[error("malformed SCRAM message")]
    Malformed,
    /// The message has a mandatory extension, and none is known (RFC 5802 section 5.1, `m=`).
    #[error("unknown mandatory SCRAM extension")]
    Extension,
    /// The client binds to the channel in another way than the mechanism and the server do.
    #[error("channel binding does not fit the mechanism")]
    UnexpectedBinding,
    /// The client was made to believe that the server has no channel binding: somebody is in between
    /// (RFC 5802 section 6, flag `y`).
    #[error("the offer of channel binding was taken out on the way")]
    Downgrade,
    /// The server offered something else than what arrived: somebody is in between (XEP-0474).
    #[error("the offer of mechanisms was changed on the way")]
    Tampered,
    /// The two ends are not on the same channel.
    #[error("the channel bindings differ")]
    BindingMismatch,
    /// The other side's nonce is not the one agreed.
    #[error("the nonces differ")]
    Nonce,
    /// The password is wrong, or there is no such user.
    #[error("wrong credentials")]
    Proof,
    /// The server does not know the password: it is not who it says.
    #[error("the server could not prove itself")]
    ServerSignature,
    /// The server refused, in its own words.
    #[error("the server refused")]
    Refused,
    /// The password has characters that SASLprep prohibits (RFC 4013).
    #[error("the user name or password has characters that are not allowed")]
    Prohibited,
    /// The server asks for fewer rounds than is safe, or more than is decent.
    #[error("iteration count out of range")]
    Iterations,
}

impl ScramError {
    /// Returns the condition to answer a client with. What concerns the credentials is told apart from
    /// nothing else that does.
    #[must_use]
    pub const fn condition(self) -> SaslCondition {
        match self {
            Self::Malformed | Self::Extension | Self::UnexpectedBinding | Self::Nonce => {
                SaslCondition::MalformedRequest
            }
            Self::Downgrade
            | Self::Tampered
            | Self::BindingMismatch
            | Self::Proof
            | Self::ServerSignature
            | Self::Refused
            | Self::Prohibited
            | Self::Iterations => SaslCondition::NotAuthorized,
        }
    }
}
