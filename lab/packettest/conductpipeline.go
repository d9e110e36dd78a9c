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

// conductGroup is a group with a replica at port 2, and conductEnd another that shows that nothing is
// on its way any more.
func conductGroup(p *probe) (g, end group) {
	g = group{addr: netip.AddrFrom4([4]byte{10, 255, 0, 1}), cell: 7, multicast: 21, rid: 100,
		members: []Host{p.target.Host(2)}}
	end = group{addr: sentinelGroup, cell: 9, multicast: 22, rid: 200, members: g.members}
	return g, end
}

var routePrefix = netip.MustParsePrefix("10.1.2.0/24")

func route() *p4v1.Entity { return RouteEntry(routePrefix, 3, MAC{2}, MAC{4}) }

// anyTable reads the entries of a table; 0: of all.
func anyTable(id uint32) *p4v1.Entity { return tableEntity(&p4v1.TableEntry{TableId: id}) }

var pipelineConduct = []Conduct{
	{
		Name: "the pipeline is read before there is one",
		Spec: "OK, none", PI: "FailedPrecondition",
		Probe: func(p *probe) string {
			reply, err := p.client.GetForwardingPipelineConfig(p.ctx, &p4v1.GetForwardingPipelineConfigRequest{DeviceId: p.deviceID})
			if err == nil && reply.GetConfig() == nil {
				return "OK, none"
			}
			return outcome(err)
		},
	},
	{
		Name: "write and read before there is a pipeline",
		Spec: "FailedPrecondition; FailedPrecondition",
		Probe: func(p *probe) string {
			p.primary()
			return join(outcome(p.write(Insert(route()))), p.count(anyTable(0)))
		},
	},
	{
		Name: "the cookie is kept",
		Spec: "77",
		Probe: func(p *probe) string {
			p.running()
			reply, err := p.client.GetForwardingPipelineConfig(p.ctx, &p4v1.GetForwardingPipelineConfigRequest{
				DeviceId: p.deviceID, ResponseType: p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY,
			})
			p.must(err)
			return join(reply.GetConfig().GetCookie().GetCookie())
		},
	},
	{
		Name: "VERIFY_AND_COMMIT forgets entries and multicast groups",
		Spec: "0 read; 0 read",
		Probe: func(p *probe) string {
			p.running()
			g, _ := conductGroup(p)
			p.must(p.write(Insert(g.entries(1)...), Insert(route())))
			p.must(p.push(commitNow, p.config()))
			return join(p.count(anyTable(0)), p.count(multicastEntity(&p4v1.MulticastGroupEntry{})))
		},
	},
	{
		// PI forgets the group and leaves it in the replication engine: whoever pushes a pipeline
		// deletes the groups before.
		Name: "copies of a group that is there again after VERIFY_AND_COMMIT",
		Spec: "1", PI: "1 1",
		Probe: func(p *probe) string {
			p.running()
			g, end := conductGroup(p)
			p.must(p.write(Insert(g.copyEntries()...)))
			p.must(p.push(commitNow, p.config()))
			p.must(p.write(Insert(g.entries(1)...), Insert(end.entries(1)...)))
			return p.numbers(g)
		},
	},
	{
		Name: "copies of a group that was deleted before VERIFY_AND_COMMIT",
		Spec: "1",
		Probe: func(p *probe) string {
			p.running()
			g, end := conductGroup(p)
			p.must(p.write(Insert(g.copyEntries()...)))
			p.must(p.write(Delete(MulticastEntry(g.multicast))))
			p.must(p.push(commitNow, p.config()))
			p.must(p.write(Insert(g.entries(1)...), Insert(end.entries(1)...)))
			return p.numbers(g)
		},
	},
	{
		// Ours keeps its cells on purpose, so that no number is stamped twice. On a switch a push starts
		// the numbers of a session again, and so there must be a new session.
		Name: "numbers of a session that is there again after VERIFY_AND_COMMIT",
		Spec: "1; 2", PI: "1; 1",
		Probe: func(p *probe) string {
			p.running()
			g, end := conductGroup(p)
			p.must(p.write(Insert(g.entries(1)...), Insert(end.entries(1)...)))
			before := p.numbers(g)
			p.must(p.write(Delete(MulticastEntry(g.multicast), MulticastEntry(end.multicast))))
			p.must(p.push(commitNow, p.config()))
			p.must(p.write(Insert(g.entries(1)...), Insert(end.entries(2)...)))
			return join(before, p.numbers(g))
		},
	},
	{
		Name: "RECONCILE_AND_COMMIT of the same pipeline",
		Spec: "OK; 1 read",
		Probe: func(p *probe) string {
			p.running()
			p.must(p.write(Insert(route())))
			return join(outcome(p.push(reconcile, p.config())), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		// Entries are kept, registers are not: this, too, needs a new session.
		Name: "numbers of a session after RECONCILE_AND_COMMIT",
		Spec: "1; OK; 2", PI: "1; OK; 1",
		Probe: func(p *probe) string {
			p.running()
			g, end := conductGroup(p)
			p.must(p.write(Insert(g.entries(1)...), Insert(end.entries(1)...)))
			before := p.numbers(g)
			return join(before, outcome(p.push(reconcile, p.config())), p.numbers(g))
		},
	},
	{
		Name: "VERIFY changes nothing",
		Spec: "OK; 1 read",
		Probe: func(p *probe) string {
			p.running()
			p.must(p.write(Insert(route())))
			return join(outcome(p.push(verify, p.config())), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		Name: "VERIFY_AND_SAVE, then COMMIT",
		Spec: "OK; OK; 0 read",
		Probe: func(p *probe) string {
			p.running()
			p.must(p.write(Insert(route())))
			return join(outcome(p.push(save, p.config())), outcome(p.push(commit, nil)), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		Name: "a p4info that contradicts itself",
		Spec: "InvalidArgument; 1 read", PI: "OK; 0 read",
		Probe: func(p *probe) string {
			p.running()
			p.must(p.write(Insert(route())))
			bad := p.config()
			bad.P4Info.Tables[0].ActionRefs[0].Id = 0x01FFFFFF
			return join(outcome(p.push(commitNow, bad)), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	{
		// Ours has one program and needs none. A switch has no pipeline after this, not even its old one.
		Name: "bytes that are no program",
		Spec: "OK; 0 read", PI: "Unknown; Unknown",
		Probe: func(p *probe) string {
			p.running()
			p.must(p.write(Insert(route())))
			bad := p.config()
			bad.P4DeviceConfig = []byte("no program")
			return join(outcome(p.push(commitNow, bad)), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
}

var writeConduct = []Conduct{
	{
		Name: "a batch of which some fail",
		Spec: "Unknown [OK AlreadyExists NotFound InvalidArgument OK]; 2 read",
		Probe: func(p *probe) string {
			p.running()
			other := RouteEntry(netip.MustParsePrefix("10.9.0.0/16"), 3, MAC{2}, MAC{4})
			err := p.write(Insert(route(), route()), Delete(other), Insert(wide()), Insert(other))
			return join(outcome(err), p.count(anyTable(p4src.TableIPv4LPM)))
		},
	},
	writeRow("all or nothing", "Unimplemented", "", func(p *probe) error {
		return p.writeAs(&p4v1.Uint128{Low: 1}, p4v1.WriteRequest_ROLLBACK_ON_ERROR, Insert(route()))
	}),
	updateRow("an LPM value with bits behind the prefix", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
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
		e := FabricEntry(1)
		e.GetTableEntry().GetMatch()[0].GetExact().Value = nil
		return e
	}),
	updateRow("an exact field is missing", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := DropEntry(sentinelGroup, false)
		e.GetTableEntry().Match = e.GetTableEntry().GetMatch()[:1]
		return e
	}),
	updateRow("a parameter is missing", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
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
	updateRow("a priority where there is none", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		e := route()
		e.GetTableEntry().Priority = 1
		return e
	}),
	{
		Name: "a value with leading zero bytes",
		Spec: "OK; 01",
		Probe: func(p *probe) string {
			p.running()
			e := FabricEntry(1)
			e.GetTableEntry().GetMatch()[0].GetExact().Value = []byte{0, 1}
			err := p.write(Insert(e))
			found, readErr := p.read(anyTable(p4src.TablePortRole))
			p.must(readErr)
			if len(found) != 1 {
				return join(outcome(err), len(found), "entries")
			}
			value := found[0].GetTableEntry().GetMatch()[0].GetExact().GetValue()
			return join(outcome(err), hexBytes(value))
		},
	},
	// What fits its width and means nothing: ours knows the program's meaning, PI only its types.
	updateRow("session 0", codes.InvalidArgument, codes.OK, func() *p4v1.Entity { return SequenceEntry(sentinelGroup, 1, 0, 1, 1) }),
	updateRow("a cell that is not there", codes.InvalidArgument, codes.OK, func() *p4v1.Entity { return SequenceEntry(sentinelGroup, 1024, 1, 1, 1) }),
	updateRow("a replica at port 0", codes.InvalidArgument, codes.OK, func() *p4v1.Entity {
		return DeliverEntry(1, MAC{2}, MAC{4}, netip.MustParseAddrPort("10.0.0.1:0"))
	}),
	updateRow("multicast group 0", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity { return MulticastEntry(0, Member{1, 1}) }),
	updateRow("multicast group 32767", codes.OK, codes.OK, func() *p4v1.Entity { return MulticastEntry(1<<15-1, Member{1, 1}) }),
	updateRow("multicast group 32768", codes.OK, codes.OutOfRange, func() *p4v1.Entity { return MulticastEntry(1<<15, Member{1, 1}) }),
	updateRow("a multicast group with one copy twice", codes.InvalidArgument, codes.InvalidArgument, func() *p4v1.Entity {
		return MulticastEntry(1, Member{1, 1}, Member{1, 1})
	}),
	updateRow("one egress_rid at two ports", codes.OK, codes.OK, func() *p4v1.Entity {
		return MulticastEntry(1, Member{1, 1}, Member{2, 1})
	}),
	updateRow("a register is written", codes.Unimplemented, codes.Unimplemented, func() *p4v1.Entity {
		return &p4v1.Entity{Entity: &p4v1.Entity_RegisterEntry{RegisterEntry: &p4v1.RegisterEntry{
			RegisterId: p4src.RegisterOUMSession, Index: &p4v1.Index{Index: 0},
			Data: &p4v1.P4Data{Data: &p4v1.P4Data_Bitstring{Bitstring: []byte{1}}},
		}}}
	}),
	writeRow("a default entry that is constant", "Unknown [PermissionDenied]", "", func(p *probe) error {
		e := withAction(&p4v1.TableEntry{TableId: p4src.TableOUMGroup, IsDefaultAction: true}, action(p4src.ActionNoAction))
		return p.write(Modify(e))
	}),
	writeRow("a default entry is inserted", "Unknown [InvalidArgument]", "", func(p *probe) error {
		e := withAction(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true}, action(p4src.ActionOUMDrop))
		return p.write(Insert(e))
	}),
	writeRow("what is not there is modified or deleted", "Unknown [NotFound NotFound NotFound NotFound]", "", func(p *probe) error {
		return p.write(Modify(route()), Delete(route()), Modify(MulticastEntry(5)), Delete(MulticastEntry(5)))
	}),
}

// wide is an entry whose port needs 10 bits of 9.
func wide() *p4v1.Entity { return FabricEntry(512) }

// writeRow writes something to a server with a pipeline.
func writeRow(name, spec, pi string, write func(*probe) error) Conduct {
	return Conduct{Name: name, Spec: spec, PI: pi, Probe: func(p *probe) string {
		p.running()
		return outcome(write(p))
	}}
}

// updateRow inserts one entity.
func updateRow(name string, spec, pi codes.Code, entity func() *p4v1.Entity) Conduct {
	text := func(c codes.Code) string {
		if c == codes.OK {
			return "OK"
		}
		return "Unknown [" + c.String() + "]"
	}
	return writeRow(name, text(spec), text(pi), func(p *probe) error { return p.write(Insert(entity())) })
}
