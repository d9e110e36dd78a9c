package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

var arbitrationConduct = []Conduct{
	{
		Name: "a controller with a lower election id is a backup",
		Spec: "primary, 5; backup, 5",
		Probe: func(p *probe) string {
			_, first := p.controller(5)
			_, second := p.controller(3)
			return join(first, second)
		},
	},
	{
		Name: "a controller with a higher election id takes over",
		Spec: "primary, 5; primary, 7; backup, 7",
		Probe: func(p *probe) string {
			a, first := p.controller(5)
			_, second := p.controller(7)
			return join(first, second, a.answer())
		},
	},
	{
		// By the specification nobody is promoted who does not ask; with PI the backup is.
		Name: "the primary leaves",
		Spec: "backup, 5; no primary, 5", PI: "backup, 5; primary, 3",
		Probe: func(p *probe) string {
			a, _ := p.controller(5)
			b, before := p.controller(3)
			a.cancel()
			return join(before, b.answer())
		},
	},
	{
		Name: "the primary lowers its election id",
		Spec: "no primary, 5", PI: "primary, 4",
		Probe: func(p *probe) string {
			a, _ := p.controller(5)
			a.say(p.arbitration(4))
			return a.answer()
		},
	},
	{
		Name: "an election id that another controller has",
		Spec: "the stream ended: InvalidArgument",
		Probe: func(p *probe) string {
			p.controller(5)
			_, answer := p.controller(5)
			return answer
		},
	},
	{
		Name: "the same update again, and then another",
		Spec: "primary, 5; primary, 6", PI: "primary, 6",
		Probe: func(p *probe) string {
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
		Name: "election id 0",
		Spec: "no primary, 0", PI: "primary, 0",
		Probe: func(p *probe) string {
			_, answer := p.controller(0)
			return answer
		},
	},
	{
		Name: "a role",
		Spec: "the stream ended: InvalidArgument", PI: "primary, 5",
		Probe: func(p *probe) string {
			c, u := p.open(), p.arbitration(5)
			u.Role = &p4v1.Role{Name: "sequencer"}
			c.say(u)
			return c.answer()
		},
	},
	{
		Name: "a device that is not there",
		Spec: "the stream ended: NotFound", PI: "primary, 5",
		Probe: func(p *probe) string {
			c, u := p.open(), p.arbitration(5)
			u.DeviceId++
			c.say(u)
			return c.answer()
		},
	},
	{
		Name: "a write with another election id than the primary's",
		Spec: "PermissionDenied",
		Probe: func(p *probe) string {
			p.running()
			return outcome(p.writeAs(&p4v1.Uint128{Low: 2}, 0, Insert(route())))
		},
	},
	{
		Name: "a write without an election id",
		Spec: "PermissionDenied",
		Probe: func(p *probe) string {
			p.running()
			return outcome(p.writeAs(nil, 0, Insert(route())))
		},
	},
	{
		// PI takes it from anyone while no controller is there.
		Name: "a pipeline is pushed without a controller and an election id",
		Spec: "PermissionDenied", PI: "OK",
		Probe: func(p *probe) string {
			_, err := p.client.SetForwardingPipelineConfig(p.ctx, &p4v1.SetForwardingPipelineConfigRequest{
				DeviceId: p.deviceID, Action: commitNow, Config: p.config(),
			})
			return outcome(err)
		},
	},
}

var packetConduct = []Conduct{
	{
		Name: "a packet-out to the CPU port",
		Spec: "packet-in probe",
		Probe: func(p *probe) string {
			c := p.running()
			c.out("probe", toCPU())
			return c.answer()
		},
	},
	{
		Name: "a packet-out without metadata, and then one with",
		Spec: "error InvalidArgument; packet-in probe", PI: "packet-in probe",
		Probe: func(p *probe) string {
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
		// What a backup sends leads to nothing, with PI not even to an answer.
		Name: "a packet-out of a backup, which then becomes primary",
		Spec: "error PermissionDenied; primary, 2; backup, 2", PI: "primary, 2; backup, 2",
		Probe: func(p *probe) string {
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
		Name: "a packet-in goes to the primary only",
		Spec: "packet-in probe; backup, 4",
		Probe: func(p *probe) string {
			a := p.running()
			b, _ := p.controller(4)
			a.answer() // that it is the backup now
			b.out("probe", toCPU())
			first := b.answer()
			a.say(p.arbitration(2))
			return join(first, a.answer())
		},
	},
}
