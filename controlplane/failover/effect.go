package failover

import "github.com/netordered/nopaxos/controlplane/fabric"

// EffectKind is the kind of an Effect.
type EffectKind uint8

const (
	// EffectAllocate makes a new session number of Group durable, above Floor and above every number handed out before;
	// answered by Core.Allocated or Core.AllocateFailed.
	EffectAllocate EffectKind = iota + 1
	// EffectReadPipeline asks whether Target runs our pipeline; answered by Core.PipelineRead.
	EffectReadPipeline
	// EffectPushPipeline replaces the pipeline of Target, which leaves no sequence entry, and perhaps nothing else;
	// answered by Core.PipelinePushed.
	EffectPushPipeline
	// EffectReadEntries reads the sequence entries of Target; answered by Core.EntriesRead.
	EffectReadEntries
	// EffectPrepare brings everything on Target but the sequence entries (multicast groups, the rewriting of copies;
	// routes and more on a switch) to the state that the configuration and Forwarding determine; answered by Core.Prepared.
	EffectPrepare
	// EffectInstall writes the sequence entry of (Group, Session) to Target: one table write, sent once and never
	// repeated. Replace tells whether the group has an entry there. Answered by Core.Installed, or by
	// Core.InstallFailed, which leaves open whether the entry is there.
	EffectInstall
	// EffectRemove deletes the sequence entry of Group, with its old Session, from Target, or replaces it by the
	// group's action in Forwarding; answered by Core.Removed.
	EffectRemove
	// EffectProbe sends the probe of round Op through Port of Target, a switch. Core.ProbeSeen reports its return.
	EffectProbe
	// EffectReset closes the connection to Target; answered by Core.Lost.
	EffectReset
	// EffectPublish tells senders and replicas that Target serves Group in Session. No answer.
	EffectPublish
)

var effectNames = [...]string{
	EffectAllocate:     "allocate",
	EffectReadPipeline: "read-pipeline",
	EffectPushPipeline: "push-pipeline",
	EffectReadEntries:  "read-entries",
	EffectPrepare:      "prepare",
	EffectInstall:      "install",
	EffectRemove:       "remove",
	EffectProbe:        "probe",
	EffectReset:        "reset",
	EffectPublish:      "publish",
}

func (k EffectKind) String() string { return effectNames[k] }

// Effect is an action for the caller. An effect on a target belongs to connection Conn and must not outlive it: when
// that connection is gone the effect is dropped, and Core.Lost is its answer. An answer carries Conn back, so that the
// core recognizes a late one. A caller bounds the time of every effect and answers with the failure when it has passed
// (Core.Failed where the kind has none of its own).
type Effect struct {
	Kind       EffectKind
	Target     int    // index of the target
	Conn       uint64 // connection of Target that the effect belongs to
	Op         uint64 // EffectReadEntries, EffectProbe: to be returned with the answer
	Group      uint32
	Session    uint32
	Floor      uint32             // EffectAllocate: the new number is above it
	Replace    bool               // EffectInstall: MODIFY rather than INSERT
	Afresh     bool               // EffectPrepare: read the installed tables even if they are known
	Port       uint16             // EffectProbe
	Forwarding *fabric.Forwarding // EffectPrepare and EffectRemove on a switch
}
