package status

import (
	"fmt"
	"time"
)

// Role is the status of a role, served on its /status page.
type Role struct {
	Name    string    `json:"name"` // like "replica-0"
	Version string    `json:"version"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	RSS     uint64    `json:"rss_bytes"` // resident memory; 0: unknown

	// One of these, by the kind of role.
	Controller *Controller `json:"controller,omitempty"`
	Sequencer  *Sequencer  `json:"sequencer,omitempty"`
	Replica    *Replica    `json:"replica,omitempty"`
	KV         *KV         `json:"kv,omitempty"`

	Counters map[string]uint64 `json:"counters,omitempty"` // since the role's start
}

// Controller is the status of a controller.
type Controller struct {
	Groups  []ControlledGroup `json:"groups"`
	Targets []Target          `json:"targets"`
}

// ControlledGroup is a group as the controller sees it.
type ControlledGroup struct {
	Name      string `json:"name"`
	Session   uint32 `json:"session"`             // 0: none installed yet
	Sequencer string `json:"sequencer,omitempty"` // of that session
	Phase     string `json:"phase"`               // searching, allocating, installing, verifying or active
	Failovers uint64 `json:"failovers"`           // sessions abandoned since the controller's start
}

// Target is a sequencer as the controller sees it.
type Target struct {
	Name        string `json:"name"`
	State       string `json:"state"` // down, connected or ready
	LastError   string `json:"last_error,omitempty"`
	Connections uint64 `json:"connections"` // since the controller's start
}

// States of a target.
const (
	targetReady = "ready" // can take over a session immediately
	targetDown  = "down"  // the controller has no connection to it
)

// phaseActive is the phase of a group that a sequencer serves.
const phaseActive = "active"

// Sequencer is the status of a sequencer.
type Sequencer struct {
	Groups []SequencedGroup `json:"groups"`
}

// SequencedGroup is a group for which the sequencer has an entry.
type SequencedGroup struct {
	Group   string `json:"group"` // virtual address
	Session uint32 `json:"session"`
	Number  uint64 `json:"number"` // last message number stamped
}

// Replica is the status of a replica.
type Replica struct {
	Group       string `json:"group"`
	Index       int    `json:"index"`
	Leader      uint64 `json:"leader_num"` // of the view
	Session     uint32 `json:"session"`    // of the view
	IsLeader    bool   `json:"is_leader"`  // leads that view; false unless normal
	Status      string `json:"status"`     // normal, view-change or recovering
	LogStart    uint64 `json:"log_start"`  // last slot that is in a snapshot only
	LogEnd      uint64 `json:"log_end"`
	LogBytes    int    `json:"log_bytes"`
	SyncPoint   uint64 `json:"sync_point"`
	Executed    uint64 `json:"executed"`
	Snapshot    uint64 `json:"snapshot"` // slot of the newest stable one
	Incarnation uint64 `json:"incarnation"`
	// Recovering is the time in seconds for which a restarted replica has waited to get its state back
	// from the others.
	Recovering float64 `json:"recovering_seconds,omitempty"`
	Clients    int     `json:"clients"`
	Full       bool    `json:"full,omitempty"` // the log has no memory left
	// Stalled is the time in seconds for which the machine did not run the replica's process in time, since its start.
	Stalled float64 `json:"stalled_seconds,omitempty"`
}

// View returns the replica's view in the notation of the paper.
func (r *Replica) View() string { return fmt.Sprintf("<%d,%d>", r.Leader, r.Session) }

// Statuses of a replica.
const (
	Normal     = "normal"     // takes part in the protocol
	Recovering = "recovering" // was restarted and waits to get its state back
)

// KV is the status of a front-end.
type KV struct {
	Group       string `json:"group"`
	RESP        string `json:"resp"`
	Connections int    `json:"connections"`
}
