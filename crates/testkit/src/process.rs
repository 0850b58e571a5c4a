//! Programs that a test starts and that must not outlive it, however the test process ends.
//!
//! The tether is a pipe: the kernel closes it with the test process, and whoever holds the other
//! end then ends its program. Destructors alone would not do, since a static has none and a killed
//! process runs none. Nothing here knows which programs it runs.

use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Runs its arguments in the background and kills them when standard input ends. An interrupt is
/// for the test process, whose end comes by the pipe.
const TETHER: &str = r#"trap "" INT; "$@" & read -r _; kill -KILL $!; wait"#;

/// A running program.
pub struct Tethered(Child);

impl Tethered {
    /// Starts `program` with `arguments` and environment variables; what it prints goes to the end
    /// of `log`.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &Path)],
        log: &Path,
    ) -> Self {
        let log = File::options().create(true).append(true).open(log);
        let log = log.expect("the log file can be written");
        let child = Command::new("sh")
            .args(["-c", TETHER, "tether"])
            .arg(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Self(child.expect("sh runs the program"))
    }

    /// Kills the program with SIGKILL and waits until it is gone.
    pub fn kill(mut self) {
        self.cut();
    }

    fn cut(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("the program's parent can be waited for");
    }
}

impl Drop for Tethered {
    fn drop(&mut self) {
        self.cut();
    }
}
