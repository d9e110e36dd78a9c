package devcluster

import (
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/cluster/limits"
)

// Layout describes a cluster of one group with end-host sequencers.
type Layout struct {
	Name   string
	MTU    int // bytes of UDP payload; 0: the default of the cluster file
	Timing limits.Timing

	Replicas, Sequencers, FrontEnds int

	// Address returns where a role like "replica-0" provides a service. The zero value for HTTP: nowhere.
	Address func(role string, s Service) (netip.AddrPort, error)
}

// Service identifies one of a role's addresses.
type Service int

// The services.
const (
	HTTP       Service = iota // of every role: status and metrics
	Watch                     // of controllers: the sequencer of a group
	P4Runtime                 // of sequencers
	Data                      // of sequencers: requests
	Replicated                // of replicas: datagrams and bulk transfers
	RESP                      // of front-ends
)

const group = "kv"

// groupAddress is the group's virtual address. Nothing routes to it unless switches sequence: clients send
// to an end-host sequencer at that sequencer's own address.
var groupAddress = netip.AddrFrom4([4]byte{10, 97, 0, 1})

// File returns the cluster file, without its path and key files.
func (l *Layout) File() (*cluster.File, error) {
	var failed error
	at := func(role string, s Service) netip.AddrPort {
		a, err := l.Address(role, s)
		if failed == nil {
			failed = err
		}
		return a
	}
	const controller = "controller-0"
	f := &cluster.File{Name: l.Name, MTU: l.MTU, Timing: l.Timing}
	f.Controllers = []cluster.Controller{{Address: at(controller, Watch), HTTP: at(controller, HTTP), Dir: controller}}
	for i := range l.Sequencers {
		name := fmt.Sprintf("sequencer-%d", i)
		f.Sequencers = append(f.Sequencers, cluster.Sequencer{
			Name: name, Kind: cluster.KindUDP, DeviceID: uint64(i + 1),
			P4Runtime: at(name, P4Runtime), Data: at(name, Data), HTTP: at(name, HTTP),
		})
	}
	g := cluster.Group{Name: group, Address: groupAddress, F: (l.Replicas - 1) / 2}
	for i := range l.Replicas {
		name := fmt.Sprintf("replica-%d", i)
		a := at(name, Replicated)
		g.Replicas = append(g.Replicas, cluster.Replica{Address: a, Bulk: a, HTTP: at(name, HTTP), Dir: name})
	}
	f.Groups = []cluster.Group{g}
	for i := range l.FrontEnds {
		name := fmt.Sprintf("kv-%d", i)
		f.KV = append(f.KV, cluster.KV{RESP: at(name, RESP), Group: group, HTTP: at(name, HTTP)})
	}
	return f, failed
}
