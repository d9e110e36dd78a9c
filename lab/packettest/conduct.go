package packettest

import (
	"fmt"
	"testing"
)

// Server says whose P4Runtime server is observed.
type Server int

const (
	// Specification is a server that does as P4Runtime 1.3 says: ours.
	Specification Server = iota
	// PI is the server of BMv2's simple_switch_grpc (p4lang/PI).
	PI
)

// A Conduct is one thing that a controller sees of a P4Runtime server. Where the servers differ, a
// controller has to live with both.
type conduct struct {
	name  string
	spec  string // what a server does that follows the specification
	pi    string // what PI does; "": the same
	probe func(*probe) string
}

// RunConduct pins what a server does. Each row has a fresh target.
func RunConduct(t *testing.T, server Server, fresh func(t *testing.T) Target) {
	for _, theme := range [][]conduct{pipelineConduct, writeConduct, readConduct, arbitrationConduct, packetConduct} {
		for _, c := range theme {
			t.Run(c.name, func(t *testing.T) {
				want := c.spec
				if server == PI && c.pi != "" {
					want = c.pi
				}
				if got := c.probe(newProbe(t, fresh(t))); got != want {
					t.Errorf("it does %q, expected %q", got, want)
				}
			})
		}
	}
}

// join puts observations in one line.
func join(parts ...any) string {
	text := ""
	for i, x := range parts {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprint(x)
	}
	return text
}
