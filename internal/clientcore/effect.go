package clientcore

// EffectKind says what an Effect wants.
type EffectKind uint8

const (
	// EffectGroup sends Data, a sealed frame, to the group; a Courier knows the way.
	EffectGroup EffectKind = iota + 1
	// EffectDone hands the outcome of the request with Tag to whoever made it.
	EffectDone
)

// Effect is something that the core wants done. Effects are to be carried out in order. Data and
// Result are valid until Core.ClearEffects.
type Effect struct {
	Kind    EffectKind
	Data    []byte
	Attempt int // how often the request was sent with this time
	Leader  int // the replica that leads the newest view seen
	Tag     uint64
	Result  []byte // of a request that succeeded
	Err     error  // of one that did not
}
