//! The command line: one verb each for the receiver, for asking it, and for secondary devices.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A television receiver you can talk to.
#[derive(Debug, Parser)]
#[command(name = "televisor", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Every verb of the program.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run the receiver in the foreground
    Serve(Serve),
    /// Show the whole story: a receiver with a made-up broadcaster, and a tour by a second device
    Demo(Demo),
    /// Load the configuration and say what is wrong with it
    CheckConfig(ConfigFile),
    /// Say how the running receiver is
    Status(Ask),
    /// Show what the receiver's screen shows
    Screen(Ask),
    /// List the paired devices
    Devices(Ask),
    /// List what is going to be recorded
    Timers(Ask),
    /// List what has been recorded
    Recordings(Ask),
    /// Let a new device pair, or stop letting it
    Pairing(Pairing),
    /// Un-pair a device
    Forget(Forget),
    /// Invite somebody's own chat account to talk to the receiver from anywhere
    Invite(Invite),
    /// Let in an account that has accepted its invitation, or give it another role
    Allow(Allow),
    /// End an account's access, or take its invitation back
    Revoke(Revoke),
    /// List people's own accounts
    Accounts(Ask),
    /// Copy what the receiver keeps (household.db) to a file, while it runs
    Backup(Backup),
    /// Find receivers on this network
    Find(Find),
    /// Pair this device with a receiver
    Pair(Pair),
    /// Say one thing to a receiver and print its answer
    Say(Say),
    /// Talk with a receiver, or with anybody on this network
    Chat(Chat),
    /// List who can be talked to on this network without any server
    Nearby(Nearby),
    /// Run the made-up broadcaster of the demo alone, until interrupted
    Broadcast(Broadcast),
    /// Print a completion script for a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Manual,
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// The configuration file [default: televisor.toml in the data folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `televisor serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) file: ConfigFile,
    /// The data folder [default: $XDG_DATA_HOME/televisor, or /var/lib/televisor for root]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// `televisor demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Leave the receiver running at the end, with its addresses printed
    #[arg(long)]
    pub(crate) keep: bool,
}

/// Which receiver to ask on this machine, and how to print.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The running receiver's data folder
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `televisor pairing`.
#[derive(Debug, Args)]
pub(crate) struct Pairing {
    #[command(subcommand)]
    pub(crate) what: PairingVerb,
}

/// What to do with the pairing window.
#[derive(Debug, Subcommand)]
pub(crate) enum PairingVerb {
    /// "Add remote device"
    Open {
        /// For how long, 3 to 15 minutes
        #[arg(long = "for", value_name = "TIME")]
        duration: Option<String>,
        #[command(flatten)]
        ask: Ask,
    },
    /// Let no further device pair
    Close {
        #[command(flatten)]
        ask: Ask,
    },
}

/// `televisor forget`.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// The device, as `televisor devices` lists it
    pub(crate) uuid: String,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// `televisor invite`.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// The account, such as joe@example.org
    #[arg(required_unless_present = "link")]
    pub(crate) jid: Option<String>,
    /// Print a link and a QR code that let in whoever opens them, once, within ten minutes
    #[arg(long, conflicts_with = "jid")]
    pub(crate) link: bool,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// `televisor allow`.
#[derive(Debug, Args)]
pub(crate) struct Allow {
    /// The account
    pub(crate) jid: String,
    /// What it may do: guest, member or owner [default: member, or as it is]
    #[arg(long, value_parser = ["guest", "member", "owner"])]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// `televisor revoke`.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The account
    pub(crate) jid: String,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// `televisor backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The copy
    pub(crate) file: PathBuf,
    /// Replace the file if there is one already
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// Where a secondary device keeps its pairings.
#[derive(Debug, Args)]
pub(crate) struct Profile {
    /// This device's own folder [default: $XDG_CONFIG_HOME/televisor]
    #[arg(long, value_name = "DIR", env = "TELEVISOR_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
}

/// `televisor find`.
#[derive(Debug, Args)]
pub(crate) struct Find {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// How long to look, in seconds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) wait: u64,
    #[command(flatten)]
    pub(crate) profile: Profile,
}

/// `televisor pair`.
#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// The receiver's name, or the address of its web page
    pub(crate) receiver: String,
    /// The code that the television shows [default: asked for]
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// What this device is called [default: its host name]
    #[arg(long, value_name = "N")]
    pub(crate) device_name: Option<String>,
    #[command(flatten)]
    pub(crate) profile: Profile,
}

/// `televisor say`.
#[derive(Debug, Args)]
pub(crate) struct Say {
    /// The receiver's name, where more than one is paired
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// What to say
    #[arg(required = true, trailing_var_arg = true)]
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) profile: Profile,
}

/// `televisor chat`.
#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The receiver's name, where more than one is paired; with --nearby, whoever has that name
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// Talk with somebody on this network directly, without any server and without a pairing
    #[arg(long)]
    pub(crate) nearby: bool,
    #[command(flatten)]
    pub(crate) profile: Profile,
}

/// `televisor nearby`.
#[derive(Debug, Args)]
pub(crate) struct Nearby {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// How long to look, in seconds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) wait: u64,
    /// Have those prove who they are that say they are of a household this device belongs to; others
    /// see this device meanwhile
    #[arg(long)]
    pub(crate) prove: bool,
    #[command(flatten)]
    pub(crate) profile: Profile,
}

/// `televisor broadcast`.
#[derive(Debug, Args)]
pub(crate) struct Broadcast {
    /// The address to serve `/playlist.m3u`, `/guide.xml` and the channels on
    #[arg(long, default_value = "127.0.0.1:8009")]
    pub(crate) listen: std::net::SocketAddr,
    /// In how many seconds the guide's featured programme starts
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) lead: u16,
    /// How many seconds the featured programme lasts
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u16).range(5..=3600))]
    pub(crate) length: u16,
    /// Where the clips are kept [default: a throw-away folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) clips: Option<PathBuf>,
}
