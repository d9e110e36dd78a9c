package replica

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/internal/statetest"
)

// notInState has the fields that AppendState omits, with the reasons.
var notInState = map[string]string{}

func init() {
	for reason, fields := range map[string][]string{
		"configuration": {
			"replica.Core.cfg", "replica.Core.f", "replica.log.key", "clients.Table.maxClients",
			"oumlib.Receiver.group", "oumlib.Receiver.grace", "oumlib.Receiver.window", "oumlib.buffer.limit",
		},
		"the caller writes the state machine's state": {"replica.Core.sm", "replica.Core.undo"},
		"reused memory": {
			"replica.Core.output", "replica.Core.decoder", "replica.Core.scratch",
			"replica.log.current", "replica.log.free", "replica.log.scratch", "replica.entry.chunk",
			"clients.Table.buffers", "clients.Table.result",
			"oumlib.Receiver.numbers", "oumlib.Receiver.direct", "oumlib.buffer.free",
		},
		"the caller finishes work at once, and encodings of one snapshot are equal": {
			"replica.incoming.busy", "replica.incoming.pending", "replica.incoming.last", "replica.incoming.loaded", "replica.incoming.loader", "replica.incoming.sum",
			"replica.outgoing.next", "replica.outgoing.stop", "replica.outgoing.part", "replica.outgoing.busy",
			"replica.snapshot.view", "replica.snapshot.loaded",
		},
		"counters":             {"oumlib.Receiver.stats"},
		"the core has stopped": {"replica.Core.err"},
		"derived from the fields written": {
			"replica.log.digested", "replica.log.bytes", "replica.entry.digest", "replica.window.bytes",
			"clients.Table.byID", "oumlib.Receiver.tokens",
		},
		"the current time, which the caller decides": {"replica.Core.now", "replica.logState.clock", "replica.Core.wakeAt", "oumlib.Receiver.now", "oumlib.Receiver.due"},
		"when a time-out expires": {
			"replica.viewState.enteredAt", "replica.Core.attempts", "replica.recovery.sendAt", "replica.recovery.sendDelay",
			"replica.Core.rtt", "replica.gapCommit.at", "replica.gapCommit.delay",
			"replica.syncState.began", "replica.syncState.repeated", "replica.syncState.sendAt", "replica.startView.delay",
			"replica.viewChange.timeout", "replica.viewChange.deadline", "replica.viewChange.sendAt", "replica.viewChange.sendDelay",
			"replica.viewChange.pingAt", "replica.viewChange.progress",
			"replica.fetch.at", "replica.fetch.paced", "replica.incoming.began", "oumlib.gap.noticed",
		},
		"when the leader or the sequencer is suspected": {"replica.viewState.health"},
		"only limits the rate of VIEW-CHANGE-REQ":       {"replica.peer.toldAt"},
	} {
		for _, field := range fields {
			notInState[field] = reason
		}
	}
}

// promisesAwaited ends with a leader that waits for further promises and has one whose log contains NO-OPs. No
// scenario stops in such a state.
const promisesAwaited = `
cluster n=5
register client=a
request client=a id=1 lose=all
request client=a id=2
deliver
tick 10ms
deliver
hold from=2,3,4
suspect 1
deliver to=0
deliver from=0
----
`

// TestStateIsComplete changes every field of the cores in all scenarios and expects another canonical form,
// unless the field is listed above.
func TestStateIsComplete(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	coverage := statetest.New(reflect.TypeFor[Core](), notInState)
	class := func(t time.Duration) byte { return byte(uint64(t) * 0x9E3779B97F4A7C15 >> 56) } // tells most times apart
	probe := func(c *Core) { coverage.Probe(c, func() []byte { return c.AppendState(nil, class) }) }
	scripts := []string{promisesAwaited}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, string(text))
	}
	for _, script := range scripts {
		directives, err := parseScenario(script + "\n\n")
		if err != nil {
			t.Fatal(err)
		}
		w := scenarioWorld{onInput: probe}
		for _, d := range directives {
			for _, command := range d.commands {
				if strings.HasPrefix(command, "cluster") && !strings.Contains(command, "window=") {
					command += " window=16" // less to look through
				}
				_ = w.run(command) // some scenarios are about errors
			}
		}
	}
	coverage.Check(t)
}
