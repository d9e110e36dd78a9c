package oumlib

// Stats counts a receiver's events. The fields from Short on count datagrams that Receive discarded, by its
// error.
type Stats struct {
	Delivered uint64 // messages
	Suspected uint64 // message numbers
	Dropped   uint64 // message numbers
	Sessions  uint64 // SessionTerminated events

	Short       uint64
	Magic       uint64
	Version     uint64
	Group       uint64
	Unsequenced uint64
	Stale       uint64
	Token       uint64
	Number      uint64
	Payload     uint64
	Duplicate   uint64
	Far         uint64
	Overflow    uint64 // also messages displaced while holding
}

// count counts a datagram discarded because of err.
func (s *Stats) count(err error) {
	switch err {
	case ErrShort:
		s.Short++
	case ErrMagic:
		s.Magic++
	case ErrVersion:
		s.Version++
	case ErrGroup:
		s.Group++
	case ErrUnsequenced:
		s.Unsequenced++
	case ErrStale:
		s.Stale++
	case ErrToken:
		s.Token++
	case ErrNumber:
		s.Number++
	case ErrPayload:
		s.Payload++
	case ErrDuplicate:
		s.Duplicate++
	case ErrFar:
		s.Far++
	case ErrOverflow:
		s.Overflow++
	}
}
