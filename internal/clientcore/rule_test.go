package clientcore

import (
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// TestRules checks when a request is complete under the rules of other systems.
func TestRules(t *testing.T) {
	leader := Rule{Quorum: 1}
	speculative := Rule{Quorum: 3, Speculative: true}
	logX, logY := wire.Digest{Lo: 1}, wire.Digest{Lo: 2}
	type reply struct {
		from  int
		slot  uint64
		log   wire.Digest
		final bool
		part  string
	}
	for name, c := range map[string]struct {
		rule    Rule
		replies []reply
		want    string // "": not complete
	}{
		"the leader's answer":       {leader, []reply{{from: 0, slot: 9, part: "x"}}, "x"},
		"superquorum":               {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logX, false, "x"}, {2, 9, logX, false, "x"}}, "x"},
		"too few":                   {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logX, false, "x"}}, ""},
		"one twice":                 {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logX, false, "x"}, {1, 9, logX, false, "x"}}, ""},
		"other logs":                {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logX, false, "x"}, {2, 9, logY, false, "y"}}, ""},
		"other slots":               {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logX, false, "x"}, {2, 8, logX, false, "x"}}, ""},
		"two logs of five replicas": {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logY, false, "y"}, {2, 9, logX, false, "x"}, {3, 9, logY, false, "y"}, {4, 9, logX, false, "x"}}, "x"},
		"final":                     {speculative, []reply{{0, 9, logX, false, "x"}, {1, 9, logY, true, "y"}}, "y"},
		"without the leader":        {speculative, []reply{{1, 9, logX, false, "x"}, {2, 9, logX, false, "x"}, {3, 9, logX, false, "x"}}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			var next Answer
			rule := c.rule
			rule.Read = func(wire.Auth, []byte) (Answer, bool) { return next, true }
			d := newDriver(t, newTestCore(t, 5, func(cfg *Config) { cfg.Rule = rule }))
			hand := func(m wire.Request, r reply, status wire.Status) {
				next = Answer{Log: r.log, Final: r.final, Reply: wire.Reply{
					Slot: r.slot, Client: m.Client, ID: m.ID, Replica: uint16(r.from),
					Status: status, Total: uint32(len(r.part)), Part: []byte(r.part),
				}}
				d.core.Reply(d.now, nil)
				d.drain()
			}
			d.core.Register(d.now)
			d.drain()
			register := d.take()
			for from := range 3 {
				if !d.core.Registered() {
					hand(register, reply{from: from, slot: 1}, wire.StatusRegistered)
				}
			}
			d.invoke(7, "op")
			m := d.take()
			for _, r := range c.replies {
				hand(m, r, wire.StatusOK)
			}
			if got := d.done[7]; got.result != c.want || got.err != nil {
				t.Errorf("result %q, %v, expected %q", got.result, got.err, c.want)
			}
		})
	}
}
