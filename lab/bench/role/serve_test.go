package role

import (
	"bufio"
	"encoding/json"
	"io"
	"net/netip"
	"testing"
	"time"
)

// start runs a role in this process and returns a function that gives it orders.
func start(t *testing.T, spec Spec) (order func(Order) Answer) {
	t.Helper()
	in, toRole := io.Pipe()
	fromRole, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), in, out, Build)
		_ = out.Close()
	}()
	t.Cleanup(func() {
		_ = toRole.Close()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", spec.Kind, err)
		}
	})
	lines := bufio.NewScanner(fromRole)
	lines.Buffer(nil, 1<<20)
	exchange := func(question any) (a Answer) {
		t.Helper()
		if err := json.NewEncoder(toRole).Encode(question); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatalf("%s does not answer: %v", spec.Kind, lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := exchange(spec); a.Error != "" {
		t.Fatal(a.Error)
	}
	return func(o Order) Answer { t.Helper(); return exchange(o) }
}

var (
	serverAddress = Address{UDP: netip.MustParseAddrPort("127.0.0.9:9781"), TCP: netip.MustParseAddrPort("127.0.0.9:9781")}
	clientAddress = netip.MustParseAddrPort("127.0.0.9:0")
)

// A client measures each system that needs no controller.
func TestRoles(t *testing.T) {
	key := make([]byte, 32)
	for _, c := range []struct{ name, kind, system string }{
		{"echo", KindEcho, SystemEcho},
		{"unreplicated", KindServer, "unreplicated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := Spec{Kind: c.kind, System: c.system, Machine: MachineEcho, Replicas: []Address{serverAddress}, Key: key, MTU: 1400}
			spec.Listen = serverAddress.UDP
			server := start(t, spec)
			spec.Kind, spec.Listen = KindClient, clientAddress
			client := start(t, spec)
			if a := client(Order{Connect: &Connect{Patience: 10 * time.Second}}); a.Error != "" {
				t.Fatal(a.Error)
			}
			a := client(Order{Load: &Load{
				Begin: time.Now(), Measure: 10 * time.Second, Callers: 4, Limit: 1000, Workload: WorkloadEcho, ValueSize: 64,
			}})
			if a.Error != "" || a.Result == nil || a.Result.Operations != 1000 || a.Result.Failed+a.Result.Unfinished != 0 {
				t.Fatalf("%+v", a.Result)
			}
			if a := server(Order{Stats: true}); a.Stats == nil || a.Stats.DatagramsIn < 1000 || a.Stats.DatagramsOut < 1000 {
				t.Errorf("%+v, expected at least 1000 datagrams each way", a.Stats)
			}
			if a := server(Order{Profile: ProfileStop}); a.Error == "" {
				t.Error("a profile stopped that had not been started")
			}
			if a := server(Order{Profile: ProfileStart}); a.Error != "" {
				t.Error(a.Error)
			}
			if a := server(Order{Profile: ProfileStop}); a.Error != "" || len(a.Profile) == 0 {
				t.Errorf("%q, a profile of %d bytes, expected one", a.Error, len(a.Profile))
			}
			if a := server(Order{}); a.Error == "" {
				t.Error("an empty order was accepted")
			}
		})
	}
}

func TestInvalidSpecs(t *testing.T) {
	for _, s := range []Spec{
		{},
		{Kind: KindServer, System: "unreplicated", Machine: "?"},
		{Kind: KindServer, System: "?", Machine: MachineEcho},
		{Kind: KindServer, System: SystemNOPaxos, Machine: MachineEcho, Cluster: "/nowhere/cluster.yaml"},
		{Kind: KindSequencer, Cluster: "/nowhere/cluster.yaml"},
	} {
		if _, err := Build(&s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}
