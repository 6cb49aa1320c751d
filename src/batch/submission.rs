use crate::jobs::JobParameters;

/// Prefix of the tags by which this library identifies its orders.
pub(crate) const OWN_TAG: &str = "up42-rs-";

/// Returns whether this library added the tag to identify an order.
pub(crate) fn is_own_tag(tag: &str) -> bool {
    tag.starts_with(OWN_TAG)
}

/// One request to create the job of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Submission<'a> {
    /// The batch's name.
    pub(crate) batch: &'a str,
    /// Random id of the batch, which distinguishes its jobs from those of other batches.
    pub(crate) run: &'a str,
    pub(crate) item: usize,
    /// Hash of the inputs that decide what the job delivers.
    pub(crate) key: &'a str,
    /// Number of times that the user has retried the job.
    pub(crate) retries: u32,
    /// Whether an earlier request was lost, and lists have proven that it created no job.
    pub(crate) is_absent: bool,
    pub(crate) parameters: &'a JobParameters,
}

impl Submission<'_> {
    /// Returns the name of the job on the platform: up to 60 characters of the batch's name, then
    /// the token.
    pub(crate) fn name(&self) -> String {
        let prefix: String = self.batch.chars().take(60).collect();
        format!("{prefix}_{}", self.token())
    }

    /// Returns the end of the name, which identifies a job whose response was lost. It is ASCII, so
    /// that it survives if a server changes the text before it.
    pub(crate) fn token(&self) -> String {
        let Self { run, item, key, .. } = self;
        match self.retries {
            0 => format!("{item}_{key}_{run}"),
            again => format!("{item}_{key}_{run}_{again}"),
        }
    }
}

/// Returns the tokens that a job's name may end with: the token of a retried job has one part more.
pub(crate) fn tokens(name: &str) -> Vec<String> {
    let name = name.trim_end();
    let ends = name.rmatch_indices('_').map(|(at, _)| &name[at + 1..]).skip(2).take(2);
    // A name may be the token alone.
    ends.chain([name]).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_a_name_changed_by_the_server() {
        let parameters = JobParameters::new("a", Default::default());
        let first = Submission {
            batch: "Über_alle",
            run: "0a1b2c3d",
            item: 7,
            key: "00ff",
            retries: 0,
            is_absent: false,
            parameters: &parameters,
        };
        let again = Submission { retries: 2, ..first };
        assert_eq!(
            (first.token().as_str(), again.token().as_str()),
            ("7_00ff_0a1b2c3d", "7_00ff_0a1b2c3d_2")
        );
        for one in [first, again] {
            let name = one.name();
            for changed in [name.clone(), format!("{name} "), name.replace('Ü', "U"), one.token()] {
                assert!(tokens(&changed).contains(&one.token()), "{changed}");
            }
        }
        assert!(!tokens(&again.name()).contains(&first.token()), "they are two jobs");
        assert!(!tokens("17_00ff_0a1b2c3d").contains(&first.token()));
    }
}
