package status

import (
	"fmt"
	"time"
)

// Role is the answer of one role's /status.
type Role struct {
	Name    string    `json:"name"` // like "replica-0"
	Version string    `json:"version"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	RSS     uint64    `json:"rss_bytes"` // resident memory; 0 where the system does not tell

	// One of these, whichever the role is.
	Controller *Controller `json:"controller,omitempty"`
	Sequencer  *Sequencer  `json:"sequencer,omitempty"`
	Replica    *Replica    `json:"replica,omitempty"`
	KV         *KV         `json:"kv,omitempty"`

	Counters map[string]uint64 `json:"counters,omitempty"` // since the role's start
}

// Controller is what the controller knows.
type Controller struct {
	Groups  []ControlledGroup `json:"groups"`
	Targets []Target          `json:"targets"`
}

// ControlledGroup is a group as the controller sees it.
type ControlledGroup struct {
	Name      string `json:"name"`
	Session   uint32 `json:"session"`             // 0: none was installed yet
	Sequencer string `json:"sequencer,omitempty"` // of that session
	Phase     string `json:"phase"`               // searching, allocating, installing, verifying or active
	Failovers uint64 `json:"failovers"`           // sessions given up since the controller's start
}

// Target is a sequencer as the controller sees it.
type Target struct {
	Name        string `json:"name"`
	State       string `json:"state"` // down, connected or ready
	LastError   string `json:"last_error,omitempty"`
	Connections uint64 `json:"connections"` // since the controller's start
}

// targetReady is the state of a target that the controller can hand a session at once.
const targetReady = "ready"

// Sequencer is what a sequencer does.
type Sequencer struct {
	Groups []SequencedGroup `json:"groups"`
}

// SequencedGroup is a group that the sequencer has an entry for.
type SequencedGroup struct {
	Group   string `json:"group"` // virtual address
	Session uint32 `json:"session"`
	Number  uint64 `json:"number"` // last message number that was stamped
}

// Replica is where a replica stands.
type Replica struct {
	Group       string `json:"group"`
	Index       int    `json:"index"`
	Leader      uint64 `json:"leader_num"` // of the view
	Session     uint32 `json:"session"`    // of the view
	IsLeader    bool   `json:"is_leader"`
	Status      string `json:"status"`    // normal, view-change or recovering
	LogStart    uint64 `json:"log_start"` // slots at or below are in a snapshot only
	LogEnd      uint64 `json:"log_end"`
	LogBytes    int    `json:"log_bytes"`
	SyncPoint   uint64 `json:"sync_point"`
	Executed    uint64 `json:"executed"`
	Snapshot    uint64 `json:"snapshot"` // slot of the newest stable one
	Incarnation uint64 `json:"incarnation"`
	// Recovering is for how many seconds the replica has been waiting, since its restart, to get
	// its state back from the others.
	Recovering float64 `json:"recovering_seconds,omitempty"`
	Clients    int     `json:"clients"`
	Full       bool    `json:"full,omitempty"` // no memory for more log is left
}

// View is the replica's view as the protocol's authors write it.
func (r *Replica) View() string { return fmt.Sprintf("<%d,%d>", r.Leader, r.Session) }

// Statuses of a replica.
const (
	Normal     = "normal"     // it takes part
	Recovering = "recovering" // it was restarted and waits to get its state back
)

// KV is a front-end.
type KV struct {
	Group       string `json:"group"`
	RESP        string `json:"resp"`
	Connections int    `json:"connections"`
}
