package sequencer

// Key identifies a table entry of the contract. It is comparable.
type Key struct {
	Table     uint32    // p4src.Table…
	Default   bool      // the table's default entry; then the fields below are zero
	Fields    [2]uint64 // value of the match field with id i at index i-1
	PrefixLen uint8     // of an LPM field, in bits; 0 matches everything
}

// Action is the action of an entry with its parameters.
type Action struct {
	ID     uint32    // p4src.Action…
	Params [4]uint64 // value of the parameter with id i at index i-1
}

// Param returns the value of the parameter with an id, one of p4src.Param….
func (a Action) Param(id int) uint64 { return a.Params[id-1] }

// Counter is the value of a direct counter.
type Counter struct {
	Packets uint64
	Bytes   uint64
}

// Replica is one member of a multicast group of the packet replication engine.
type Replica struct {
	EgressPort uint32
	Instance   uint16 // the egress_rid that oum_copy matches
}

// DataPlane applies the entries that a [Server] accepted. The server calls the methods that change
// state one at a time, and Counter and PacketOut at any time. When a method returns, its change
// applies to the next packet.
//
// The data plane enforces the session rule. It keeps one cell (session, number) per group index for
// the life of the process. When an entry's session is higher than the cell's, the cell takes it and
// counts from 1; when it is lower, the packet is dropped. The cells outlive entries and pipelines, so
// that no number is ever stamped twice.
type DataPlane interface {
	// Put inserts an entry, or replaces the action of an existing one and keeps its counter.
	Put(Key, Action)
	// Delete removes an entry and its counter. It restores the initial action of a default entry.
	Delete(Key)
	// SetMulticast defines a multicast group and takes ownership of replicas.
	SetMulticast(id uint16, replicas []Replica)
	// DeleteMulticast removes a multicast group. Packets for it are dropped.
	DeleteMulticast(id uint16)
	// Clear removes all entries, counters and multicast groups, but no cell.
	Clear()

	// Counter reads the direct counter of an entry of oum_group.
	Counter(Key) Counter
	// SetCounter sets the direct counter of an entry of oum_group.
	SetCounter(Key, Counter)

	// PacketOut sends payload out of a port and takes ownership of it.
	PacketOut(port uint16, payload []byte)
	// HandlePacketIn sets the function that passes packets to the controller. The server calls it
	// once, before any other method. The function does not block and takes ownership of payload.
	HandlePacketIn(func(port uint16, payload []byte))
}
