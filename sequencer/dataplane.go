package sequencer

// Key identifies a table entry of the contract. It is comparable.
type Key struct {
	Table     uint32    // p4src.Table…
	Default   bool      // the table's default entry; the fields below are zero
	Fields    [2]uint64 // value of match field id i at index i-1
	PrefixLen uint8     // of an LPM field, in bits; 0 matches everything
}

// Action is what an entry does.
type Action struct {
	ID     uint32    // p4src.Action…
	Params [4]uint64 // value of parameter id i at index i-1
}

// Param returns the value of the parameter with the id of p4src.Param….
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
// something one at a time; Counter and PacketOut may be called at any time. A change is in force
// for the next packet when its method returns.
//
// The session rule is the data plane's: per group index, for the life of the process, one cell
// (session, number). An entry with a higher session than the cell makes the cell take it and count
// from 1; packets of an entry with a lower session are dropped. The cells outlive entries and
// pipelines, so that no number is ever stamped twice.
type DataPlane interface {
	// Put inserts an entry, or replaces its action; then the entry's counter stays.
	Put(Key, Action)
	// Delete removes an entry, and its counter. A default entry gets its initial action back.
	Delete(Key)
	// SetMulticast defines the multicast group id. The data plane keeps replicas.
	SetMulticast(id uint16, replicas []Replica)
	// DeleteMulticast removes a multicast group; packets for it are dropped.
	DeleteMulticast(id uint16)
	// Clear removes all entries, counters and multicast groups, and no cell.
	Clear()

	// Counter reads the direct counter of an entry of oum_group.
	Counter(Key) Counter
	// SetCounter writes it.
	SetCounter(Key, Counter)

	// PacketOut sends payload, which the data plane keeps, out of a port.
	PacketOut(port uint16, payload []byte)
	// HandlePacketIn sets the function that takes packets to the controller. It is called once,
	// before anything else; the function does not block and keeps payload.
	HandlePacketIn(func(port uint16, payload []byte))
}
