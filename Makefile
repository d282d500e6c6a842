# The few verbs. `make demo` and `make test` set up whatever they need.

.DEFAULT_GOAL := help
.PHONY: help demo test e2e-away e2e-nearby e2e-clients e2e-web bench check lint fmt run docs setup-demo setup-test
VENV := .venv

help: ## say what there is
	@grep -E '^[a-z0-9-]+: .*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

demo: setup-demo ## the whole story: a receiver, a made-up broadcaster, and a tour by a second device
	cargo build --package televisor
	target/debug/televisor demo $(ARGS)

test: setup-test ## set up, then run every test
	@rm -f target/skipped.txt
	cargo build --quiet --package televisor
	cargo test --workspace --quiet
	@scripts/skipped

e2e-away: setup-test ## away from home alone: a router, Prosody, ejabberd, DNS, a CA
	@rm -f target/skipped.txt
	cargo build --quiet --package televisor
	cargo test --package televisor-e2e --test 'away_*'
	@scripts/skipped

e2e-nearby: setup-test ## without any server alone: Finch, devices on one link, impostors
	@rm -f target/skipped.txt
	cargo build --quiet --package televisor
	cargo test --package televisor-e2e --test 'nearby_*'
	@scripts/skipped

e2e-web: setup-test ## over the web alone: Converse.js in Chromium, xmpp.js, uploads
	@rm -f target/skipped.txt
	cargo build --quiet --package televisor
	cargo test --package televisor-e2e --test 'web_*'
	@scripts/skipped

e2e-clients: setup-test ## chat apps alone: Dino, Profanity, go-sendxmpp, slixmpp, and two of them at once
	@rm -f target/skipped.txt
	cargo build --quiet --package televisor
	cargo test --package televisor-e2e --test stock_clients --test two_devices --test go_sendxmpp --test slixmpp --test dino
	@scripts/skipped

bench: ## what the server takes, and Prosody beside it
	@scripts/bench

check: lint test docs ## everything a change must pass

lint: ## format and lints, warnings as errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt: ## format
	cargo fmt --all

run: ## run a receiver in ./demo-data
	cargo run --package televisor -- serve --data-dir demo-data

docs: ## build the API documentation, warnings as errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

setup-demo:
	@scripts/setup ffmpeg

setup-test:
	@scripts/setup ffmpeg curl avahi profanity namespaces finch
	@scripts/setup go-sendxmpp dino screen
	@scripts/setup prosody ejabberd knot router pebble
	@scripts/setup chromium node
	@scripts/setup-node crates/e2e/rigs/node
	@scripts/setup-python $(VENV)
