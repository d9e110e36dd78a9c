package packettest

import (
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"

	"github.com/netordered/nopaxos/p4src"
)

const (
	verify    = p4v1.SetForwardingPipelineConfigRequest_VERIFY
	save      = p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_SAVE
	commitNow = p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT
	commit    = p4v1.SetForwardingPipelineConfigRequest_COMMIT
	reconcile = p4v1.SetForwardingPipelineConfigRequest_RECONCILE_AND_COMMIT
)

// conductGroup returns a group with a replica at port 2, and the group of the packet that follows the
// last one of a test.
func conductGroup(p *probe) (g, end group) {
	g = group{addr: netip.AddrFrom4([4]byte{10, 255, 0, 1}), cell: 7, multicast: 21, rid: 100,
		members: []Host{p.target.Host(2)}}
	end = group{addr: sentinelGroup, cell: 9, multicast: 22, rid: 200, members: g.members}
	return g, end
}

// withRoute pushes the pipeline and installs a route.
func (p *probe) withRoute() {
	p.running()
	p.must(p.write(inserts(route())))
}

// withGroups pushes the pipeline and installs the groups of conductGroup.
func (p *probe) withGroups() (g, end group) {
	p.running()
	g, end = conductGroup(p)
	p.must(p.write(inserts(g.entries(1)...), inserts(end.entries(1)...)))
	return g, end
}

// filled pushes the pipeline, installs a group and a route, and returns the controller's stream.
func (p *probe) filled() *channel {
	c := p.running()
	g, _ := conductGroup(p)
	p.must(p.write(inserts(g.entries(1)...), inserts(route())))
	return c
}

var routePrefix = netip.MustParsePrefix("10.1.2.0/24")

func route() *p4v1.Entity { return routeEntry(routePrefix, 3, MAC{2}, MAC{4}) }

// anyTable is the wildcard for the entries of a table; 0: of all tables.
func anyTable(id uint32) *p4v1.Entity { return tableEntity(&p4v1.TableEntry{TableId: id}) }

