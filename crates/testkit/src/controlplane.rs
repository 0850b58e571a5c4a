//! A real control plane: etcd, kube-apiserver and kube-controller-manager, which
//! `deploy/local/controlplane/up` starts for the tests alone.
//!
//! It is never the cluster of KUBECONFIG, because tests install definitions and kill operators. If
//! it does not start, the test fails: nothing here may turn that into a skip.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use super::ROOT;

/// A running control plane. It ends when this is dropped, or when the test process ends.
pub struct ControlPlane {
    /// Serves until its standard input ends, which is here.
    up: Child,
    folder: PathBuf,
    kubectl: PathBuf,
}

impl ControlPlane {
    /// Starts one, on ports and with credentials of its own.
    pub fn start() -> Self {
        let script = Path::new(ROOT).join("deploy/local/controlplane/up");
        let mut up = Command::new(&script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run {}: {e}", script.display()));
        let stdout = up.stdout.take().expect("its output is piped");
        let mut kubeconfig = String::new();
        BufReader::new(stdout).read_line(&mut kubeconfig).expect("its output can be read");
        let folder = Path::new(kubeconfig.trim()).parent().unwrap_or(Path::new(""));
        assert!(
            folder.is_absolute(),
            "{} printed no kubeconfig: the control plane did not start, see its messages on standard error",
            script.display()
        );
        let assets = std::fs::read_to_string(folder.join("assets")).expect("the assets are named");
        let kubectl = Path::new(assets.trim()).join("kubectl");
        let kubectl = if kubectl.exists() { kubectl } else { "kubectl".into() };
        Self { up, folder: folder.to_owned(), kubectl }
    }

    /// The kubeconfig of the administrator, whom RBAC does not restrict.
    pub fn admin(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// A folder for the files of the tests, removed together with the control plane.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The kubectl of the control plane's version, or the one on PATH.
    pub fn kubectl_program(&self) -> &Path {
        &self.kubectl
    }

    /// Runs kubectl as the administrator, from the root of the repository.
    pub fn try_kubectl(&self, arguments: &[&str]) -> Output {
        let run = Command::new(&self.kubectl)
            .args(arguments)
            .current_dir(ROOT)
            .env("KUBECONFIG", self.admin())
            // A later control plane on the same port serves other resources.
            .env("KUBECACHEDIR", self.folder.join("discovery"))
            .output();
        run.unwrap_or_else(|e| {
            panic!("cannot run {}: {e}; install kubectl", self.kubectl.display())
        })
    }

    /// The same, but a failure fails the test. Returns standard output and standard error.
    pub fn kubectl(&self, arguments: &[&str]) -> (String, String) {
        let output = self.try_kubectl(arguments);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "kubectl {arguments:?} failed: {stdout}{stderr}");
        (stdout, stderr)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        drop(self.up.stdin.take());
        let _ = self.up.wait();
    }
}
