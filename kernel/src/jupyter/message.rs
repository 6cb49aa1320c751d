//! Jupyter's messages and their wire format.

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

/// Version of Jupyter's protocol.
pub const PROTOCOL: &str = "5.4";

/// Separator of the addresses and the message.
const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Message of Jupyter's protocol.
/// <https://jupyter-client.readthedocs.io/en/stable/messaging.html#general-message-format>
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Parts before the message: the address of a reply, or a topic.
    pub identities: Vec<Vec<u8>>,
    /// Header with the message's type and id.
    pub header: Value,
    /// Header of the message that this one answers.
    pub parent: Value,
    /// Metadata, which this kernel ignores.
    pub metadata: Value,
    /// Content of the message.
    pub content: Value,
}

impl Message {
    /// Returns a message that answers or follows `parent`.
    pub fn new(kind: &str, parent: &Value, content: Value, session: &str) -> Self {
        let header = json!({
            "msg_id": Uuid::new_v4().to_string(),
            "session": session,
            "username": "kernel",
            "date": up42::jiff::Timestamp::now().to_string(),
            "msg_type": kind,
            "version": PROTOCOL,
        });
        Self { identities: Vec::new(), header, parent: parent.clone(), metadata: json!({}), content }
    }

    /// Returns the message type, such as `execute_request`.
    pub fn kind(&self) -> &str {
        self.header["msg_type"].as_str().unwrap_or_default()
    }

    /// Returns the code of the cell in a request.
    pub fn code(&self) -> &str {
        self.content["code"].as_str().unwrap_or_default()
    }

    /// Returns a boolean of the content, or `default` if it is missing.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.content[name].as_bool().unwrap_or(default)
    }

    /// Decodes a message and checks its signature.
    pub fn decode(frames: &[impl AsRef<[u8]>], key: &str) -> Result<Self> {
        let frames: Vec<&[u8]> = frames.iter().map(AsRef::as_ref).collect();
        let delimiter =
            frames.iter().position(|frame| *frame == DELIMITER).context("a message without `<IDS|MSG>`")?;
        let (identities, rest) = (&frames[..delimiter], &frames[delimiter + 1..]);
        ensure!(rest.len() >= 5, "a message of {} parts", rest.len());
        let parts = &rest[1..5];
        if !key.is_empty() {
            let signature = unhex(rest[0]).context("a signature that is none")?;
            ensure!(
                signer(parts, key)?.verify_slice(&signature).is_ok(),
                "a message that is not signed with our key"
            );
        }
        let read = |part: usize| serde_json::from_slice(parts[part]).context("a message that is no JSON");
        Ok(Self {
            identities: identities.iter().map(|identity| identity.to_vec()).collect(),
            header: read(0)?,
            parent: read(1)?,
            metadata: read(2)?,
            content: read(3)?,
        })
    }

    /// Encodes and signs the message.
    pub fn encode(&self, key: &str) -> Result<Vec<Vec<u8>>> {
        let mut parts = Vec::new();
        for part in [&self.header, &self.parent, &self.metadata, &self.content] {
            parts.push(serde_json::to_vec(part)?);
        }
        let signature = match key.is_empty() {
            true => String::new(),
            false => {
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                hex(&signer(&parts, key)?.finalize().into_bytes())
            }
        };
        let mut frames = self.identities.clone();
        frames.push(DELIMITER.to_vec());
        frames.push(signature.into_bytes());
        frames.append(&mut parts);
        Ok(frames)
    }
}

fn signer(parts: &[&[u8]], key: &str) -> Result<Hmac<Sha256>> {
    let mut signer = Hmac::<Sha256>::new_from_slice(key.as_bytes()).context("use the connection's key")?;
    parts.iter().for_each(|part| signer.update(part));
    Ok(signer)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii() && text.len() % 2 == 0)?;
    (0..text.len()).step_by(2).map(|start| u8::from_str_radix(&text[start..start + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_a_valid_signature_is_decoded() {
        let mut message = Message::new("status", &json!({}), json!({"execution_state": "busy"}), "s");
        message.identities.push(vec![0, 255]);
        let frames = message.encode("secret").unwrap();
        let read = Message::decode(&frames, "secret").unwrap();
        assert_eq!((read.kind(), &read.identities), ("status", &message.identities));
        assert_eq!(read.content, message.content);
        assert!(Message::decode(&frames, "another").is_err());
        let mut forged = frames.clone();
        *forged.last_mut().unwrap() = b"{}".to_vec();
        assert!(Message::decode(&forged, "secret").is_err());
        assert!(Message::decode(&frames[..4], "secret").is_err());
        assert!(Message::decode(&message.encode("").unwrap(), "").is_ok());
    }
}
