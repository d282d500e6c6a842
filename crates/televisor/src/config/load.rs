//! Finding, reading and checking the file.

use std::path::{Path, PathBuf};

use super::{Config, check};
use crate::paths;
use crate::problem::Problem;

/// The largest file that is read as a configuration.
const LIMIT: u64 = 1024 * 1024;

/// A configuration and where things are by it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) data_dir: PathBuf,
    /// The file it came from; `None` when there is none.
    pub(crate) file: Option<PathBuf>,
}

/// Loads `file`, or else `televisor.toml` in the data folder, or else the defaults.
pub(crate) fn load(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Loaded, Problem> {
    let given_or_usual = data_dir.map_or_else(paths::data_dir, Path::to_path_buf);
    let usual = given_or_usual.join("televisor.toml");
    let file = file.map(Path::to_path_buf).or_else(|| usual.exists().then_some(usual));
    let config = match &file {
        Some(file) => read(file)?,
        None => Config::default(),
    };
    let data_dir = match (data_dir, &config.data_dir) {
        (None, Some(configured)) => configured.clone(),
        _ => given_or_usual,
    };
    Ok(Loaded { config, data_dir, file })
}

fn read(file: &Path) -> Result<Config, Problem> {
    let problem = |what: String| {
        Problem::usage(format!("{}: {what}", file.display()))
            .hint("`docs/televisor.example.toml` shows every key")
    };
    let size = std::fs::metadata(file).map_err(|e| problem(e.to_string()))?.len();
    if size > LIMIT {
        return Err(problem(format!("is {size} bytes long; a configuration has at most {LIMIT}")));
    }
    let text = std::fs::read_to_string(file).map_err(|e| problem(e.to_string()))?;
    let config = parse(&text).map_err(problem)?;
    check::files(&config).map_err(problem)?;
    Ok(config)
}

fn parse(text: &str) -> Result<Config, String> {
    let document = toml::Deserializer::parse(text).map_err(|e| e.to_string())?;
    let config: Config = serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().to_string();
        format!("{path}: {}", error.inner().message())
    })?;
    check::values(&config)?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_working_configuration() {
        assert_eq!(parse("").unwrap().xmpp.listen, ["[::]:5222"]);
    }

    #[test]
    fn every_table_of_the_contract_is_known() {
        let text = include_str!("contract.toml");
        let config = parse(text).unwrap();
        assert!(!config.federation.enabled);
        assert_eq!((config.nearby.enabled, config.nearby.port), (false, 5299));
        assert_eq!(config.public_name().as_deref(), Some("tv.example.net"));
        assert_eq!(config.uplink.unwrap().jid, "joes-tv@example.org");
        assert_eq!(config.component.unwrap().domain, "tv1.example.org");
    }

    #[test]
    fn the_example_is_a_working_configuration() {
        let text = include_str!("../../../../docs/televisor.example.toml");
        assert_eq!(parse(text).unwrap().friendly_name(), "Living Room");
    }

    #[test]
    fn what_the_example_leaves_out_works_too() {
        let is_key = |line: &str| line.starts_with('[') || line.contains(" = ");
        let whole: Vec<&str> = include_str!("../../../../docs/televisor.example.toml")
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line))
            .collect();
        let config = parse(&whole.join("\n")).unwrap();
        assert!(config.reach.dns.is_some() && config.reach.acme.is_some());
        assert!(config.uplink.is_some() && config.component.is_some());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_full_path() {
        let error = parse("[recordings]\npad_befor = \"1m\"").unwrap_err();
        assert!(error.starts_with("recordings.pad_befor: unknown field"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_full_path() {
        let error = parse("[xmpp]\nlisten = \"5222\"").unwrap_err();
        assert!(error.starts_with("xmpp.listen: "), "{error}");
        let error = parse("[web]\nlisten = [\"8010\"]").unwrap_err();
        assert!(error.starts_with("web.listen: `8010`"), "{error}");
    }

    #[test]
    fn a_name_too_long_for_the_network_is_refused() {
        let error = parse(&format!("name = \"{}\"", "x".repeat(61))).unwrap_err();
        assert!(error.starts_with("name: "), "{error}");
    }
}
