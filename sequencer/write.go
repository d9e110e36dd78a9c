package sequencer

import (
	"bytes"
	"context"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
)

// Write applies a batch of updates in order. Each takes effect for the next packet. A failed update
// does not stop those after it (CONTINUE_ON_ERROR).
func (s *Server) Write(_ context.Context, req *p4v1.WriteRequest) (*p4v1.WriteResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.arbiter.mayWrite(req); err != nil {
		return nil, err
	}
	st := s.current()
	if st == nil {
		return nil, status.Error(codes.FailedPrecondition, "write: no pipeline is set")
	}
	if req.GetAtomicity() != p4v1.WriteRequest_CONTINUE_ON_ERROR {
		return nil, status.Errorf(codes.Unimplemented, "write: atomicity is %v, expected CONTINUE_ON_ERROR", req.GetAtomicity())
	}
	errs := make([]error, len(req.GetUpdates()))
	for i, u := range req.GetUpdates() {
		errs[i] = s.apply(st, u)
		if errs[i] == nil {
			s.updates.Add(1)
		} else {
			s.updatesRefused.Add(1)
		}
	}
	if err := batchError(errs); err != nil {
		return nil, err
	}
	return &p4v1.WriteResponse{}, nil
}

// batchError returns nil if nothing failed, else UNKNOWN with one p4.v1.Error per element.
func batchError(errs []error) error {
	first := -1
	out := &rpcstatus.Status{Code: int32(codes.Unknown)}
	for i, err := range errs {
		st := status.Convert(err)
		if err != nil && first < 0 {
			first = i
			out.Message = st.Message()
		}
		detail, marshalErr := anypb.New(&p4v1.Error{CanonicalCode: int32(st.Code()), Message: st.Message()})
		if marshalErr != nil {
			return status.Errorf(codes.Internal, "marshal an error detail: %v", marshalErr)
		}
		out.Details = append(out.Details, detail)
	}
	if first < 0 {
		return nil
	}
	return status.ErrorProto(out)
}

func (s *Server) apply(st *store, u *p4v1.Update) error {
	switch u.GetType() {
	case p4v1.Update_INSERT, p4v1.Update_MODIFY, p4v1.Update_DELETE:
	default:
		return invalid("update type is %v, expected INSERT, MODIFY or DELETE", u.GetType())
	}
	switch x := u.GetEntity().GetEntity().(type) {
	case nil:
		return invalid("the update has no entity")
	case *p4v1.Entity_TableEntry:
		return s.applyTable(st, u.GetType(), x.TableEntry)
	case *p4v1.Entity_DirectCounterEntry:
		return s.applyCounter(st, u.GetType(), x.DirectCounterEntry)
	case *p4v1.Entity_PacketReplicationEngineEntry:
		group := x.PacketReplicationEngineEntry.GetMulticastGroupEntry()
		if group == nil {
			return unimplemented(x.PacketReplicationEngineEntry.GetType())
		}
		return applyMulticast(st, u.GetType(), group)
	default:
		return unimplemented(x)
	}
}

// unimplemented is the error for entities that this pipeline does not have, and for registers, which
// no controller may touch.
func unimplemented(entity any) error {
	return status.Errorf(codes.Unimplemented,
		"%T: expected a table entry, a direct counter entry or a multicast group entry", entity)
}

func (s *Server) applyTable(st *store, typ p4v1.Update_Type, e *p4v1.TableEntry) error {
	t, err := s.contract.table(e.GetTableId())
	if err != nil {
		return err
	}
	key, err := t.key(e)
	if err != nil {
		return err
	}
	if key.Default {
		return s.applyDefault(st, typ, t, key, e)
	}
	_, exists := st.lookup(key)
	switch {
	case typ == p4v1.Update_INSERT && exists:
		return status.Errorf(codes.AlreadyExists, "table %s: the entry exists", t.name)
	case typ != p4v1.Update_INSERT && !exists:
		return status.Errorf(codes.NotFound, "table %s: there is no such entry", t.name)
	case typ == p4v1.Update_DELETE:
		st.remove(key)
		return nil
	case typ == p4v1.Update_INSERT && e.GetAction() == nil:
		return invalid("table %s: the entry has no action", t.name)
	case typ == p4v1.Update_INSERT && st.sizes[t.id] >= t.size:
		return status.Errorf(codes.ResourceExhausted, "table %s is full: it has %d entries", t.name, t.size)
	}
	return s.putEntry(st, t, key, e)
}

