package wire

// MaxReplicas is the size of the largest group. The data planes limit it: a switch numbers the copies of a
// group's messages with its share of the 16-bit replication ids, of which it keeps one for itself.
const MaxReplicas = 63

// MaxGroup is the size of the largest group whose votes replicas and clients can count. The performance model
// simulates groups larger than MaxReplicas.
const MaxGroup = 127

// MinMTU is the smallest MTU in bytes that every protocol message of fixed size fits.
const MinMTU = 256

// The replicated state is a function of these limits: replicas with different values would diverge. They remain constants, not
// keys of the cluster file, until the replicas of a group agree on them. The constants of package replica/clients that bound
// the stored results are of the same kind.
const (
	// MaxClients is the number of clients in the client table.
	MaxClients = 1 << 16
	// MaxResult is the longest result, in bytes, that a request can have.
	MaxResult = 4 << 20
	// MaxOutstanding bounds ID - Low of a request.
	MaxOutstanding = 1 << 12
)
