//go:build linux

package netlab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// Mute silently drops all packets that the port sends. A cable with two mute ends carries nothing while both ports stay
// up, as behind a media converter. Down is no substitute where a program captures at the port, as a BMv2 switch does:
// libpcap then blocks, and the whole switch with it, until the interface is up again.
func (p Port) Mute() error {
	err := p.Node.Do(func() error { return dropAtEgress(p.Name) })
	if lacksNFTables(err) {
		return fmt.Errorf("muting %v is %w: the kernel needs nf_tables with the egress hook of netdev: %w", p, ErrNotSupported, err)
	}
	if err != nil {
		return fmt.Errorf("muting %v: %w", p, err)
	}
	return nil
}

// dropAtEgress installs, in one transaction:
//
//	table netdev netlab { chain NAME { type filter hook egress device NAME priority 0; drop } }
func dropAtEgress(name string) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	table := conn.AddTable(&nftables.Table{Name: "netlab", Family: nftables.TableFamilyNetdev})
	chain := conn.AddChain(&nftables.Chain{
		Name: name, Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookEgress, Priority: nftables.ChainPriorityFilter, Device: name,
	})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
	return conn.Flush()
}
