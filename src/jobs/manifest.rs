use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::client::{Client, data};
use crate::transport::Request;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::limits::ReadBudget;
use up42_core::sanitize::sanitize;
use up42_view::MimeBundle;
use up42_view::elements::{Card, StatusKind};
use up42_view::impl_mime_bundle;

/// Manifest of a custom block: a file, or its content.
#[derive(Clone, PartialEq)]
pub struct Manifest {
    /// Path of the file.
    path: Option<PathBuf>,
    /// Content; read from the file when needed.
    content: Option<Value>,
}

impl Client {
    /// Validates a block's manifest on the platform: a path, or JSON.
    ///
    /// ```
    /// # use up42::{Client, serde_json::json};
    /// # let client = Client::simulator()?;
    /// let manifest = json!({"name": "ships", "type": "processing", "display_name": "Ship counter"});
    /// let valid = client.validate_manifest(manifest)?;
    /// assert_eq!(valid.name(), Some("ships"));
    ///
    /// let error = client.validate_manifest(json!({"type": "processing"})).unwrap_err();
    /// assert!(error.to_string().contains("required key [name] not found"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] with the platform's messages if the manifest is not valid,
    /// [`ErrorKind::Io`] if the file cannot be read.
    pub fn validate_manifest(&self, manifest: impl Into<Manifest>) -> Result<Manifest> {
        let manifest = manifest.into();
        let validate = || {
            let content = manifest.read()?;
            let request = Request::post(self.url("/validate-schema/block"), content.clone());
            let json = self.json(request).and_then(data)?;
            let errors = json.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let errors: Vec<String> = errors.iter().map(error_text).collect();
            match json.get("valid").and_then(Value::as_bool).unwrap_or(errors.is_empty()) {
                true => Ok(Manifest { content: Some(content), path: manifest.path.clone() }),
                false => Err(Error::invalid(format!("it is not valid: {}", errors.join(", ")))),
            }
        };
        validate().with_context(|| manifest.title())
    }
}

/// Returns the text of an error of the platform, which is a string or an object with a `message`.
fn error_text(error: &Value) -> String {
    let text = error.as_str().or_else(|| error.get("message")?.as_str());
    text.map_or_else(|| error.to_string(), str::to_owned)
}

impl Manifest {
    /// Returns the block's name.
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.content.as_ref()?.get(field)?.as_str()
    }

    fn read(&self) -> Result<Value> {
        match (&self.content, &self.path) {
            (Some(content), _) => Ok(content.clone()),
            (None, Some(path)) => {
                let budget = ReadBudget::fixed("is it the manifest of a block?");
                let text = budget.read_to_end(File::open(path)?)?;
                budget.take_json(&text)?;
                serde_json::from_slice(&text)
                    .map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))
                    .context("it is no JSON")
            }
            (None, None) => Err(Error::invalid("it is empty")),
        }
    }

    fn title(&self) -> String {
        match (&self.path, self.name()) {
            (Some(path), _) => format!("manifest `{}`", path.display()),
            (None, Some(name)) => format!("manifest of block `{name}`"),
            (None, None) => "manifest".to_owned(),
        }
    }

    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let mut card = Card::new(self.title());
        if self.content.is_some() {
            card = card.badge(StatusKind::Ok, "valid");
        }
        let facts =
            [("Name", "name"), ("Display name", "display_name"), ("Kind", "type"), ("Version", "version")];
        for (title, field) in facts {
            if let Some(text) = self.text(field) {
                card = card.fact(title, text);
            }
        }
        card
    }
}

impl_mime_bundle!(Manifest);

impl From<Value> for Manifest {
    fn from(content: Value) -> Self {
        Self { path: None, content: Some(content) }
    }
}

impl From<&Value> for Manifest {
    fn from(content: &Value) -> Self {
        content.clone().into()
    }
}

impl From<&Path> for Manifest {
    fn from(path: &Path) -> Self {
        Self { path: Some(path.to_owned()), content: None }
    }
}

impl From<PathBuf> for Manifest {
    fn from(path: PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<&PathBuf> for Manifest {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<&str> for Manifest {
    fn from(path: &str) -> Self {
        Path::new(path).into()
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.title(), 400))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use serde_json::json;

    #[test]
    fn a_manifest_is_shown_with_name_and_kind() {
        let manifest =
            Manifest::from(json!({"name": "ships", "type": "processing", "display_name": "Ships"}));
        insta::assert_snapshot!(manifest.card().bundle().text, @r"
        manifest of block `ships` [✓ valid]
          Name          ships
          Display name  Ships
          Kind          processing
        ");
        assert_eq!(format!("{:?}", Manifest::from("a/b.json")), "manifest `a/b.json`");
    }

    #[test]
    fn an_invalid_manifest_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("UP42Manifest.json");
        fs::write(&path, "{").unwrap();
        assert!(Manifest::from(&path).read().unwrap_err().to_string().starts_with("it is no JSON: "));
        let gone = Manifest::from(folder.path().join("gone")).read().unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::Io);
    }
}
