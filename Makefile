.DEFAULT_GOAL := help
.PHONY: help demo playground test faults search bench check gen image-check controlplane tools clean

# A target names all tools that are missing before it builds anything.
NEED := deploy/local/need

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## order, accept and cancel every example, on 127.0.0.1 or the cluster of $KUBECONFIG
	deploy/local/demo

playground: ## keep an API server, a simulated Equinix and the operator up for your own manifests, until Ctrl-C
	deploy/local/playground

test: ## run all tests, those against a real API server too (12 minutes, 35 the first time)
	deploy/local/test

# Optimised, because it lives through years; CASE, SEED, DEATH and SEEDS narrow it down.
faults: ## run the whole fault suite (30 minutes); CASE=R13/v4 SEED=7 for one run of it, with its log
	@$(NEED) cargo cc
	CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_PROFILE_DEV_DEBUG=false cargo test --locked --test faults -- \
		$(CASE) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100)) $(if $(DEATH),--death $(DEATH)) \
		$(if $(CASE)$(SEED)$(SEEDS),,--write docs/reliability.md)

# Optimised like the faults; DEEPER is how many moves deeper than in the tests it looks.
search: ## walk every order of events in a small world (10 minutes)
	@$(NEED) cargo cc
	FABRIC_SEARCH_DEEPER=$(or $(DEEPER),6) CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_PROFILE_DEV_DEBUG=false \
		cargo test --locked --lib connection::tests -- --nocapture

bench: ## time a connection's life in the fast suite
	@$(NEED) cargo cc
	cargo bench --locked

check: ## check format, lints, features, generated files and docs (4 minutes, 12 the first time)
	@$(NEED) cargo cargo-clippy cargo-fmt cc flock go sha256sum
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo check --locked --package fabric-client --no-default-features --features ecx-v3
	cargo check --locked --package fabric-client --no-default-features --features fabric-v4
	cargo run --locked -- crd --dir crds --check
	cargo run --locked -- crd --dir charts/fabric-operator/files/crds --check
	cargo run --locked -- reference --dir docs --check
	deploy/render --check
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

gen: ## write the CRDs and the reference pages from the code, deploy/base from the chart
	@$(NEED) cargo cc flock go sha256sum
	cargo run --locked -- crd --dir crds
	cargo run --locked -- crd --dir charts/fabric-operator/files/crds
	cargo run --locked -- reference --dir docs
	deploy/render

image-check: ## build what the Dockerfile builds, from the files that it copies (5 minutes the first time)
	deploy/local/image

controlplane: ## build the API server that tests and demo use (once, about 5 minutes)
	deploy/local/controlplane/build

tools: ## build helm, promtool and what judges health (once, about 3 minutes)
	deploy/local/tools/build

clean: ## remove what was built, the cached programs too
	cargo clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/fabric-operator"
