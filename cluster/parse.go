package cluster

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// DefaultMTU is the largest UDP payload in bytes where the file says nothing: what an Ethernet carries,
// with room for a tunnel's headers.
const DefaultMTU = 1400

// MaxUDPPayload is the largest payload of a UDP datagram over IPv4, in bytes.
const MaxUDPPayload = 65507

// Load reads and checks the cluster file at path. What is wrong with its content is an *Error. The key
// files are not read: see Key and ClientAuth.
func Load(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{File: path, Line: 1, Key: "cluster file", Problem: cause(err), Expected: "a readable cluster file"}
	}
	return Parse(path, data)
}

// cause is err without the path, which the line names already.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Op + ": " + pe.Err.Error()
	}
	return err.Error()
}

// Parse reads and checks the content of the cluster file at path.
func Parse(path string, data []byte) (*File, error) {
	d := &decoder{file: path, lines: make(map[string]int)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, &Error{File: path, Line: 1, Key: "cluster file", Problem: "is empty", Expected: "a YAML mapping"}
	case err != nil:
		return nil, syntaxError(path, err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		return nil, &Error{File: path, Line: more.Line, Key: "cluster file", Problem: "has a second document", Expected: "one"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(path, err)
	}

	f := &File{Path: path, MTU: DefaultMTU, lines: d.lines}
	d.cluster(doc.Content[0], f)
	if d.err != nil {
		return nil, d.err
	}
	for _, check := range []func() *Error{f.checkNames, f.checkGroups, f.checkFrontEnds, f.checkAddresses, f.checkDirs, f.checkTiming, f.checkTopology} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// syntaxError gives the YAML parser's complaint the form of all others.
func syntaxError(path string, err error) *Error {
	problem, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine.FindStringSubmatch(problem); m != nil {
		line, _ = strconv.Atoi(m[1])
		problem = strings.Replace(problem, m[0], "", 1)
	}
	problem = strings.ReplaceAll(problem, "\n", " ")
	return &Error{File: path, Line: line, Key: "cluster file", Problem: problem, Expected: "YAML"}
}

// cluster reads the file's top level.
func (d *decoder) cluster(n *yaml.Node, f *File) {
	d.mapping(n, "",
		required("name", d.name(&f.Name)),
		optional("mtu", number(d, &f.MTU, replica.MinMTU, MaxUDPPayload)),
		required("key_file", d.path(&f.KeyFile)),
		optional("client_key_file", d.path(&f.ClientKeyFile)),
		required("controllers", d.list(1, items(&f.Controllers, d.controller))),
		optional("topology", func(n *yaml.Node, path string) {
			f.Topology = new(Topology)
			d.topology(n, path, f.Topology)
		}),
		required("sequencers", d.list(1, items(&f.Sequencers, d.sequencer))),
		required("groups", d.list(1, items(&f.Groups, d.group))),
		optional("kv", d.list(0, items(&f.KV, d.kv))),
		optional("timing", func(n *yaml.Node, path string) { d.timing(n, path, &f.Timing) }),
	)
}

// items appends what one reads to list.
func items[T any](list *[]T, one func(n *yaml.Node, path string, item *T)) take {
	return func(n *yaml.Node, path string) {
		var item T
		one(n, path, &item)
		*list = append(*list, item)
	}
}

func (d *decoder) controller(n *yaml.Node, path string, c *Controller) {
	d.mapping(n, path,
		required("address", d.address(&c.Address, connect)),
		optional("http", d.address(&c.HTTP, connect)),
		required("dir", d.path(&c.Dir)),
	)
}

func (d *decoder) sequencer(n *yaml.Node, path string, s *Sequencer) {
	if kind := peek(n, "kind"); kind == KindBMv2 || kind == KindTofino {
		d.mapping(n, path, // the rest is what the topology says of the switch
			required("name", d.name(&s.Name)),
			required("kind", d.choice(&s.Kind, kind)),
		)
		return
	}
	s.Kind, s.DeviceID = KindUDP, 1
	d.mapping(n, path,
		required("name", d.name(&s.Name)),
		optional("kind", d.choice(&s.Kind, KindUDP, KindBMv2, KindTofino)),
		optional("device_id", number(d, &s.DeviceID, 1, 1<<62)),
		required("p4runtime", d.address(&s.P4Runtime, connect)),
		required("data", d.address(&s.Data, stamped)),
		optional("http", d.address(&s.HTTP, connect)),
	)
}

func (d *decoder) group(n *yaml.Node, path string, g *Group) {
	d.mapping(n, path,
		required("name", d.name(&g.Name)),
		required("address", d.ipv4(&g.Address, "an IPv4 unicast address like 10.97.0.1, which is the group's number")),
		required("f", number(d, &g.F, 0, (wire.MaxReplicas-1)/2)),
		required("replicas", d.list(1, items(&g.Replicas, d.replica))),
	)
}

func (d *decoder) replica(n *yaml.Node, path string, r *Replica) {
	d.mapping(n, path,
		required("address", d.address(&r.Address, stamped)),
		optional("bulk", d.address(&r.Bulk, connect)),
		optional("http", d.address(&r.HTTP, connect)),
		required("dir", d.path(&r.Dir)),
	)
	if !r.Bulk.IsValid() {
		r.Bulk = r.Address
		d.lines[join(path, "bulk")] = d.lines[join(path, "address")]
	}
}

func (d *decoder) kv(n *yaml.Node, path string, k *KV) {
	d.mapping(n, path,
		required("resp", d.address(&k.RESP, listen)),
		required("group", d.name(&k.Group)),
		optional("http", d.address(&k.HTTP, connect)),
		optional("password_file", d.path(&k.PasswordFile)),
		optional("tls_cert", d.path(&k.TLSCert)),
		optional("tls_key", d.path(&k.TLSKey)),
	)
}

func (d *decoder) timing(n *yaml.Node, path string, t *Timing) {
	d.mapping(n, path,
		optional("tick", d.duration(&t.Tick)),
		optional("tick_max", d.duration(&t.TickMax)),
		optional("ping", d.duration(&t.Ping)),
		optional("suspect_leader", d.duration(&t.SuspectLeader)),
		optional("suspect_sequencer", d.duration(&t.SuspectSequencer)),
		optional("view_change", d.duration(&t.ViewChange)),
		optional("retransmit", d.duration(&t.Retransmit)),
		optional("grace", d.duration(&t.Grace)),
		optional("gap_bound", d.duration(&t.GapBound)),
		optional("sync_interval", d.duration(&t.SyncInterval)),
	)
}
