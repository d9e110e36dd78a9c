package probe

import (
	"sync"

	"github.com/netordered/nopaxos/controlplane/fabric"
)

// Gate bounds the work that the packets of one switch cause: it admits one probe of the controller's own for each port
// and round.
type Gate struct {
	mu     sync.Mutex
	passed map[uint16]uint64 // by port of a link, the newest round that passed
}

// Reasons for which a packet is refused.
const (
	RefusedForged    = "forged"    // it is no probe of this controller's life
	RefusedElsewhere = "elsewhere" // it came back to another port than it was sent from
	RefusedRepeated  = "repeated"
)

// Admit returns the round of the probe in a frame that came back to a port. refused is the reason for which it does not
// count; empty: it does.
func (g *Gate) Admit(frame []byte, key Key, back fabric.Port) (round uint64, refused string) {
	from, round, ok := parse(frame, key)
	switch {
	case !ok:
		return 0, RefusedForged
	case from != back:
		return 0, RefusedElsewhere
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if round <= g.passed[from.Number] {
		return 0, RefusedRepeated
	}
	if g.passed == nil {
		g.passed = make(map[uint16]uint64)
	}
	g.passed[from.Number] = round
	return round, ""
}
