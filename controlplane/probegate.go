package controlplane

import "sync"

// probeGate keeps what switches hand over from keeping the controller busy: of each port and round one probe
// passes, which the controller has sent itself.
type probeGate struct {
	mu     sync.Mutex
	passed map[uint16]uint64 // by port of a link, the newest round that passed
}

// Reasons for which a packet-in does not pass.
const (
	refusedForged    = "forged"    // it is no probe of this controller's life
	refusedElsewhere = "elsewhere" // a probe that came another way than it was sent
	refusedRepeated  = "repeated"
)

// admit returns the reason for which a probe that was sent from a port in a round, and came back to another, does
// not pass; empty: it does.
func (g *probeGate) admit(from, back Port, round uint64) string {
	if from != back {
		return refusedElsewhere
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if round <= g.passed[from.Number] {
		return refusedRepeated
	}
	if g.passed == nil {
		g.passed = make(map[uint16]uint64)
	}
	g.passed[from.Number] = round
	return ""
}
