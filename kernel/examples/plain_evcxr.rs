//! evcxr's own kernel, unchanged, to compare measurements with ours.

fn main() -> anyhow::Result<()> {
    evcxr_jupyter::main()
}
