// The local control plane: kube-apiserver, kube-controller-manager, etcd and
// kubectl in one binary, so that they are linked, cached and shipped once. The
// program is chosen by the name the binary was started under, or by the first
// argument.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"

	// kubectl also serves clusters whose kubeconfig names an auth plugin.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
)

const usage = `usage: controlplane PROGRAM [ARGUMENT...]
programs: kube-apiserver, kube-controller-manager, etcd, kubectl
A link to this binary under a program's name starts that program.
`

func main() {
	// Each program constructs its command itself and reads os.Args, so this
	// shifts the arguments when the program is named by the first of them.
	program := find(os.Args[0])
	if program == nil && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		program = find(os.Args[0])
	}
	if program == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	program()
}

func find(name string) func() {
	switch filepath.Base(name) {
	case "kube-apiserver":
		return serve(apiserver.NewAPIServerCommand)
	case "kube-controller-manager":
		return serve(controllermanager.NewControllerManagerCommand)
	case "etcd":
		return func() { etcdmain.Main(os.Args) }
	case "kubectl":
		return kubectl
	}
	return nil
}

func serve(command func() *cobra.Command) func() {
	return func() { os.Exit(cli.Run(command())) }
}

func kubectl() {
	// Verbosity has to be known before the command is made: making it already logs.
	_, _ = logs.GlogSetter(cmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
