package sequencer

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// readChunk is the number of entities per message of a Read response.
const readChunk = 256

// Read returns the entities that match any of the request's filters. A failed filter does not stop
// the others; if any fails, the stream ends with one p4.v1.Error per filter.
func (s *Server) Read(req *p4v1.ReadRequest, rpc p4v1.P4Runtime_ReadServer) error {
	found, errs, err := s.collect(req)
	if err != nil {
		return err
	}
	for len(found) > 0 {
		n := min(len(found), readChunk)
		if err := rpc.Send(&p4v1.ReadResponse{Entities: found[:n]}); err != nil {
			return err
		}
		found = found[n:]
	}
	return batchError(errs)
}

// collect reads everything under the lock, so that no Write is half visible. Read sends without the
// lock, so that a slow reader blocks no other request.
func (s *Server) collect(req *p4v1.ReadRequest) ([]*p4v1.Entity, []error, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if req.GetDeviceId() != s.deviceID {
		return nil, nil, status.Errorf(codes.NotFound, "device id is %d, expected %d", req.GetDeviceId(), s.deviceID)
	}
	if req.GetRole() != "" {
		return nil, nil, status.Errorf(codes.NotFound, "role is %q, expected the default role", req.GetRole())
	}
	st := s.current()
	if st == nil {
		return nil, nil, status.Error(codes.FailedPrecondition, "read: no pipeline is set")
	}
	var found []*p4v1.Entity
	errs := make([]error, len(req.GetEntities()))
	for i, e := range req.GetEntities() {
		var some []*p4v1.Entity
		some, errs[i] = s.read(st, e)
		found = append(found, some...)
	}
	return found, errs, nil
}

func (s *Server) read(st *store, e *p4v1.Entity) ([]*p4v1.Entity, error) {
	switch x := e.GetEntity().(type) {
	case nil:
		return nil, invalid("the request has an empty entity")
	case *p4v1.Entity_TableEntry:
		return s.readTables(st, x.TableEntry)
	case *p4v1.Entity_DirectCounterEntry:
		return s.readCounters(st, x.DirectCounterEntry)
	case *p4v1.Entity_PacketReplicationEngineEntry:
		group := x.PacketReplicationEngineEntry.GetMulticastGroupEntry()
		if group == nil {
			return nil, unimplemented(x.PacketReplicationEngineEntry.GetType())
		}
		return readMulticast(st, group)
	default:
		return nil, unimplemented(x)
	}
}

// tableFilter selects entries.
type tableFilter struct {
	table      uint32 // 0: all
	key        *Key   // nil: all
	isDefault  bool
	actionID   uint32 // 0: all
	controller uint64 // 0: all
	metadata   string // "": all
}

func (s *Server) tableFilter(e *p4v1.TableEntry) (tableFilter, error) {
	f := tableFilter{
		table:     e.GetTableId(),
		isDefault: e.GetIsDefaultAction(),
		actionID:  e.GetAction().GetAction().GetActionId(),
		//lint:ignore SA1019 the specification has this filter
		controller: e.GetControllerMetadata(),
		metadata:   string(e.GetMetadata()),
	}
	if f.table == 0 {
		if len(e.GetMatch()) != 0 || e.GetPriority() != 0 || f.isDefault || f.actionID != 0 || f.controller != 0 || f.metadata != "" {
			return f, invalid("read: table id 0 reads all tables, expected no other filter with it")
		}
		return f, nil
	}
	t, err := s.contract.table(f.table)
	if err != nil {
		return f, err
	}
	if e.GetPriority() != 0 {
		return f, invalid("table %s: priority is %d, expected 0: the key has no ternary, range or optional field", t.name, e.GetPriority())
	}
	if len(e.GetMatch()) != 0 || f.isDefault {
		key, err := t.key(e)
		if err != nil {
			return f, err
		}
		f.key = &key
	}
	return f, nil
}

func (f tableFilter) selects(key Key, e entry) bool {
	return (f.table == 0 || f.table == key.Table) &&
		(f.key == nil || *f.key == key) &&
		f.isDefault == key.Default &&
		(f.actionID == 0 || f.actionID == e.action.ID) &&
		(f.controller == 0 || f.controller == e.controllerMetadata) &&
		(f.metadata == "" || f.metadata == string(e.metadata))
}

// selectKeys returns the keys of the entries that the filter selects, in order.
func (s *Server) selectKeys(st *store, f tableFilter) []Key {
	candidates := []Key{}
	if f.key != nil {
		candidates = append(candidates, *f.key)
	} else {
		candidates = st.keys()
	}
	selected := candidates[:0]
	for _, key := range candidates {
		if e, ok := st.lookup(key); ok && f.selects(key, e) {
			selected = append(selected, key)
		}
	}
	return selected
}

func (s *Server) readTables(st *store, req *p4v1.TableEntry) ([]*p4v1.Entity, error) {
	filter, err := s.tableFilter(req)
	if err != nil {
		return nil, err
	}
	var found []*p4v1.Entity
	for _, key := range s.selectKeys(st, filter) {
		e, _ := st.lookup(key)
		t := s.contract.tables[key.Table]
		msg := t.encodeKey(key)
		msg.Action = s.contract.encodeAction(e.action)
		//lint:ignore SA1019 returned as written
		msg.ControllerMetadata = e.controllerMetadata
		msg.Metadata = e.metadata
		if req.GetCounterData() != nil && t.counter {
			msg.CounterData = encodeCounter(st.counter(key))
		}
		found = append(found, &p4v1.Entity{Entity: &p4v1.Entity_TableEntry{TableEntry: msg}})
	}
	return found, nil
}

// readCounters reads the counter of one entry, of a table, or of all tables (table id 0).
func (s *Server) readCounters(st *store, req *p4v1.DirectCounterEntry) ([]*p4v1.Entity, error) {
	entry := req.GetTableEntry()
	if entry == nil {
		return nil, invalid("the direct counter entry has no table entry")
	}
	filter, err := s.tableFilter(entry)
	if err != nil {
		return nil, err
	}
	if t := s.contract.tables[filter.table]; t != nil && !t.counter {
		return nil, invalid("table %s has no direct counter", t.name)
	}
	keys := s.selectKeys(st, filter)
	if filter.key != nil && len(keys) == 0 {
		return nil, status.Errorf(codes.NotFound, "table %s: there is no such entry", s.contract.tables[filter.table].name)
	}
	var found []*p4v1.Entity
	for _, key := range keys {
		t := s.contract.tables[key.Table]
		if !t.counter {
			continue
		}
		found = append(found, &p4v1.Entity{Entity: &p4v1.Entity_DirectCounterEntry{
			DirectCounterEntry: &p4v1.DirectCounterEntry{
				TableEntry: t.encodeKey(key),
				Data:       encodeCounter(st.counter(key)),
			},
		}})
	}
	return found, nil
}

func readMulticast(st *store, req *p4v1.MulticastGroupEntry) ([]*p4v1.Entity, error) {
	if req.GetMulticastGroupId() == 0 {
		var found []*p4v1.Entity
		for _, id := range st.groupIDs() {
			found = append(found, encodeMulticast(id, st.groups[id]))
		}
		return found, nil
	}
	if req.GetMulticastGroupId() <= 0xFFFF {
		id := uint16(req.GetMulticastGroupId())
		if list, ok := st.groups[id]; ok {
			return []*p4v1.Entity{encodeMulticast(id, list)}, nil
		}
	}
	return nil, status.Errorf(codes.NotFound, "multicast group %d does not exist", req.GetMulticastGroupId())
}
