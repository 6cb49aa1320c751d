//! The kernelspec, which registers the kernel with Jupyter.
//! <https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs>

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::home::{HOME_VARIABLE, Home, write_if_changed};
use crate::python;

/// Name of the kernel in notebooks.
pub const NAME: &str = "up42";
/// Name of the kernel in menus.
pub const DISPLAY_NAME: &str = "Rust (UP42)";

/// Name of the file that Jupyter reads in a kernelspec's folder.
const SPEC: &str = "kernel.json";

/// Logos, drawn for this kernel.
const LOGOS: [(&str, &[u8]); 3] = [
    ("logo-32x32.png", include_bytes!("../logo/logo-32x32.png")),
    ("logo-64x64.png", include_bytes!("../logo/logo-64x64.png")),
    ("logo-svg.svg", include_bytes!("../logo/logo-svg.svg")),
];

/// Jupyter installation that the kernel is installed for.
#[derive(Args, Debug, Default)]
#[group(multiple = false)]
pub struct Place {
    /// For this user, in all environments; this is the default.
    #[arg(long)]
    user: bool,
    /// For the Python environment in this folder.
    #[arg(long, value_name = "FOLDER")]
    prefix: Option<PathBuf>,
    /// For the active Python environment: `sys.prefix` of `python3`.
    #[arg(long)]
    sys_prefix: bool,
}

impl Place {
    /// Returns the Jupyter data folder of the place.
    pub fn jupyter(&self) -> Result<PathBuf> {
        let prefix = match &self.prefix {
            Some(prefix) => Some(std::path::absolute(prefix).context("make the prefix absolute")?),
            None if self.sys_prefix => Some(python::prefix()?),
            None => None,
        };
        match prefix {
            Some(prefix) => Ok(prefix.join("share").join("jupyter")),
            None => user_data(),
        }
    }
}

/// Returns the user's Jupyter data folder.
/// <https://docs.jupyter.org/en/stable/use/jupyter-directories.html#data-files>
fn user_data() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("JUPYTER_DATA_DIR").filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    let folder = match env::consts::OS {
        "macos" => dirs::home_dir().map(|home| home.join("Library").join("Jupyter")),
        "windows" => dirs::config_dir().map(|folder| folder.join("jupyter")),
        _ => dirs::data_dir().map(|folder| folder.join("jupyter")),
    };
    folder.context("this system has no data folder: set JUPYTER_DATA_DIR")
}

/// Returns the folder of the user's Jupyter for the files of running kernels.
/// <https://docs.jupyter.org/en/stable/use/jupyter-directories.html#runtime-files>
pub fn runtime() -> Result<PathBuf> {
    match env::var_os("JUPYTER_RUNTIME_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(user_data()?.join("runtime")),
    }
}

/// Writes the kernelspec below a Jupyter data folder.
pub fn write(home: &Home, jupyter: &Path) -> Result<PathBuf> {
    let folder = jupyter.join("kernels").join(NAME);
    let spec = json!({
        "argv": [home.program(), "kernel", "launch", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        "interrupt_mode": "message",
        "env": { HOME_VARIABLE: home.path() },
    });
    write_if_changed(&folder.join(SPEC), serde_json::to_string_pretty(&spec)? + "\n")?;
    for (name, logo) in LOGOS {
        write_if_changed(&folder.join(name), logo)?;
    }
    Ok(folder)
}

/// Writes the kernelspec and adds its folder to the list in the home.
pub fn install(home: &Home, place: &Place) -> Result<PathBuf> {
    let folder = write(home, &place.jupyter()?)?;
    // Folders that were deleted by hand are dropped from the list.
    ensure!(
        listed(home).is_some(),
        "`{}` is not up42's: move it away, or set UP42_HOME to another folder",
        home.kernelspecs().display()
    );
    let known = installed(home).into_iter().filter(|one| *one != folder && one.is_dir());
    let all = known.chain([folder.clone()]);
    let lines: Vec<_> = all.map(|folder| folder.to_string_lossy().into_owned() + "\n").collect();
    write_if_changed(&home.kernelspecs(), lines.concat())?;
    Ok(folder)
}

/// Lists the folders of all kernelspecs that were installed from this home.
pub fn installed(home: &Home) -> Vec<PathBuf> {
    listed(home).unwrap_or_default()
}

/// Lists the folders in the file; `None` if the file is not ours.
fn listed(home: &Home) -> Option<Vec<PathBuf>> {
    let text = fs::read(home.kernelspecs()).unwrap_or_default();
    let folders: Vec<PathBuf> = String::from_utf8(text).ok()?.lines().map(PathBuf::from).collect();
    let is_ours =
        |folder: &PathBuf| folder.is_absolute() && folder.ends_with(Path::new("kernels").join(NAME));
    folders.iter().all(is_ours).then_some(folders)
}

/// Removes the kernelspecs that still point to this home, and returns their folders.
pub fn uninstall(home: &Home) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for folder in installed(home) {
        if read(&folder).is_some_and(|spec| spec.home == home.path()) {
            for name in LOGOS.map(|(name, _)| name).into_iter().chain([SPEC]) {
                let file = folder.join(name);
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(error).with_context(|| format!("remove `{}`", file.display()));
                    }
                    _ => {}
                }
            }
            // Fails if it holds files that are not ours: the folder stays then.
            let _ = fs::remove_dir(&folder);
            removed.push(folder);
        }
    }
    if listed(home).is_some() {
        let _ = fs::remove_file(home.kernelspecs());
    }
    Ok(removed)
}

/// Program and home that a kernelspec of ours starts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kernelspec {
    pub program: PathBuf,
    pub home: PathBuf,
}

/// Reads the kernelspec in a folder, if it exists and is ours.
pub fn read(folder: &Path) -> Option<Kernelspec> {
    let spec: Value = serde_json::from_slice(&fs::read(folder.join(SPEC)).ok()?).ok()?;
    let arguments = spec["argv"].as_array()?;
    let is_ours = arguments.get(1)?.as_str()? == "kernel" && arguments.get(2)?.as_str()? == "launch";
    let home = spec["env"][HOME_VARIABLE].as_str()?;
    is_ours.then(|| Some(Kernelspec { program: arguments[0].as_str()?.into(), home: home.into() }))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_home_installed_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [mine, other] = ["mine", "other"].map(|name| Home::at(&folder.path().join(name)).unwrap());
        let place = |name: &str| Place { prefix: Some(folder.path().join(name)), ..Place::default() };
        let first = install(&mine, &place("a")).unwrap();
        assert!(first.join("logo-64x64.png").is_file());
        let second = install(&mine, &place("b")).unwrap();
        install(&mine, &place("b")).unwrap();
        assert_eq!(installed(&mine), [first.clone(), second.clone()]);
        // Another home has replaced the kernelspec.
        install(&other, &place("b")).unwrap();
        assert_eq!(uninstall(&mine).unwrap(), std::slice::from_ref(&first));
        assert!(!first.exists());
        assert_eq!(read(&second).unwrap().home, other.path());
        assert!(uninstall(&mine).unwrap().is_empty());
        // A file of the user's in the folder, and a list that is not ours.
        fs::write(second.join("kernel.js"), "").unwrap();
        assert_eq!(uninstall(&other).unwrap(), std::slice::from_ref(&second));
        assert!(read(&second).is_none() && second.join("kernel.js").exists());
        fs::write(other.kernelspecs(), "milk\n").unwrap();
        assert!(uninstall(&other).unwrap().is_empty() && other.kernelspecs().exists());
        assert!(install(&other, &place("b")).unwrap_err().to_string().contains("move it away"));
    }
}