// putEntry inserts or modifies an entry. A MODIFY without an action only sets the counter, if it has
// counter data; the specification calls it a no-op otherwise.
func (s *Server) putEntry(st *store, t *table, key Key, e *p4v1.TableEntry) error {
	if err := t.resources(e); err != nil {
		return err
	}
	if e.GetCounterData() != nil && st.plane == nil {
		return status.Errorf(codes.Unimplemented, "table %s: counter data before the pipeline is committed", t.name)
	}
	if e.GetAction() != nil {
		action, err := s.contract.action(t, key.Default, e.GetAction())
		if err != nil {
			return err
		}
		//lint:ignore SA1019 a controller may write this field and must read it back
		st.put(key, entry{action: action, controllerMetadata: e.GetControllerMetadata(), metadata: bytes.Clone(e.GetMetadata())})
	}
	if e.GetCounterData() != nil {
		st.plane.SetCounter(key, decodeCounter(e.GetCounterData()))
	}
	return nil
}

// applyDefault modifies a table's default entry. An update without an action restores the initial one.
func (s *Server) applyDefault(st *store, typ p4v1.Update_Type, t *table, key Key, e *p4v1.TableEntry) error {
	if typ != p4v1.Update_MODIFY {
		return invalid("table %s: %v of the default entry, expected MODIFY", t.name, typ)
	}
	if t.constant {
		return status.Errorf(codes.PermissionDenied, "table %s: the default entry is constant", t.name)
	}
	if err := t.resources(e); err != nil {
		return err
	}
	if e.GetAction() == nil {
		st.remove(key)
		return nil
	}
	return s.putEntry(st, t, key, e)
}

func (s *Server) applyCounter(st *store, typ p4v1.Update_Type, e *p4v1.DirectCounterEntry) error {
	if typ != p4v1.Update_MODIFY {
		return invalid("%v of a direct counter, expected MODIFY", typ)
	}
	t, key, err := s.counterKey(e.GetTableEntry())
	if err != nil {
		return err
	}
	if _, ok := st.lookup(key); !ok {
		return status.Errorf(codes.NotFound, "table %s: there is no such entry", t.name)
	}
	if err := checkCounter(e.GetData()); err != nil {
		return err
	}
	if e.GetData() == nil {
		return nil
	}
	if st.plane == nil {
		return status.Errorf(codes.Unimplemented, "table %s: counter data before the pipeline is committed", t.name)
	}
	st.plane.SetCounter(key, decodeCounter(e.GetData()))
	return nil
}

// counterKey decodes the key of the entry that a direct counter belongs to.
func (s *Server) counterKey(e *p4v1.TableEntry) (*table, Key, error) {
	if e == nil {
		return nil, Key{}, invalid("the direct counter entry has no table entry")
	}
	t, err := s.contract.table(e.GetTableId())
	if err != nil {
		return nil, Key{}, err
	}
	if !t.counter {
		return nil, Key{}, invalid("table %s has no direct counter", t.name)
	}
	key, err := t.key(e)
	return t, key, err
}

func applyMulticast(st *store, typ p4v1.Update_Type, e *p4v1.MulticastGroupEntry) error {
	if e.GetMulticastGroupId() == 0 || e.GetMulticastGroupId() > 0xFFFF {
		return invalid("multicast group id is %d, expected 1 to 65535", e.GetMulticastGroupId())
	}
	id := uint16(e.GetMulticastGroupId())
	_, exists := st.groups[id]
	switch {
	case typ == p4v1.Update_INSERT && exists:
		return status.Errorf(codes.AlreadyExists, "multicast group %d exists", id)
	case typ != p4v1.Update_INSERT && !exists:
		return status.Errorf(codes.NotFound, "multicast group %d does not exist", id)
	case typ == p4v1.Update_DELETE:
		st.removeGroup(id)
		return nil
	}
	list, err := replicas(e)
	if err != nil {
		return err
	}
	st.setGroup(id, list)
	return nil
}
