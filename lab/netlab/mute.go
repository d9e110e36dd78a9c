//go:build linux

package netlab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// Mute makes the port lose everything that it is to send; nobody is told. A cable whose two ends are mute carries nothing
// while both ports stay up, as behind a media converter. Down is no substitute where somebody captures at the port, as a
// BMv2 switch does: libpcap then waits in it until the interface is up again, and the whole switch with it.
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
