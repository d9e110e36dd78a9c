package sequencer

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxControllers bounds the streams that take part in the arbitration.
const maxControllers = 64

// electionID is an election id. The zero value means "none" and is below every other.
type electionID struct{ high, low uint64 }

func electionOf(x *p4v1.Uint128) electionID { return electionID{x.GetHigh(), x.GetLow()} }

func (a electionID) less(b electionID) bool {
	return a.high < b.high || a.high == b.high && a.low < b.low
}

// arbiter decides which controller is primary (P4Runtime specification, "Client Arbitration and
// Controller Replication"). It knows one role, the default role with full access. It does no I/O: it
// queues notices for the controllers.
type arbiter struct {
	deviceID    uint64
	controllers map[*controller]bool
	primary     *controller
	highest     electionID // highest ever accepted; outlives its controller
}

// controller is one stream that has sent an arbitration update.
type controller struct {
	election electionID
	send     func(*p4v1.StreamMessageResponse)      // queues an arbitration notice; never blocks
	offer    func(*p4v1.StreamMessageResponse) bool // queues a message that may be lost; never blocks
}

func newArbiter(deviceID uint64) *arbiter {
	return &arbiter{deviceID: deviceID, controllers: map[*controller]bool{}}
}

// update handles an arbitration update of c. An error ends c's stream.
func (a *arbiter) update(c *controller, u *p4v1.MasterArbitrationUpdate) error {
	known := a.controllers[c]
	if u.GetDeviceId() != a.deviceID {
		code := codes.NotFound
		if known {
			code = codes.FailedPrecondition
		}
		return status.Errorf(code, "arbitration: device id is %d, expected %d", u.GetDeviceId(), a.deviceID)
	}
	if err := a.checkRole(known, u.GetRole()); err != nil {
		return err
	}
	id := electionOf(u.GetElectionId())
	if id != (electionID{}) {
		for other := range a.controllers {
			if other != c && other.election == id {
				return invalid("arbitration: another controller has election id %d:%d", id.high, id.low)
			}
		}
	}
	if !known && len(a.controllers) >= maxControllers {
		return status.Errorf(codes.ResourceExhausted, "arbitration: %d controllers are connected, expected no more", maxControllers)
	}
	a.controllers[c] = true
	c.election = id
	wasPrimary := a.primary == c
	switch {
	case id != (electionID{}) && !id.less(a.highest):
		a.highest = id
		a.primary = c
		a.notifyAll()
	case wasPrimary:
		a.primary = nil
		a.notifyAll()
	default:
		a.notify(c)
	}
	return nil
}

// checkRole accepts only the default role.
func (a *arbiter) checkRole(known bool, role *p4v1.Role) error {
	switch {
	case role.GetName() == "" && role.GetConfig() == nil:
		return nil
	case known:
		return status.Errorf(codes.FailedPrecondition, "arbitration: role is %q, and this stream has the default role", role.GetName())
	default:
		return invalid("arbitration: role is %q, expected the default role without configuration", role.GetName())
	}
}

// leave handles the end of a stream. It promotes no backup: a backup becomes primary by sending an
// update whose election id is at least the highest seen.
func (a *arbiter) leave(c *controller) {
	delete(a.controllers, c)
	if a.primary == c {
		a.primary = nil
		a.notifyAll()
	}
}

// writer identifies the sender of a request.
type writer interface {
	GetDeviceId() uint64
	GetRole() string
	GetElectionId() *p4v1.Uint128
}

// mayWrite accepts a request only from the primary.
func (a *arbiter) mayWrite(w writer) error {
	id := electionOf(w.GetElectionId())
	switch {
	case w.GetDeviceId() != a.deviceID:
		return status.Errorf(codes.NotFound, "device id is %d, expected %d", w.GetDeviceId(), a.deviceID)
	case w.GetRole() != "":
		return status.Errorf(codes.NotFound, "role is %q, expected the default role", w.GetRole())
	case a.primary == nil:
		return status.Error(codes.PermissionDenied, "no controller is primary")
	case a.primary.election != id:
		return status.Errorf(codes.PermissionDenied, "election id is %d:%d, and the primary has %d:%d",
			id.high, id.low, a.primary.election.high, a.primary.election.low)
	}
	return nil
}

// notifyAll sends every controller the result of the arbitration, the primary last.
func (a *arbiter) notifyAll() {
	for c := range a.controllers {
		if c != a.primary {
			a.notify(c)
		}
	}
	if a.primary != nil {
		a.notify(a.primary)
	}
}

func (a *arbiter) notify(c *controller) {
	code, message := codes.AlreadyExists, "another controller is primary"
	switch {
	case c == a.primary:
		code, message = codes.OK, "this controller is primary"
	case a.primary == nil:
		code, message = codes.NotFound, "no controller is primary"
	}
	u := &p4v1.MasterArbitrationUpdate{
		DeviceId: a.deviceID,
		Status:   &rpcstatus.Status{Code: int32(code), Message: message},
	}
	if a.highest != (electionID{}) {
		u.ElectionId = &p4v1.Uint128{High: a.highest.high, Low: a.highest.low}
	}
	c.send(&p4v1.StreamMessageResponse{Update: &p4v1.StreamMessageResponse_Arbitration{Arbitration: u}})
}
