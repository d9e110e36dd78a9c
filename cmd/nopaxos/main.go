// Command nopaxos runs the roles of a cluster, a whole development cluster, and what operators need. It is the one
// binary that a machine of a cluster needs.
package main

import "github.com/netordered/nopaxos/internal/cli"

func main() { cli.Main(rootCommand()) }
