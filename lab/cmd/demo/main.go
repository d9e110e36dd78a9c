// Command demo runs a cluster on this machine, loads it, breaks it, and checks what its clients saw. It is the demo
// command of nopaxos-lab in a binary that needs none of the laboratory's libraries for plots.
package main

import (
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/lab/demo"
)

func main() { cli.Main(demo.Command()) }
