package packettest

import (
	"encoding/hex"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

func hexBytes(b []byte) string { return hex.EncodeToString(b) }

// readRow reads from a server that has a group and a route.
func readRow(name, spec, pi string, entity func() *p4v1.Entity) conduct {
	return conduct{name: name, spec: spec, pi: pi, probe: func(p *probe) string {
		p.filled()
		return p.count(entity())
	}}
}

var readConduct = []conduct{
	readRow("the entries of one table", "1 read", "", func() *p4v1.Entity { return anyTable(p4src.TableOUMCopy) }),
	readRow("the entries of all tables", "3 read", "", func() *p4v1.Entity { return anyTable(0) }),
	readRow("the default entry of a table", "1 read", "", func() *p4v1.Entity {
		return tableEntity(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true})
	}),
	readRow("a missing entry", "0 read", "", func() *p4v1.Entity { return tableEntity(copyKey(999)) }),
	readRow("a missing table", "Unknown [InvalidArgument]", "InvalidArgument", func() *p4v1.Entity { return anyTable(0x02FFFFFF) }),
	readRow("the direct counters of one table", "1 read", "", func() *p4v1.Entity {
		return counterEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup})
	}),
	readRow("the direct counters of all tables", "1 read", "Unimplemented", func() *p4v1.Entity {
		return counterEntity(&p4v1.TableEntry{})
	}),
	readRow("the direct counters of a table without counters", "Unknown [InvalidArgument]", "InvalidArgument", func() *p4v1.Entity {
		return counterEntity(&p4v1.TableEntry{TableId: p4src.TableOUMCopy})
	}),
	readRow("all multicast groups", "1 read", "", func() *p4v1.Entity {
		return multicastEntity(&p4v1.MulticastGroupEntry{})
	}),
	readRow("a missing multicast group", "Unknown [NotFound]", "NotFound", func() *p4v1.Entity {
		return multicastEntity(&p4v1.MulticastGroupEntry{MulticastGroupId: 99})
	}),
	readRow("a register", "Unknown [Unimplemented]", "Unimplemented", func() *p4v1.Entity {
		return &p4v1.Entity{Entity: &p4v1.Entity_RegisterEntry{RegisterEntry: &p4v1.RegisterEntry{RegisterId: p4src.RegisterOUMSession}}}
	}),
	{
		name: "read without a controller",
		spec: "3 read",
		probe: func(p *probe) string {
			c := p.filled()
			_ = c.rpc.CloseSend()
			return p.count(anyTable(0))
		},
	},
}
