package server

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/netordered/nopaxos/oumlib"
)

// Owner is the replica that a record belongs to. A replica that started with the record of another one would break the other's
// promises and count for it.
type Owner struct {
	Cluster string // its name, of at most 63 bytes; may be empty
	Group   uint32 // OUM group number
	Member  int    // index in the group
}

// String returns a description like "replica 1 of group 10.97.0.1 in cluster lab".
func (o Owner) String() string {
	return fmt.Sprintf("replica %d of group %s in cluster %q", o.Member, netip.AddrFrom4(oumlib.GroupAddress(o.Group)), o.Cluster)
}

// The owner in a record: the length of the cluster's name and the name, padded with zero bytes, then group and member.
const (
	maxClusterName = 63
	ownerLen       = 1 + maxClusterName + 4 + 4
)

func (o Owner) check() error {
	if len(o.Cluster) > maxClusterName {
		return fmt.Errorf("server: the cluster's name %q has %d bytes, expected at most %d", o.Cluster, len(o.Cluster), maxClusterName)
	}
	return nil
}

func (o Owner) append(b []byte) []byte {
	var name [maxClusterName]byte
	copy(name[:], o.Cluster)
	b = append(append(b, byte(len(o.Cluster))), name[:]...)
	b = binary.BigEndian.AppendUint32(b, o.Group)
	return binary.BigEndian.AppendUint32(b, uint32(o.Member))
}

// decodeOwner reads the owner from the first ownerLen bytes of b, whose checksum is right.
func decodeOwner(b []byte) (Owner, error) {
	n := int(b[0])
	if n > maxClusterName {
		return Owner{}, fmt.Errorf("the cluster's name has %d bytes, expected at most %d", n, maxClusterName)
	}
	rest := b[1+maxClusterName:]
	o := Owner{
		Cluster: string(b[1 : 1+n]), Group: binary.BigEndian.Uint32(rest), Member: int(binary.BigEndian.Uint32(rest[4:])),
	}
	if string(o.append(nil)) != string(b[:ownerLen]) {
		return Owner{}, fmt.Errorf("the cluster's name %q is not padded with zero bytes", o.Cluster)
	}
	return o, nil
}
