package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/status"
)

const twoGroups = `name: lab
key_file: cluster.key
controllers:
  - {address: 10.0.0.1:1, http: 10.0.0.1:2, dir: controller-0}
sequencers:
  - {name: a, p4runtime: 10.0.0.2:1, data: 10.0.0.2:2, http: 10.0.0.2:3}
  - {name: b, p4runtime: 10.0.0.3:1, data: 10.0.0.3:2, http: 10.0.0.3:3}
groups:
  - name: x
    address: 10.97.0.1
    f: 1
    replicas:
      - {address: 10.0.1.1:1, http: 10.0.1.1:2, dir: x-0}
      - {address: 10.0.1.2:1, http: 10.0.1.2:2, dir: x-1}
      - {address: 10.0.1.3:1, http: 10.0.1.3:2, dir: x-2}
  - name: y
    address: 10.97.0.2
    f: 1
    replicas:
      - {address: 10.0.2.1:1, http: 10.0.2.1:2, dir: y-0}
      - {address: 10.0.2.2:1, http: 10.0.2.2:2, dir: y-1}
      - {address: 10.0.2.3:1, http: 10.0.2.3:2, dir: y-2}
kv:
  - {resp: 10.0.3.1:1, http: 10.0.3.1:2, group: y}
  - {resp: 10.0.3.2:1, http: 10.0.3.2:2, group: x}
`

// TestRollOrder checks that the leader of each group, and the active sequencer, come behind the others of their kind.
func TestRollOrder(t *testing.T) {
	f, err := cluster.Parse("c.yaml", []byte(twoGroups))
	if err != nil {
		t.Fatal(err)
	}
	s := &status.Cluster{Groups: []status.Group{{Name: "x", Leader: 0, Sequencer: "a"}, {Name: "y", Leader: 1, Sequencer: "a"}}}
	for _, c := range []struct {
		flags rollFlags
		want  string
	}{
		{rollFlags{}, "controller-0, sequencer-1, sequencer-0, " +
			"replica-1 of group x, replica-2 of group x, replica-0 of group x, " +
			"replica-0 of group y, replica-2 of group y, replica-1 of group y, kv-0, kv-1"},
		{rollFlags{group: "y"}, "replica-0 of group y, replica-2 of group y, replica-1 of group y, kv-0"},
		{rollFlags{group: "x", kinds: []string{"kv"}}, "kv-1"},
	} {
		left, err := membersToRoll(f, c.flags)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for len(left) > 0 {
			m := next(left, s)
			order = append(order, m.title())
			left = slices.DeleteFunc(left, func(l member) bool { return l == m })
		}
		if got := strings.Join(order, ", "); got != c.want {
			t.Errorf("%+v: got %s\nexpected %s", c.flags, got, c.want)
		}
	}
}

// TestRollPlaceholders checks what a command learns about its member.
func TestRollPlaceholders(t *testing.T) {
	f, err := cluster.Parse("c.yaml", []byte(twoGroups))
	if err != nil {
		t.Fatal(err)
	}
	members, err := membersToRoll(f, rollFlags{group: "y", kinds: []string{"replica"}})
	if err != nil {
		t.Fatal(err)
	}
	m := members[2]
	if got, want := m.replacer().Replace("{kind} {index} {name} {group} {address} {host} {other}"), "replica 2 replica-2 y 10.0.2.3:1 10.0.2.3 {other}"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
	if got, want := strings.Join(m.environment(), " "), "NOPAXOS_KIND=replica NOPAXOS_INDEX=2 NOPAXOS_NAME=replica-2 NOPAXOS_GROUP=y "+
		"NOPAXOS_ADDRESS=10.0.2.3:1 NOPAXOS_HOST=10.0.2.3"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
}
