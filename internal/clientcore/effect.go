package clientcore

// EffectKind is the kind of an Effect.
type EffectKind uint8

const (
	// EffectGroup sends Data, a sealed frame, to the group through a Courier.
	EffectGroup EffectKind = iota + 1
	// EffectDone returns the outcome of the request with Tag to its caller.
	EffectDone
)

// Effect is an action that the core requests. The owner of the core carries effects out in order. Data and Result are valid
// until Core.ClearEffects.
type Effect struct {
	Kind    EffectKind
	Data    []byte
	Attempt int // number of this transmission, from 1
	Leader  int // leader of the newest view seen
	Tag     uint64
	Result  []byte // of a request that succeeded
	Err     error  // of a request that failed
}
