//go:build linux

package netlab_test

import (
	"fmt"
	"log"
	"net/netip"
	"os/exec"

	"github.com/netordered/nopaxos/lab/netlab"
)

// Two nodes with a cable between them; a program on one loses a tenth of the packets from the other.
func Example() {
	lab, err := netlab.New()
	if err != nil {
		log.Fatal(err)
	}
	defer lab.Close()
	a, err := lab.AddNode("a")
	if err != nil {
		log.Fatal(err)
	}
	b, err := lab.AddNode("b")
	if err != nil {
		log.Fatal(err)
	}
	if err := lab.Link(
		netlab.Port{Node: a, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.1/24")},
		netlab.Port{Node: b, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.2/24")},
	); err != nil {
		log.Fatal(err)
	}
	if err := b.Lose(netlab.Loss{From: netip.MustParsePrefix("10.0.0.1/32"), Share: 0.1}); err != nil {
		log.Fatal(err)
	}
	ping := exec.Command("ping", "-c", "1", "10.0.0.1")
	if err := b.Start(ping); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ping.Wait())
}
