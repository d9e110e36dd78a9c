package packettest

import (
	"fmt"
	"testing"
)

// Server is a kind of P4Runtime server.
type Server int

const (
	// Specification is a server that follows P4Runtime 1.3: package sequencer.
	Specification Server = iota
	// PI is the server of BMv2's simple_switch_grpc (p4lang/PI).
	PI
)

// conduct is one observable behavior of a P4Runtime server. A controller has to work with both servers.
type conduct struct {
	name  string
	spec  string // the specified behavior
	pi    string // PI's behavior; "": as specified
	probe func(*probe) string
}

// RunConduct checks the behavior of a server. fresh returns a fresh target for each row.
func RunConduct(t *testing.T, server Server, fresh func(t *testing.T) Target) {
	for _, theme := range [][]conduct{pipelineConduct, writeConduct, readConduct, arbitrationConduct, packetConduct} {
		for _, c := range theme {
			t.Run(c.name, func(t *testing.T) {
				want := c.spec
				if server == PI && c.pi != "" {
					want = c.pi
				}
				if got := c.probe(newProbe(t, fresh(t))); got != want {
					t.Errorf("observed %q, expected %q", got, want)
				}
			})
		}
	}
}

// join joins observations with semicolons.
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
