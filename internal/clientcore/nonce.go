package clientcore

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/netordered/nopaxos/replica/wire"
)

// RandomNonce returns 128 bits from the system's random source, for Config.Nonce.
func RandomNonce() wire.ClientID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return wire.ClientID{Hi: binary.BigEndian.Uint64(b[:8]), Lo: binary.BigEndian.Uint64(b[8:])}
}
