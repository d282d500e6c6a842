# The few verbs. `make demo` and `make test` set up whatever they need.
.PHONY: test
test:
	cargo test --workspace --quiet
