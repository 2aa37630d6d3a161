# Everything that is done more than once. Needs Rust, git and make; the rest is installed where it is missing.

.DEFAULT_GOAL := help
.PHONY: help run test lint screenshots bench sqlx-prepare sqlx-check deny advisories rehearse audit chaos

# A database is only asked about queries by `sqlx-prepare`; everything else builds from the committed .sqlx.
export SQLX_OFFLINE ?= true

WITH_SERVERS := cargo run --quiet --package harness --bin with-servers --

help: ## Lists what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Builds and runs the demo in ./data (ARGS="--fast --no-crowd" passes switches on)
	cargo build --release --package stanchion
	exec "$${CARGO_TARGET_DIR:-target}/release/stanchion" demo $(ARGS)

test: ## Runs all tests on private servers
	@if cargo nextest --version >/dev/null 2>&1; then \
		$(WITH_SERVERS) cargo nextest run --workspace $(ARGS); \
	else \
		$(WITH_SERVERS) cargo test --workspace $(ARGS); \
	fi

lint: ## Checks formatting, lints, the committed queries, and licences where cargo-deny is installed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	$(MAKE) sqlx-check
	@if cargo deny --version >/dev/null 2>&1; then $(MAKE) deny; else echo "cargo-deny is not installed: licences were not checked"; fi

sqlx-prepare: ## Asks a private Postgres about every query and writes the answers to .sqlx
	$(WITH_SERVERS) .ci/describe-queries .sqlx

sqlx-check: ## Fails where .sqlx is not what sqlx-prepare would write
	$(WITH_SERVERS) .ci/describe-queries --check .sqlx

deny: ## Checks licences and sources of what is depended on (cargo-deny)
	cargo deny check bans licenses sources

advisories: ## Checks it for known vulnerabilities; fetches the database of RustSec
	cargo deny check advisories

screenshots: ## Takes pictures of the pages that the tests see, phone and desktop, light and dark, into target/screenshots
	STANCHION_TEST_PICTURES="$(CURDIR)/target/screenshots" $(MAKE) test ARGS="--package stanchion --test browser"

bench: ## Measures the services against references in one run, a few minutes (ARGS="frames" measures the seat map alone)
	cargo run --release --package bench -- $(ARGS)

rehearse: ## Sends a crowd to the demo in ./data (ARGS="--visitors 5000")
	cargo run --release --package stanchion -- rehearse $(ARGS)

audit: ## Audits the demo in ./data, running or stopped
	cargo run --release --package stanchion -- audit $(ARGS)

chaos: ## Kills a private installation at random for two minutes while a crowd shops, and audits it (ARGS="--seconds 300")
	cargo run --release --package stanchion -- chaos $(ARGS)
