package devcluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"

	"github.com/netordered/nopaxos/cluster"
)

const (
	clusterFile   = "cluster.yaml"
	keyFile       = "cluster.key"
	clientKeyFile = "client.key"
	lockFile      = "dev.lock"
	group         = "kv"

	// loopbackMTU is the largest UDP payload in bytes that a development cluster uses. The
	// loopback interface carries twice as much.
	loopbackMTU = 32768
)

// groupAddress is the group's virtual address. Nothing routes to it: an end-host sequencer is sent to
// at its own address, and the group's only names it.
var groupAddress = netip.AddrFrom4([4]byte{10, 97, 0, 1})

// refuseForeign returns an error if something in the directory is not a development cluster's.
func refuseForeign(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	for _, e := range entries {
		if !ours(e.Name()) {
			return fmt.Errorf("cluster directory %s has %s in it, expected an empty directory or that of an earlier development cluster", dir, e.Name())
		}
	}
	return nil
}

// removeEarlier removes what an earlier development cluster left, but for the lock.
func removeEarlier(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	for _, e := range entries {
		if e.Name() == lockFile || !ours(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("cluster directory: %w", err)
		}
	}
	return nil
}

// roleFile is the name of a role's directory, log or process id.
var roleFile = regexp.MustCompile(`^(controller|sequencer|replica|kv)-[0-9]+(\.log|\.pid)?$`)

// ours reports whether name is one that a development cluster gives to what it makes in its directory.
// It is exact: what has such a name is removed when another cluster starts in the directory.
func ours(name string) bool {
	switch name {
	case clusterFile, keyFile, clientKeyFile, lockFile:
		return true
	}
	return roleFile.MatchString(name)
}

// layout describes the cluster: all on loopback, on ports that are free now.
func layout(c Config) (*cluster.File, error) {
	ports := portPicker{taken: map[uint16]bool{c.RESP.Port(): true}}
	f := &cluster.File{
		Path:          clusterPath(c),
		Name:          "dev",
		MTU:           loopbackMTU,
		Timing:        cluster.LocalTiming,
		KeyFile:       keyFile,
		ClientKeyFile: clientKeyFile,
		Controllers: []cluster.Controller{{
			Address: ports.next(), HTTP: ports.next(), Dir: "controller-0",
		}},
	}
	for i := range c.Sequencers {
		f.Sequencers = append(f.Sequencers, cluster.Sequencer{
			Name: fmt.Sprintf("sequencer-%d", i), Kind: cluster.KindUDP, DeviceID: uint64(i + 1),
			P4Runtime: ports.next(), Data: ports.next(), HTTP: ports.next(),
		})
	}
	g := cluster.Group{Name: group, Address: groupAddress, F: (c.Replicas - 1) / 2}
	for i := range c.Replicas {
		a := ports.next()
		g.Replicas = append(g.Replicas, cluster.Replica{Address: a, Bulk: a, HTTP: ports.next(), Dir: fmt.Sprintf("replica-%d", i)})
	}
	f.Groups = []cluster.Group{g}
	f.KV = []cluster.KV{{RESP: c.RESP, Group: group, HTTP: ports.next()}}
	return f, ports.err
}

func clusterPath(c Config) string { return filepath.Join(c.Dir, clusterFile) }

// write makes the key files and the cluster file, and reads the latter back as the roles will.
func write(f *cluster.File) (*cluster.File, error) {
	if err := cluster.WriteKey(f.Resolve(f.KeyFile)); err != nil {
		return nil, err
	}
	key, err := f.Key()
	if err != nil {
		return nil, err
	}
	if err := cluster.WriteClientKey(f.Resolve(f.ClientKeyFile), key); err != nil {
		return nil, err
	}
	text, err := f.Marshal()
	if err != nil {
		return nil, err
	}
	text = append([]byte("# Written by `nopaxos dev`; every role of this cluster reads it.\n"), text...)
	if err := os.WriteFile(f.Path, text, 0o600); err != nil {
		return nil, fmt.Errorf("cluster file: %w", err)
	}
	return cluster.Load(f.Path)
}

// portPicker finds ports below the range that the kernel gives to outgoing connections, so that a
// role which was killed finds its port free when it comes back.
type portPicker struct {
	taken map[uint16]bool
	err   error
}

const (
	firstPort = 10000
	endPort   = 32768 // where Linux starts to number outgoing connections
	portTries = 1000
)

// next returns a loopback address whose port is free for UDP and TCP.
func (p *portPicker) next() netip.AddrPort {
	for range portTries {
		port := uint16(firstPort + rand.N(endPort-firstPort))
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
		if !p.taken[port] && free(a) {
			p.taken[port] = true
			return a
		}
	}
	p.err = errors.New("no free ports between 10000 and 32767 on 127.0.0.1")
	return netip.AddrPort{}
}

func free(a netip.AddrPort) bool {
	tcp, err := net.Listen("tcp", a.String())
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", a.String())
	if err != nil {
		return false
	}
	defer udp.Close()
	return true
}