var pipelineConduct = []conduct{
	{
		name: "read a missing pipeline",
		spec: "OK, none", pi: "FailedPrecondition",
		probe: func(p *probe) string {
			reply, err := p.client.GetForwardingPipelineConfig(p.ctx, &p4v1.GetForwardingPipelineConfigRequest{DeviceId: p.deviceID})
			if err == nil && reply.GetConfig() == nil {
				return "OK, none"
			}
			return outcome(err)
		},
	},
	{
		name: "write and read without a pipeline",
		spec: "FailedPrecondition; FailedPrecondition",
		probe: func(p *probe) string {
			p.primary()
			return join(outcome(p.write(inserts(route()))), p.count(anyTable(0)))
		},
	},
	{
		name: "the cookie is kept",
		spec: "77",
		probe: func(p *probe) string {
			p.running()
			reply, err := p.client.GetForwardingPipelineConfig(p.ctx, &p4v1.GetForwardingPipelineConfigRequest{
				DeviceId: p.deviceID, ResponseType: p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY,
			})
			p.must(err)
			return join(reply.GetConfig().GetCookie().GetCookie())
		},
	},
	{
		name: "VERIFY_AND_COMMIT removes entries and multicast groups",
		spec: "0 read; 0 read",
		probe: func(p *probe) string {
			p.filled()
			p.must(p.push(commitNow, p.config()))
			return join(p.count(anyTable(0)), p.count(multicastEntity(&p4v1.MulticastGroupEntry{})))
		},
	},
	{
		// PI forgets the group but leaves it in the replication engine, so a controller must delete the
		// groups before it pushes a pipeline.
		name: "copies of a group installed again after VERIFY_AND_COMMIT",
		spec: "1", pi: "1 1",
		probe: func(p *probe) string {
			p.running()
			g, end := conductGroup(p)
			p.must(p.write(inserts(g.copyEntries()...)))
			p.must(p.push(commitNow, p.config()))
			p.must(p.write(inserts(g.entries(1)...), inserts(end.entries(1)...)))
			return p.numbers(g)
		},
	},
	{
		name: "copies of a group deleted before VERIFY_AND_COMMIT",
		spec: "1",
		probe: func(p *probe) string {
			p.running()
			g, end := conductGroup(p)
			p.must(p.write(inserts(g.copyEntries()...)))
			p.must(p.write(deletes(multicastEntry(g.multicast))))
			p.must(p.push(commitNow, p.config()))
			p.must(p.write(inserts(g.entries(1)...), inserts(end.entries(1)...)))
			return p.numbers(g)
		},
	},
	{
		// Package sequencer keeps its cells, so that no number is stamped twice. On a switch a push restarts
		// the numbers, so the controller must install a new session.
		name: "numbers of a session installed again after VERIFY_AND_COMMIT",
		spec: "1; 2", pi: "1; 1",
		probe: func(p *probe) string {
			g, end := p.withGroups()
			before := p.numbers(g)
			p.must(p.write(deletes(multicastEntry(g.multicast), multicastEntry(end.multicast))))
			p.must(p.push(commitNow, p.config()))
			p.must(p.write(inserts(g.entries(1)...), inserts(end.entries(2)...)))
			return join(before, p.numbers(g))
		},
	},
	{
		name: "RECONCILE_AND_COMMIT of the same pipeline",
		spec: "OK; 1 read",
		probe: func(p *probe) string {
			p.withRoute()
			return join(outcome(p.push(reconcile, p.config())), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		// PI keeps entries but not registers, so this also needs a new session.
		name: "numbers of a session after RECONCILE_AND_COMMIT",
		spec: "1; OK; 2", pi: "1; OK; 1",
		probe: func(p *probe) string {
			g, _ := p.withGroups()
			before := p.numbers(g)
			return join(before, outcome(p.push(reconcile, p.config())), p.numbers(g))
		},
	},
	{
		name: "VERIFY changes nothing",
		spec: "OK; 1 read",
		probe: func(p *probe) string {
			p.withRoute()
			return join(outcome(p.push(verify, p.config())), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		name: "VERIFY_AND_SAVE, then COMMIT",
		spec: "OK; OK; 0 read",
		probe: func(p *probe) string {
			p.withRoute()
			return join(outcome(p.push(save, p.config())), outcome(p.push(commit, nil)), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		name: "an inconsistent p4info",
		spec: "InvalidArgument; 1 read", pi: "OK; 0 read",
		probe: func(p *probe) string {
			p.withRoute()
			bad := p.config()
			bad.P4Info.Tables[0].ActionRefs[0].Id = 0x01FFFFFF
			return join(outcome(p.push(commitNow, bad)), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		// Package sequencer ignores the program. A switch loses its pipeline, even the old one.
		name: "an invalid program",
		spec: "OK; 0 read", pi: "Unknown; Unknown",
		probe: func(p *probe) string {
			p.withRoute()
			bad := p.config()
			bad.P4DeviceConfig = []byte("no program")
			return join(outcome(p.push(commitNow, bad)), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
}

var writeConduct = []conduct{
	{
		name: "a batch with failing updates",
		spec: "Unknown [OK AlreadyExists NotFound InvalidArgument OK]; 2 read",
		probe: func(p *probe) string {
			p.running()
			other := routeEntry(netip.MustParsePrefix("10.9.0.0/16"), 3, MAC{2}, MAC{4})
			err := p.write(inserts(route(), route()), deletes(other), inserts(wide()), inserts(other))
			return join(outcome(err), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	writeRow("a batch with ROLLBACK_ON_ERROR", "Unimplemented", "", func(p *probe) error {
		return p.writeAs(&p4v1.Uint128{Low: 1}, p4v1.WriteRequest_ROLLBACK_ON_ERROR, inserts(route()))
	}),
	updateRow("an LPM value with bits after the prefix", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := route()
		e.GetTableEntry().GetMatch()[0].GetLpm().Value = []byte{10, 1, 2, 1}
		return e
	}),
	updateRow("an LPM prefix of length 0", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := route()
		e.GetTableEntry().GetMatch()[0].GetLpm().Value = []byte{0}
		e.GetTableEntry().GetMatch()[0].GetLpm().PrefixLen = 0
		return e
	}),
	updateRow("a value that is too wide", codes.InvalidArgument, codes.InvalidArgument, wide),
	updateRow("an empty value", codes.InvalidArgument, codes.OK, func() *p4v1.Entity {
		e := fabricEntry(1)
		e.GetTableEntry().GetMatch()[0].GetExact().Value = nil
		return e
	}),
	updateRow("a missing exact field", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := dropEntry(sentinelGroup, false)
		e.GetTableEntry().Match = e.GetTableEntry().GetMatch()[:1]
		return e
	}),
	updateRow("a missing parameter", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := route()
		a := e.GetTableEntry().GetAction().GetAction()
		a.Params = a.GetParams()[:1]
		return e
	}),
	updateRow("an action of another table", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := route()
		e.GetTableEntry().Action = action(p4src.ActionFabric)
		return e
	}),
	updateRow("a priority in a table without priorities", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := route()
		e.GetTableEntry().Priority = 1
		return e
	}),
	{
		name: "a value with leading zero bytes",
		spec: "OK; 01",
		probe: func(p *probe) string {
			p.running()
			e := fabricEntry(1)
			e.GetTableEntry().GetMatch()[0].GetExact().Value = []byte{0, 1}
			err := p.write(inserts(e))
			found, readErr := p.read(anyTable(p4src.TablePortRole))
			p.must(readErr)
			if len(found) != 1 {
				return join(outcome(err), len(found), "entries")
			}
			value := found[0].GetTableEntry().GetMatch()[0].GetExact().GetValue()
			return join(outcome(err), hexBytes(value))
		},
	},
	// Values that fit their width but have no meaning: PI checks only widths.
	updateRow("session 0", codes.InvalidArgument, codes.OK, func() *p4v1.Entity { return sequenceEntry(sentinelGroup, 1, 0, 1, 1) }),
	updateRow("a missing cell", codes.InvalidArgument, codes.OK, func() *p4v1.Entity { return sequenceEntry(sentinelGroup, 1024, 1, 1, 1) }),
	updateRow("a replica at port 0", codes.InvalidArgument, codes.OK, func() *p4v1.Entity {
		return deliverEntry(1, MAC{2}, MAC{4}, netip.MustParseAddrPort("10.0.0.1:0"))
	}),
	updateRow("multicast group 0", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity { return multicastEntry(0, member{1, 1}) }),
	updateRow("multicast group 32767", codes.OK, codes.OK, func() *p4v1.Entity { return multicastEntry(1<<15-1, member{1, 1}) }),
	updateRow("multicast group 32768", codes.OK, codes.OutOfRange, func() *p4v1.Entity { return multicastEntry(1<<15, member{1, 1}) }),
	updateRow("a multicast group with a duplicate copy", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		return multicastEntry(1, member{1, 1}, member{1, 1})
	}),
	updateRow("one egress_rid at two ports", codes.OK, codes.OK, func() *p4v1.Entity {
		return multicastEntry(1, member{1, 1}, member{2, 1})
	}),
	updateRow("a register", codes.Unimplemented, codes.Unimplemented, func() *p4v1.Entity {
		return &p4v1.Entity{Entity: &p4v1.Entity_RegisterEntry{RegisterEntry: &p4v1.RegisterEntry{
			RegisterId: p4src.RegisterOUMSession, Index: &p4v1.Index{Index: 0},
			Data: &p4v1.P4Data{Data: &p4v1.P4Data_Bitstring{Bitstring: []byte{1}}},
		}}}
	}),
	writeRow("a constant default entry", "Unknown [PermissionDenied]", "", func(p *probe) error {
		e := withAction(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, IsDefaultAction: true}, action(p4src.ActionNoAction))
		return p.write(modifies(e))
	}),
	writeRow("insert a default entry", "Unknown [InvalidArgument]", "", func(p *probe) error {
		e := withAction(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true}, action(p4src.ActionOUMDrop))
		return p.write(inserts(e))
	}),
	writeRow("modify and delete missing entities", "Unknown [NotFound NotFound NotFound NotFound]", "", func(p *probe) error {
		return p.write(modifies(route()), deletes(route()), modifies(multicastEntry(5)), deletes(multicastEntry(5)))
	}),
}

// wide is an entry whose port has 10 bits instead of 9.
func wide() *p4v1.Entity { return fabricEntry(512) }

// writeRow checks a write to a server with a pipeline.
func writeRow(name, spec, pi string, write func(*probe) error) conduct {
	return conduct{name: name, spec: spec, pi: pi, probe: func(p *probe) string {
		p.running()
		return outcome(write(p))
	}}
}

// updateRow checks the insertion of one entity.
func updateRow(name string, spec, pi codes.Code, entity func() *p4v1.Entity) conduct {
	text := func(c codes.Code) string {
		if c == codes.OK {
			return "OK"
		}
		return "Unknown [" + c.String() + "]"
	}
	return writeRow(name, text(spec), text(pi), func(p *probe) error { return p.write(inserts(entity())) })
}
