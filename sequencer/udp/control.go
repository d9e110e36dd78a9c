package udp

import (
	"time"

	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

// publish applies the entries to the next datagram. The caller holds d.mu.
func (d *DataPlane) publish() { d.tables.Store(d.entries.compile(&d.cells)) }

// Put inserts an entry, or replaces the action of an existing one.
func (d *DataPlane) Put(key sequencer.Key, action sequencer.Action) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch key.Table {
	case p4src.TableOUMGroup:
		if key.Default {
			return // constant
		}
		d.entries.groups[key] = action
		if d.entries.counters[key] == nil {
			d.entries.counters[key] = new(counter)
		}
	case p4src.TableOUMCopy:
		if key.Default {
			return // constant
		}
		d.entries.copies[egressRID(key)] = action
	default:
		return // unused on an end host
	}
	d.publish()
}

// Delete removes an entry and its counter.
func (d *DataPlane) Delete(key sequencer.Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if key.Default {
		return
	}
	switch key.Table {
	case p4src.TableOUMGroup:
		delete(d.entries.groups, key)
		delete(d.entries.counters, key)
	case p4src.TableOUMCopy:
		delete(d.entries.copies, egressRID(key))
	default:
		return
	}
	d.publish()
}

func egressRID(key sequencer.Key) uint16 { return uint16(key.Fields[p4src.FieldOUMCopyEgressRID-1]) }

// SetMulticast defines a multicast group.
func (d *DataPlane) SetMulticast(id uint16, replicas []sequencer.Replica) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries.multicast[id] = replicas
	d.publish()
}

// DeleteMulticast removes a multicast group.
func (d *DataPlane) DeleteMulticast(id uint16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries.multicast, id)
	d.publish()
}

// Clear removes all entries, counters and multicast groups and keeps the cells.
func (d *DataPlane) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = newEntries()
	d.publish()
}

// Counter reads a direct counter of oum_group. It returns 0 for a missing entry.
func (d *DataPlane) Counter(key sequencer.Key) sequencer.Counter {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.entries.counters[key]
	if c == nil {
		return sequencer.Counter{}
	}
	return sequencer.Counter{Packets: c.packets.Load(), Bytes: c.bytes.Load()}
}

// SetCounter sets a direct counter of oum_group.
func (d *DataPlane) SetCounter(key sequencer.Key, v sequencer.Counter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.entries.counters[key]; c != nil {
		c.packets.Store(v.Packets)
		c.bytes.Store(v.Bytes)
	}
}

// HandlePacketIn sets the function that passes packets to the controller.
func (d *DataPlane) HandlePacketIn(f func(port uint16, payload []byte)) { d.packetIn = f }

// PacketOut returns a packet for p4src.CPUPort to the controller. The packet passes through the event
// loop, so its return proves that the loop turns.
func (d *DataPlane) PacketOut(port uint16, payload []byte) {
	if port != p4src.CPUPort {
		d.drop(Port, 1)
		return
	}
	if d.packetOuts.Add(1) > maxPacketOuts {
		d.packetOuts.Add(-1)
		d.drop(PacketQueue, 1)
		return
	}
	d.post(func(time.Duration) {
		d.packetOuts.Add(-1)
		d.packetIn(p4src.CPUPort, payload)
	})
}
