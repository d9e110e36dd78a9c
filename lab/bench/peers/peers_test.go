package peers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/internal/process"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// member is a role in this process.
type member struct {
	t      *testing.T
	orders *io.PipeWriter
	lines  *bufio.Scanner
	ended  chan error
}

// start runs a role until stop or the end of the test.
func start(t *testing.T, spec role.Spec) *member {
	t.Helper()
	in, orders := io.Pipe()
	answers, out := io.Pipe()
	m := &member{t: t, orders: orders, lines: bufio.NewScanner(answers), ended: make(chan error, 1)}
	m.lines.Buffer(nil, 1<<20)
	go func() {
		m.ended <- role.Serve(t.Context(), in, out, Build)
		_ = out.Close() // ends the wait for an answer
	}()
	t.Cleanup(m.stop)
	if a := m.exchange(spec); a.Error != "" {
		t.Fatalf("%s %d: %s", spec.Kind, spec.Index, a.Error)
	}
	return m
}

func (m *member) exchange(question any) (a role.Answer) {
	m.t.Helper()
	if err := json.NewEncoder(m.orders).Encode(question); err != nil {
		m.t.Fatal(err)
	}
	if !m.lines.Scan() {
		m.t.Fatalf("no answer: %v", m.lines.Err())
	}
	if err := json.Unmarshal(m.lines.Bytes(), &a); err != nil {
		m.t.Fatal(err)
	}
	return a
}

// stop ends the role, once.
func (m *member) stop() {
	if m.orders == nil {
		return
	}
	_ = m.orders.Close() // a pipe in memory
	m.orders = nil
	if err := <-m.ended; err != nil {
		m.t.Errorf("a role ended: %v", err)
	}
}

// group starts three replicas of a library and a client.
func group(t *testing.T, system string) (replicas []*member, client *member) {
	t.Helper()
	const n = 3
	spec := role.Spec{Kind: role.KindServer, System: system, Machine: role.MachineEcho, Key: make([]byte, 32), MTU: 1400}
	local := process.NewLoopback()
	t.Cleanup(func() { _ = local.Close() }) // it started no process
	for range n {
		a, err := local.Address("replica")
		if err != nil {
			t.Fatal(err)
		}
		spec.Replicas = append(spec.Replicas, role.Address{UDP: a, TCP: a})
	}
	for i := range n {
		spec.Index = i
		replicas = append(replicas, start(t, spec))
	}
	spec.Kind, spec.Index, spec.Listen = role.KindClient, 0, netip.MustParseAddrPort("127.0.0.1:0")
	return replicas, start(t, spec)
}

// patience bounds the time to elect a leader and execute the operations.
const patience = 30 * time.Second

// operate executes operations from eight callers.
func operate(t *testing.T, client *member, operations int) {
	t.Helper()
	a := client.exchange(role.Order{Load: &role.Load{
		Begin: time.Now(), Measure: patience, Callers: 8, Limit: operations, Workload: role.WorkloadEcho, ValueSize: 64,
	}})
	if a.Error != "" || a.Result == nil || a.Result.Operations != uint64(operations) || a.Result.Failed+a.Result.Unfinished != 0 {
		t.Fatalf("%s: %+v, expected %d operations and none failed", a.Error, a.Result, operations)
	}
}

// A group of each library executes operations, and continues without one of its replicas.
func TestGroups(t *testing.T) {
	for _, system := range []string{Etcd, Hashicorp} {
		for lost := range 3 {
			t.Run(fmt.Sprintf("%s loses replica %d", system, lost), func(t *testing.T) {
				t.Parallel()
				replicas, client := group(t, system)
				if a := client.exchange(role.Order{Connect: &role.Connect{Patience: patience}}); a.Error != "" {
					t.Fatal(a.Error)
				}
				operate(t, client, 2000)
				in := uint64(0)
				for i, r := range replicas {
					a := r.exchange(role.Order{Stats: true})
					if a.Stats == nil {
						t.Fatalf("replica %d returned no counters: %+v", i, a)
					}
					in += a.Stats.DatagramsIn
				}
				if in < 2000 {
					t.Errorf("%d datagrams received, expected at least one per operation, 2000", in)
				}
				replicas[lost].stop()
				operate(t, client, 500)
			})
		}
	}
}

func TestInvalidSpecs(t *testing.T) {
	a := role.Address{UDP: netip.MustParseAddrPort("127.0.0.1:0"), TCP: netip.MustParseAddrPort("127.0.0.1:0")}
	good := role.Spec{Kind: role.KindServer, System: Etcd, Machine: role.MachineEcho, Key: make([]byte, 32), MTU: 1400, Replicas: []role.Address{a}}
	for name, change := range map[string]func(*role.Spec){
		"system":  func(s *role.Spec) { s.System = "?" },
		"index":   func(s *role.Spec) { s.Index = 1 },
		"machine": func(s *role.Spec) { s.Machine = "?" },
		"key":     func(s *role.Spec) { s.Key = nil },
	} {
		spec := good
		change(&spec)
		if _, err := Build(&spec); err == nil {
			t.Errorf("a spec with a wrong %s was accepted", name)
		}
	}
}
