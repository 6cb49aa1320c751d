//! evcxr's own kernel, as it is, to be measured beside ours.

fn main() -> anyhow::Result<()> {
    evcxr_jupyter::main()
}
