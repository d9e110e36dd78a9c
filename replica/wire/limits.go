package wire

// MaxReplicas is the largest group. The data planes set it: a switch numbers the copies of a group's
// messages with its share of the 16-bit replication ids, of which it keeps one for itself.
const MaxReplicas = 63
