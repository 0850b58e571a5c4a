// Health says of Kubernetes objects what Argo CD and Flux would say of them, by
// the interpreters that these embed:
//
//	health argocd SCRIPT.lua <objects
//	health flux KUSTOMIZATION.yaml <objects
//	health kstatus <objects
//
// Standard input is a JSON list of objects. Standard output is a JSON list with
// a word for each, for argocd with the message after a colon. Flux goes by the
// one of spec.healthCheckExprs that is about the object's kind, without one by
// kstatus; it waits on where an expression cannot be evaluated.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	judge, err := judgeOf(args)
	if err != nil {
		return err
	}
	var list []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		return fmt.Errorf("cannot read a list of objects: %w", err)
	}
	words := []string{}
	for i, text := range list {
		object := &unstructured.Unstructured{}
		// As clients of the API read objects: whole numbers are int64.
		if err := object.UnmarshalJSON(text); err != nil {
			return fmt.Errorf("cannot read object %d: %w", i, err)
		}
		word, err := judge(object)
		if err != nil {
			return fmt.Errorf("object %d, %s %s: %w", i, object.GetKind(), object.GetName(), err)
		}
		words = append(words, word)
	}
	return json.NewEncoder(os.Stdout).Encode(words)
}

type judge func(*unstructured.Unstructured) (string, error)

func judgeOf(args []string) (judge, error) {
	switch {
	case len(args) == 2 && args[0] == "argocd":
		script, err := os.ReadFile(args[1])
		return func(object *unstructured.Unstructured) (string, error) {
			return argocd(string(script), object)
		}, err
	case len(args) == 2 && args[0] == "flux":
		return flux(args[1])
	case len(args) == 1 && args[0] == "kstatus":
		return kstatus, nil
	}
	return nil, fmt.Errorf("usage: health argocd SCRIPT.lua | flux KUSTOMIZATION.yaml | kstatus")
}

// Argo CD gives a script the object as `obj`, a second, and of the libraries
// only these; it also has a clock, which no judgement of ours may need.
func argocd(script string, object *unstructured.Unstructured) (string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	} {
		state.Push(state.NewFunction(open))
		state.Push(lua.LString(name))
		state.Call(1, 0)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", value(state, object.Object))
	if err := state.DoString(script); err != nil {
		return "", err
	}
	verdict, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", fmt.Errorf("the script returned no table but %s", state.Get(-1).Type())
	}
	word := verdict.RawGetString("status").String()
	switch word {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
		return word + ": " + verdict.RawGetString("message").String(), nil
	}
	return "", fmt.Errorf("Argo CD knows no health %q", word)
}

func value(state *lua.LState, from any) lua.LValue {
	switch from := from.(type) {
	case bool:
		return lua.LBool(from)
	case int64:
		return lua.LNumber(from)
	case float64:
		return lua.LNumber(from)
	case string:
		return lua.LString(from)
	case []any:
		list := state.NewTable()
		for _, item := range from {
			list.Append(value(state, item))
		}
		return list
	case map[string]any:
		fields := state.NewTable()
		for name, field := range from {
			fields.RawSetString(name, value(state, field))
		}
		return fields
	}
	return lua.LNil
}

func flux(file string) (judge, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var kustomization kustomizev1.Kustomization
	if err := yaml.UnmarshalStrict(text, &kustomization); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, err)
	}
	evaluators := map[string]*cel.StatusEvaluator{}
	for _, check := range kustomization.Spec.HealthCheckExprs {
		evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", file, check.Kind, err)
		}
		evaluators[check.APIVersion+" "+check.Kind] = evaluator
	}
	return func(object *unstructured.Unstructured) (string, error) {
		evaluator, known := evaluators[object.GetAPIVersion()+" "+object.GetKind()]
		if !known {
			return kstatus(object)
		}
		result, err := evaluator.Evaluate(context.Background(), object)
		if err != nil {
			return status.UnknownStatus.String(), nil
		}
		return result.Status.String(), nil
	}, nil
}

func kstatus(object *unstructured.Unstructured) (string, error) {
	result, err := status.Compute(object)
	if err != nil {
		return "", err
	}
	return result.Status.String(), nil
}
