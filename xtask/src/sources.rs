//! What every source file keeps to: a header, a size, a name that says what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Longest file, its tests not counted.
const LINES: usize = 500;

/// Names that say nothing of what a file holds.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "types"];

/// Returns a line for every file that breaks a rule.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(&root.join(folder), &mut files)?;
    }
    let mut broken = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        broken.extend(faults(&file, &text).into_iter().map(|fault| format!("{name}: {fault}")));
    }
    Ok(broken)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn faults(file: &Path, text: &str) -> Vec<String> {
    let stem = file.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push("does not begin with a `//!` header that says what it is".to_owned());
    }
    let lines = without_tests(text);
    if lines > LINES && stem != "tests" {
        faults.push(format!("has {lines} lines without its tests; at most {LINES}"));
    }
    if EMPTY_NAMES.contains(&stem) {
        faults.push("is named for nothing: name the thing it holds".to_owned());
    }
    if matches!(stem, "lib" | "mod") && !is_below_tests(file) && has_logic(text) {
        faults.push("is a table of contents: docs, `mod` lines and re-exports only".to_owned());
    }
    if text.lines().any(|line| line.trim_start().starts_with("#[ignore")) {
        faults.push("ignores a test: assert today's wrong answer instead".to_owned());
    }
    faults
}

fn is_below_tests(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests")
}

fn without_tests(text: &str) -> usize {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
}

/// Whether a file that has modules below it also does something itself. A crate of one file may.
fn has_logic(text: &str) -> bool {
    let has_modules = text.lines().any(|l| l.ends_with(';') && l.contains("mod "));
    has_modules
        && text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .any(|line| line.starts_with("fn ") || line.contains(" fn ") && !line.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(name: &str, text: &str) -> Vec<String> {
        faults(Path::new(name), text)
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert_eq!(faults_of("src/roster.rs", "use std::fmt;\n").len(), 1);
        assert!(faults_of("src/roster.rs", "//! The roster.\n").is_empty());
    }

    #[test]
    fn tests_do_not_count_towards_a_files_size() {
        let long = format!("//! Long.\n#[cfg(test)]\n{}", "// a line\n".repeat(LINES + 1));
        assert!(faults_of("src/roster.rs", &long).is_empty());
        let long = format!("//! Long.\n{}", "// a line\n".repeat(LINES + 1));
        assert_eq!(faults_of("src/roster.rs", &long).len(), 1);
    }

    #[test]
    fn an_empty_name_and_logic_in_a_table_of_contents_are_found() {
        assert_eq!(faults_of("src/utils.rs", "//! Things.\n").len(), 1);
        assert_eq!(faults_of("src/mod.rs", "//! Things.\nmod b;\npub fn a() {}\n").len(), 1);
    }
}
