package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

var arbitrationConduct = []conduct{
	{
		name: "a controller with a lower election id is a backup",
		spec: "primary, 5; backup, 5",
		probe: func(p *probe) string {
			_, first := p.controller(5)
			_, second := p.controller(3)
			return join(first, second)
		},
	},
	{
		name: "a controller with a higher election id takes over",
		spec: "primary, 5; primary, 7; backup, 7",
		probe: func(p *probe) string {
			a, first := p.controller(5)
			_, second := p.controller(7)
			return join(first, second, a.answer())
		},
	},
	{
		// The specification promotes a backup only on its request; PI does so at once.
		name: "the primary leaves",
		spec: "backup, 5; no primary, 5", pi: "backup, 5; primary, 3",
		probe: func(p *probe) string {
			a, _ := p.controller(5)
			b, before := p.controller(3)
			a.cancel()
			return join(before, b.answer())
		},
	},
	{
		name: "the primary lowers its election id",
		spec: "no primary, 5", pi: "primary, 4",
		probe: func(p *probe) string {
			a, _ := p.controller(5)
			a.say(p.arbitration(4))
			return a.answer()
		},
	},
	{
		name: "an election id that another controller has",
		spec: "the stream ended: InvalidArgument",
		probe: func(p *probe) string {
			p.controller(5)
			_, answer := p.controller(5)
			return answer
		},
	},
	{
		name: "the same update again, and then another",
		spec: "primary, 5; primary, 6", pi: "primary, 6",
		probe: func(p *probe) string {
			a, _ := p.controller(5)
			a.say(p.arbitration(5))
			a.say(p.arbitration(6))
			first := a.answer()
			if first == "primary, 6" {
				return first
			}
			return join(first, a.answer())
		},
	},
	{
		name: "election id 0",
		spec: "no primary, 0", pi: "primary, 0",
		probe: func(p *probe) string {
			_, answer := p.controller(0)
			return answer
		},
	},
	{
		name: "a role",
		spec: "the stream ended: InvalidArgument", pi: "primary, 5",
		probe: func(p *probe) string {
			c, u := p.open(), p.arbitration(5)
			u.Role = &p4v1.Role{Name: "sequencer"}
			c.say(u)
			return c.answer()
		},
	},
	{
		name: "a missing device",
		spec: "the stream ended: NotFound", pi: "primary, 5",
		probe: func(p *probe) string {
			c, u := p.open(), p.arbitration(5)
			u.DeviceId++
			c.say(u)
			return c.answer()
		},
	},
	{
		name: "a write with another election id than the primary's",
		spec: "PermissionDenied",
		probe: func(p *probe) string {
			p.running()
			return outcome(p.writeAs(&p4v1.Uint128{Low: 2}, 0, inserts(route())))
		},
	},
	{
		name: "a write without an election id",
		spec: "PermissionDenied",
		probe: func(p *probe) string {
			p.running()
			return outcome(p.writeAs(nil, 0, inserts(route())))
		},
	},
	{
		// PI accepts the pipeline from any client while no controller is connected.
		name: "a pipeline pushed without a controller and without an election id",
		spec: "PermissionDenied", pi: "OK",
		probe: func(p *probe) string {
			_, err := p.client.SetForwardingPipelineConfig(p.ctx, &p4v1.SetForwardingPipelineConfigRequest{
				DeviceId: p.deviceID, Action: commitNow, Config: p.config(),
			})
			return outcome(err)
		},
	},
}

var packetConduct = []conduct{
	{
		name: "a packet-out to the CPU port",
		spec: "packet-in probe",
		probe: func(p *probe) string {
			c := p.running()
			c.out("probe", toCPU())
			return c.answer()
		},
	},
	{
		name: "a packet-out without metadata, and then one with",
		spec: "error InvalidArgument; packet-in probe", pi: "packet-in probe",
		probe: func(p *probe) string {
			c := p.running()
			c.out("lost")
			c.out("probe", toCPU())
			first := c.answer()
			if first == "packet-in probe" {
				return first
			}
			return join(first, c.answer())
		},
	},
	{
		// A backup's packet-out has no effect. PI does not even answer it.
		name: "a packet-out of a backup, which then becomes primary",
		spec: "error PermissionDenied; primary, 2; backup, 2", pi: "primary, 2; backup, 2",
		probe: func(p *probe) string {
			a := p.running()
			b, _ := p.controller(0)
			b.out("lost", toCPU())
			b.say(p.arbitration(2))
			first := b.answer()
			if first == "primary, 2" {
				return join(first, a.answer())
			}
			return join(first, b.answer(), a.answer())
		},
	},
	{
		name: "a packet-in goes to the primary only",
		spec: "packet-in probe; backup, 4",
		probe: func(p *probe) string {
			a := p.running()
			b, _ := p.controller(4)
			a.answer() // it is a backup now
			b.out("probe", toCPU())
			first := b.answer()
			a.say(p.arbitration(2))
			return join(first, a.answer())
		},
	},
}
