#!/bin/sh
# Compile the switch program for Tofino, pack it, and push it to the Tofino switches of a cluster file.
#
#   scripts/flash-tofino.sh CLUSTER-FILE [SWITCH …]
#   scripts/flash-tofino.sh --pack-only FILE
#
# It writes the packed program to the paths in the switches' `program` keys (with --pack-only: to FILE), and
# `nopaxos controller push` pushes it. The controller must not run, since it pushes the program itself.
#
# Compiling needs a compiler for Tofino: bf-p4c of Intel's SDE, or p4c with its Tofino backend (p4c,
# p4c-barefoot and bfas). Pushing needs the switches' P4Runtime servers, which come with the SDE or with
# Stratum. NOPAXOS names the nopaxos binary; by default the script builds one.
set -eu

usage() {
	sed -n '4,5p' "$0" | sed 's/^# */usage: /' >&2
	exit 2
}

missing() {
	echo "flash-tofino.sh: $1" >&2
	exit 2
}

pack_only=
case "${1-}" in
--pack-only)
	[ $# -eq 2 ] || usage
	pack_only=$2
	shift 2
	;;
"" | -*) usage ;;
*)
	cluster=$1
	shift
	[ -r "$cluster" ] || missing "cluster file $cluster cannot be read"
	;;
esac

if ! command -v bf-p4c >/dev/null && ! { command -v p4c-barefoot >/dev/null && command -v bfas >/dev/null; }; then
	if [ -n "${SDE_INSTALL-}" ]; then
		hint="SDE_INSTALL is $SDE_INSTALL, and bf-p4c is not on the PATH: is the SDE built, and \$SDE_INSTALL/bin on the PATH?"
	else
		hint="put bf-p4c of Intel's SDE on the PATH, or p4c-barefoot and bfas of p4c built with ENABLE_TOFINO"
	fi
	missing "no compiler for Tofino found: $hint"
fi
command -v go >/dev/null || missing "go is not on the PATH: Go 1.26 or later is needed to drive the compiler"

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nopaxos=${NOPAXOS-}
if [ -z "$nopaxos" ]; then
	nopaxos=$work/nopaxos
	(cd "$root" && go build -o "$nopaxos" ./cmd/nopaxos)
fi
(cd "$root" && go run ./p4src/compile tofino "$work/out")
for part in tofino.bin context.json; do
	[ -s "$work/out/pipe/$part" ] || missing "the compiler wrote no $part into pipe/: is its assembler bfas installed?"
done
names=
for name; do
	names="$names --switch $name"
done
pack() {
	"$nopaxos" controller pack --bin "$work/out/pipe/tofino.bin" --context "$work/out/pipe/context.json" "$@"
}
if [ -n "$pack_only" ]; then
	pack --out "$pack_only"
	exit
fi
# shellcheck disable=SC2086 # $names holds several words
pack --cluster "$cluster" $names
# shellcheck disable=SC2086
"$nopaxos" controller push --cluster "$cluster" --kind tofino $names
