.DEFAULT_GOAL := help
.PHONY: help demo test faults bench check gen controlplane tools clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## order, accept and cancel every example, on 127.0.0.1 or the cluster of $KUBECONFIG
	deploy/local/demo

# The tests stand on a real API server and real tools: when they cannot be built, nothing is skipped.
test: ## run all tests, those against a real API server too
	assets=$$(deploy/local/controlplane/build) && tools=$$(deploy/local/tools/build) && \
	KUBEBUILDER_ASSETS=$$assets FABRIC_OPERATOR_TOOLS=$$tools cargo test --locked --workspace

# Optimised, because it lives through years; CASE, SEED, DEATH and SEEDS narrow it down.
faults: ## run the whole fault suite; CASE=R13/v4 SEED=7 for one run of it, with its log
	CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_PROFILE_DEV_DEBUG=false cargo test --quiet --locked --test faults -- \
		$(CASE) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100)) $(if $(DEATH),--death $(DEATH)) \
		$(if $(CASE)$(SEED)$(SEEDS),,--write docs/reliability.md)

bench: ## time a connection's life in the fast suite
	cargo bench --locked

check: ## check format, lints, generated files and docs
	cargo fmt --all --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo run --quiet --locked -- crd --dir crds --check
	cargo run --quiet --locked -- crd --dir charts/fabric-operator/files/crds --check
	cargo run --quiet --locked -- reference --dir docs --check
	deploy/render --check
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked

gen: ## write the CRDs and the reference pages from the code, deploy/base from the chart
	cargo run --quiet -- crd --dir crds
	cargo run --quiet -- crd --dir charts/fabric-operator/files/crds
	cargo run --quiet -- reference --dir docs
	deploy/render

controlplane: ## build the API server that tests and demo use (once, about 5 minutes)
	deploy/local/controlplane/build

tools: ## build helm, promtool and what judges health (once, about 3 minutes)
	deploy/local/tools/build

clean: ## remove what was built, the cached programs too
	cargo clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/fabric-operator"
