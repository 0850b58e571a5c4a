//! Child processes that cannot outlive the test process, however that ends.
//!
//! The tether is a pipe to a shell that kills the child when the pipe closes, which the kernel does
//! when the test process ends. Destructors would not suffice: a static has none, and a killed
//! process runs none. This module must not know which programs it runs.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Runs its arguments and kills them when standard input ends. It ends with the program, and ignores
/// SIGINT, which a terminal sends to the whole group: the test process handles that.
const TETHER: &str = r#"trap "" INT; exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ read -r _ <&3; kill -KILL $program; } & reader=$!
wait $program; status=$?
kill $reader; exit $status"#;

/// How often a supervisor looks whether its program has ended.
const POLL: Duration = Duration::from_millis(100);
/// The pause before a program that has ended is started again.
const RESTART_DELAY: Duration = Duration::from_secs(1);

/// How a program is run.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The path of the program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Environment variables, in addition to those of the test process.
    pub environment: Vec<(&'static str, PathBuf)>,
    /// The file to which standard error is appended. Standard output is discarded.
    pub log: PathBuf,
}

impl Invocation {
    /// A program without arguments.
    pub fn of(program: &Path, log: &Path) -> Self {
        let (program, log) = (program.to_owned(), log.to_owned());
        Self { program, arguments: vec![], environment: vec![], log }
    }
}

/// A running program. Dropping it kills the program with SIGKILL and waits until it has ended.
pub struct Tethered(Child);

impl Tethered {
    /// Starts a program.
    pub fn start(invocation: &Invocation) -> Self {
        let log = File::options().create(true).append(true).open(&invocation.log);
        let child = Command::new("sh")
            .args(["-c", TETHER, "tether"])
            .arg(&invocation.program)
            .args(&invocation.arguments)
            .envs(invocation.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log.expect("the log file can be written"))
            .spawn();
        Self(child.expect("sh runs the program"))
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("the shell can be waited for").is_some()
    }
}

impl Drop for Tethered {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("the shell can be waited for");
    }
}

/// A program that is started again whenever it ends, as the kubelet does with a container.
pub struct Supervised {
    /// Dropped to stop the supervisor.
    stop: Option<Sender<()>>,
    supervisor: Option<JoinHandle<()>>,
}

impl Supervised {
    /// Starts a program and its supervisor.
    pub fn start(invocation: Invocation) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let waits = move |time| stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
        let supervisor = thread::spawn(move || {
            loop {
                let mut program = Tethered::start(&invocation);
                while !program.has_ended() {
                    if !waits(POLL) {
                        return;
                    }
                }
                if !waits(RESTART_DELAY) {
                    return;
                }
            }
        });
        Self { stop: Some(stop), supervisor: Some(supervisor) }
    }

    /// Kills the program with SIGKILL, waits until it has ended, and does not start it again.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.join().expect("the supervisor does not panic");
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "real processes run on the wall clock")]
mod tests {
    use std::{fs, time::Instant};

    use super::*;

    /// A script that appends its process id to the log.
    fn script(folder: &Path, then: &str) -> Invocation {
        let log = folder.join("log");
        let arguments = vec!["-c".to_owned(), format!("echo $$ >&2; {then}")];
        Invocation { arguments, ..Invocation::of(Path::new("/bin/sh"), &log) }
    }

    /// Waits until the log has so many process ids, and returns them.
    fn pids(folder: &Path, least: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            let pids: Vec<_> = log.lines().map(str::to_owned).collect();
            if pids.len() >= least {
                return pids;
            }
            assert!(Instant::now() < deadline, "only {pids:?} were started");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn runs(pid: &str) -> bool {
        Path::new("/proc").join(pid).join("cmdline").exists()
    }

    #[test]
    fn a_dropped_program_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let program = Tethered::start(&script(folder.path(), "exec sleep 1000"));
        let pid = pids(folder.path(), 1).remove(0);
        assert!(runs(&pid));
        drop(program);
        assert!(!runs(&pid));
    }

    #[test]
    fn a_supervised_program_is_started_again_until_it_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let program = Supervised::start(script(folder.path(), "exit 3"));
        let started = pids(folder.path(), 3);
        assert_ne!(started[1], started[2]);
        program.kill();
        let started = pids(folder.path(), 3).len();
        thread::sleep(2 * RESTART_DELAY);
        assert_eq!(pids(folder.path(), 3).len(), started, "none is started after the kill");
    }

    #[test]
    fn a_killed_supervisor_leaves_no_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = Supervised::start(script(folder.path(), "exec sleep 1000"));
        let pid = pids(folder.path(), 1).remove(0);
        program.kill();
        assert!(!runs(&pid));
    }
}
