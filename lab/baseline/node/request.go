package node

import (
	"encoding/binary"

	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// OpenRequest authenticates and reads a sealed REQUEST. The body, which logs keep, is the frame without its tag; the
// request aliases it.
func OpenRequest(keys *nopaxos.Keys, frame []byte) (req nopaxos.Request, body []byte, ok bool) {
	kind, body, err := keys.Open(frame)
	if err != nil || kind != nopaxos.KindRequest {
		return req, nil, false
	}
	req, err = nopaxos.ParseRequest(body)
	return req, body, err == nil
}

// Tag returns the tag of a frame that OpenRequest accepted: a free digest of the body under the clients' key.
func Tag(frame []byte) nopaxos.Digest {
	tag := frame[len(frame)-nopaxos.TagLen:]
	return nopaxos.Digest{Hi: binary.BigEndian.Uint64(tag), Lo: binary.BigEndian.Uint64(tag[8:])}
}
