# Every target that has a "##" comment is listed by `make help`.

GO       ?= go
BENCH    ?= .
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  := -X github.com/netordered/nopaxos/internal/cli.Version=$(VERSION)

STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The product and its laboratory are two modules. Each is built with what its own go.mod asks for: the workspace, which
# editors use, would give both the newest versions of either.
export GOWORK := off
IN_LAB := cd lab &&

.DEFAULT_GOAL := help
.PHONY: help build build-lab demo dev test race lint golden mutants mutants-doc explore explore-mutants explore-doc sweep soak chaos sweep-baselines testbed testbed-failover fuzz fuzz-short bench bench-quick bench-micro generate p4 p4-tofino clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## /{printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# go_build builds a package of the module in a directory: $(call go_build,directory,package,binary).
go_build = cd $(1) && $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(CURDIR)/bin/$(3) $(2)

build: ## build bin/nopaxos, all that a machine of a cluster needs
	$(call go_build,.,./cmd/nopaxos,nopaxos)

build-lab: build ## build bin/nopaxos-lab, the laboratory, beside it
	$(call go_build,lab,./cmd/nopaxos-lab,nopaxos-lab)

demo: build ## run a cluster on this machine, break it, and check what clients saw (under a minute)
	$(call go_build,lab,./cmd/demo,demo)
	bin/demo

dev: build ## run a cluster on this machine that redis-cli -p 7379 can talk to, until Ctrl-C
	bin/nopaxos dev

# The laboratory's tests read and build the product's sources, which go's cache of test results does not see change.
test: ## run every test
	$(GO) test ./...
	$(IN_LAB) $(GO) test -count=1 ./...

race: ## run every test under the race detector
	$(GO) test -race -timeout 20m ./...
	$(IN_LAB) $(GO) test -count=1 -race -timeout 20m ./...

lint: ## check gofmt, go vet and staticcheck
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./... && $(STATICCHECK) ./...
	$(IN_LAB) $(GO) vet ./... && $(STATICCHECK) ./...

mutants: ## plant each known protocol bug in turn, and fail if the simulator does not catch it
	$(IN_LAB) $(GO) run ./sim/mutants $(MUTANTS)

mutants-doc: ## the same, and write the table into docs/mutants.md
	$(IN_LAB) $(GO) run ./sim/mutants -document ../docs/mutants.md $(MUTANTS)

sweep: SEEDS ?= 2000
sweep: build-lab ## run SEEDS (default 2000) seeds in virtual time under every profile, and fail if one does
	bin/nopaxos-lab sim --seeds $(SEEDS) --shrink $(SWEEP)

SOAK_TIME ?= 0

soak: build-lab ## the same with ever new seeds, for SOAK_TIME or until Ctrl-C
	bin/nopaxos-lab sim --soak $(SOAK_TIME) --shrink $(SWEEP)

CHAOS_TIME ?= 2m
CHAOS_SEED ?= 0

chaos: ## break a cluster of real processes in network namespaces for CHAOS_TIME (default 2m; needs root)
	$(IN_LAB) $(GO) test ./chaos -run '^TestChaos$$' -count=1 -v -timeout 0 -chaos.asked -chaos.time $(CHAOS_TIME) -chaos.seed $(CHAOS_SEED)

sweep-baselines: SEEDS ?= 1000
sweep-baselines: ## run SEEDS (default 1000) simulations of each comparison system
	$(IN_LAB) $(GO) test ./sim/baselines -run '^TestSeeds$$' -timeout 2h -v -baselines.seeds $(SEEDS)

# Debian's Python is the one that has Debian's Mininet.
MININET := /usr/bin/python3 mininet/testbed.py

testbed: build-lab ## run a cluster on Mininet: one BMv2 switch, then a fat-tree of them (needs root, mininet, BMv2)
	$(MININET) --topology single
	$(MININET) --topology fat-tree

testbed-failover: build-lab ## the fat-tree again, and the switch that sequences loses its power under load
	$(MININET) --topology fat-tree --fail sequencer

explore: build-lab ## visit every state of small groups with larger bounds (EXPLORE="--bounds large" for more, see nopaxos-lab explore --help)
	bin/nopaxos-lab explore $(or $(EXPLORE),--bounds medium)

explore-mutants: ## plant each known bug of the cores, and fail if the small worlds miss one that they caught before
	$(IN_LAB) $(GO) run ./sim/mutants -worlds small $(MUTANTS)

explore-doc: ## the same, and write the table into docs/mutants.md
	$(IN_LAB) $(GO) run ./sim/mutants -worlds small -document ../docs/mutants.md

# Every fuzzer of every package, one after the other: go test runs one at a time. One that ends with its own
# deadline in place of an input, as go test's sometimes do when their time is over, is run once more.
define run_fuzzers
	@set -e; for module in . lab; do cd $(CURDIR)/$$module; packages="$$($(GO) list -f '{{.ImportPath}} {{.Dir}}' ./...)"; echo "$$packages" | while read -r package dir; do \
		for fuzzer in $$(grep -hos '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | sed 's/^func //'); do \
			echo "$$package $$fuzzer"; \
			fuzz="$(GO) test -run ^$$ -fuzz ^$$fuzzer\$$ -fuzztime $(FUZZTIME) -fuzzminimizetime 2s $$package"; \
			if out="$$($$fuzz 2>&1 </dev/null)"; then echo "$$out" | tail -n 1; continue; fi; \
			echo "$$out"; \
			case "$$out" in *"Failing input"*|*"testdata/fuzz"*) exit 1;; *"context deadline exceeded"*) $$fuzz </dev/null;; *) exit 1;; esac; \
		done; \
	done; done
endef

fuzz: FUZZTIME ?= 1m
fuzz: ## run every fuzzer for FUZZTIME (default 1m)
	$(run_fuzzers)

fuzz-short: FUZZTIME ?= 10s
fuzz-short: ## the same for 10s each, before a commit
	$(run_fuzzers)

golden: ## write what golden tests expect; read the difference before you commit it
	$(GO) test . -run '^TestImportTable$$' -rewrite
	$(GO) test ./replica -run '^TestScenarios$$' -rewrite
	$(IN_LAB) $(GO) test ./sim -run '^TestGolden$$' -sim.update
	$(IN_LAB) $(GO) test ./sim/worlds -run '^TestSmallWorlds$$' -worlds.update
	@if command -v redis-server >/dev/null; then set -x; $(GO) test ./kv/resp -run '^TestAnswersOfRedis$$' -record; \
	else echo "kv/resp/testdata/answers.txt stays as it is: it is recorded from redis-server, which is not installed"; fi

bench: build-lab ## run the paper's evaluation, under 40 minutes; the report goes to bin/bench
	bin/nopaxos-lab bench --scale full --profile --out bin/bench $(BENCHFLAGS)

bench-quick: build-lab ## a small one, under 3 minutes; the report goes to bin/bench-quick
	bin/nopaxos-lab bench --scale quick --out bin/bench-quick $(BENCHFLAGS)

bench-micro: ## run the micro-benchmarks, with allocations (BENCH=regexp picks some)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	$(IN_LAB) $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

generate: ## regenerate what is generated (needs the generators that the go:generate lines name)
	$(GO) generate ./...

p4: ## compile the switch program into p4src/generated (needs p4c)
	$(GO) run ./p4src/compile bmv2

p4-tofino: ## compile it for Tofino into bin/tofino and print what it uses (needs p4c's Tofino backend or bf-p4c)
	$(GO) run ./p4src/compile tofino bin/tofino $(P4FLAGS)

clean: ## remove what the other targets built
	rm -rf bin
