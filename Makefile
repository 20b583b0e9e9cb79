# `make` lists the recipes. What a recipe needs, it finds or installs, or says what to install.

SHELL := /bin/bash
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

# A faster linker where there is one.
ifneq ($(shell command -v mold),)
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS ?= -C link-arg=-fuse-ld=mold
endif

.PHONY: help up test lint web generate images bench ci

help: ## List the recipes.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Build the chat and run it on this machine: http://127.0.0.1:8080
	cargo build --release --locked --package todochat --no-default-features
	"$(CARGO_TARGET_DIR)/release/todochat" up

test: ## Run the unit, integration, web and browser tests; sets up what they need.
	tests/run

lint: ## Check format, lints, the documentation of crates/chatkit, and dependencies.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features todochat-tests/cluster --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --package chatkit-server --all-features --no-deps --locked
	cargo deny check bans licenses sources

web: ## Build the panel and the web app into web/dist.
	cd web && npm ci --no-audit --no-fund && npm run check && node build.mjs

generate: ## Write what is generated from the code.
	cargo run --locked --package chatkit-server --features typescript --example typescript
	cargo run --locked --package todochat-operator --example crds
	TODOCHAT_TEST_CHATKIT_PYTHON=$$(tests/conformance/chatkit/install) TODOCHAT_GENERATE=1 \
		cargo test --locked --package chatkit-server --test conformance -- parity::the_page

images: ## Build the container images into target/images, without Docker.
	images/build

bench: ## Measure the chat beside the floor, and the operator; print a table of each.
	bench/run

ci: lint ## Everything that runs on a clean checkout: a cluster too.
	tests/run --cluster
