package testbed

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/netordered/nopaxos/internal/devcluster"
)

// planFile is the name of the file that has the plan.
const planFile = "plan.json"

// written is the JSON format of a plan. Addresses of hosts and of the management network include the length
// of the prefix.
type written struct {
	ClusterFile string          `json:"cluster_file"`
	Switches    []writtenSwitch `json:"switches"`
	Links       []writtenLink   `json:"links"`
	Hosts       []writtenHost   `json:"hosts"`
}

type writtenSwitch struct {
	Name       string       `json:"name"`
	DeviceID   uint64       `json:"device_id"`
	P4Runtime  string       `json:"p4runtime"`
	Management netip.Prefix `json:"management"`
}

type writtenLink struct {
	A writtenPort `json:"a"`
	B writtenPort `json:"b"`
}

type writtenPort struct {
	Switch string `json:"switch"`
	Port   uint16 `json:"port"`
}

// writtenHost is a host. The controller's has no port: it is on the management network only.
type writtenHost struct {
	Name       string       `json:"name"`
	Address    netip.Prefix `json:"address,omitzero"`
	MAC        string       `json:"mac,omitempty"`
	Gateway    netip.Addr   `json:"gateway,omitzero"`
	Port       *writtenPort `json:"port,omitempty"`
	Management netip.Prefix `json:"management"`
	// Arguments of nopaxos for the first start of the host's role; none for the client's host.
	Arguments []string `json:"arguments,omitempty"`
}

// Write creates a directory with the cluster file, its keys and the plan, for another tool to build the
// testbed, and returns the path of the plan. The switches must be P4 switches.
func (p *Plan) Write(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("testbed: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("testbed: %w", err)
	}
	f, err := devcluster.Write(p.Cluster, dir)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(p.written(f.Path), "", "  ")
	if err != nil {
		return "", fmt.Errorf("testbed: %w", err)
	}
	path := filepath.Join(dir, planFile)
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return "", fmt.Errorf("testbed: %w", err)
	}
	return path, nil
}

func (p *Plan) written(clusterPath string) written {
	w := written{ClusterFile: clusterPath, Links: []writtenLink{}}
	onManagement := func(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, management.Bits()) }
	for _, s := range p.Topology.Switches {
		w.Switches = append(w.Switches, writtenSwitch{s.Name, s.DeviceID, s.P4Runtime.String(), onManagement(s.P4Runtime.Addr())})
	}
	for _, l := range p.Topology.Links {
		w.Links = append(w.Links, writtenLink{writtenPort(l.A), writtenPort(l.B)})
	}
	w.Hosts = []writtenHost{{
		Name: p.Controller, Management: onManagement(controllerOnManagement), Arguments: arguments(p.Controller, clusterPath),
	}}
	for i, h := range p.Topology.Hosts {
		port := writtenPort(h.Port)
		w.Hosts = append(w.Hosts, writtenHost{
			Name: h.Name, Address: subnet(h.Address), MAC: h.MAC.String(), Gateway: h.Gateway, Port: &port,
			Management: onManagement(hostOnManagement(i + 1)), Arguments: arguments(h.Name, clusterPath),
		})
	}
	return w
}

// arguments returns the command line for the first start of a role.
func arguments(role, clusterPath string) []string {
	kind, index, ok := strings.Cut(role, "-")
	if _, err := strconv.Atoi(index); !ok || err != nil {
		return nil // a client
	}
	arguments := []string{kind, "--cluster", clusterPath, "--index", index}
	if kind == "replica" {
		arguments = append(arguments, "--bootstrap")
	}
	return arguments
}
