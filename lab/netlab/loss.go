//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Loss drops a share of the IPv4 packets that arrive at a node.
type Loss struct {
	From  netip.Prefix // of source addresses; the zero value: all
	Share float64      // 0 to 1
}

// lossModulus is the resolution of shares.
const lossModulus = 1 << 20

// Lose atomically replaces the losses of the node. A packet that matches several has to survive each. Packets
// from the node to itself are not lost. For a partition, each side loses all packets from the other.
func (n *Node) Lose(losses ...Loss) error {
	for _, l := range losses {
		if !(l.Share >= 0 && l.Share <= 1) {
			return fmt.Errorf("loss at node %s is %g, expected 0 to 1", n.name, l.Share)
		}
		if l.From.IsValid() && !l.From.Addr().Is4() {
			return fmt.Errorf("loss at node %s is from %v, expected an IPv4 prefix", n.name, l.From)
		}
	}
	err := n.Do(func() error { return replaceRules(losses) })
	if lacksNFTables(err) {
		return fmt.Errorf("losing packets is %w: the kernel needs nf_tables with numgen: %w", ErrNotSupported, err)
	}
	if err != nil {
		return fmt.Errorf("losses of node %s: %w", n.name, err)
	}
	return nil
}

// lacksNFTables reports whether err means that the kernel does not support a table, a chain or an expression.
func lacksNFTables(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOENT)
}

// replaceRules installs the rules in one transaction:
//
//	table ip netlab { chain arriving { type filter hook prerouting priority raw;
//		iifname "lo" accept
//		ip saddr & mask == prefix numgen random mod 1048576 < share drop } }
func replaceRules(losses []Loss) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	table := &nftables.Table{Name: "netlab", Family: nftables.TableFamilyIPv4}
	conn.AddTable(table) // so that there is one to delete
	conn.DelTable(table)
	conn.AddTable(table)
	chain := conn.AddChain(&nftables.Chain{
		Name: "arriving", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityRaw,
	})
	add := func(e ...expr.Any) { conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: e}) }
	loopback := make([]byte, unix.IFNAMSIZ)
	copy(loopback, "lo")
	add(&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: loopback},
		&expr.Verdict{Kind: expr.VerdictAccept})
	for _, l := range losses {
		add(append(append(l.source(), l.chance()...), &expr.Verdict{Kind: expr.VerdictDrop})...)
	}
	return conn.Flush()
}

// source matches the packets from l.From.
func (l Loss) source() []expr.Any {
	if !l.From.IsValid() {
		return nil
	}
	const sourceOffset, length = 12, 4 // in the IPv4 header
	prefix := l.From.Masked()
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: sourceOffset, Len: length},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: length,
			Mask: net.CIDRMask(prefix.Bits(), 32), Xor: make([]byte, length)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: prefix.Addr().AsSlice()},
	}
}

// chance matches a share of the packets.
func (l Loss) chance() []expr.Any {
	if l.Share == 1 {
		return nil
	}
	return []expr.Any{
		&expr.Numgen{Register: 1, Modulus: lossModulus, Type: unix.NFT_NG_RANDOM},
		// Registers compare as bytes.
		&expr.Byteorder{SourceRegister: 1, DestRegister: 1, Op: expr.ByteorderHton, Len: 4, Size: 4},
		&expr.Cmp{Op: expr.CmpOpLt, Register: 1, Data: binaryutil.BigEndian.PutUint32(uint32(l.Share * lossModulus))},
	}
}
