// Package worlds explores the state spaces of small groups completely: every state that three replicas, one or
// two clients and a sequencer can reach when a bounded number of faults occur, at every moment, in every
// combination. Package sim samples long executions of the whole system; worlds covers all short executions of the
// core. (Killian et al., "Life, Death, and the Critical Transition", NSDI 2007, and Yabandeh et al.,
// "CrystalBall", NSDI 2009, also explore implementations rather than models of them.)
//
// It runs the unmodified cores of the replica, including its receiver, and of the client. They are deterministic:
// the inputs that led to a state identify it, and the outcome of an input in a state has to be computed only
// once. Therefore a world's state consists of the ids of its replicas' states, and most transitions are look-ups,
// see atlas.go.
//
// These reductions keep worlds small enough to be explored completely; each is justified where it is implemented:
//
//   - states of a core that differ only in fields without influence on its messages are one (canon.go, and
//     TestSameFingerprintSameFuture checks it);
//   - time passes by steps that expire whole classes of time-outs (time.go);
//   - among replicas, a message may arrive at any time, any number of times, or never: the network is a set that
//     only grows, so that loss, duplication, delay and reordering need neither moves nor budgets (place, in world.go);
//   - messages that a replica can send without changing are sent at once (mail.go), and messages and tallies that can
//     no longer change anything are removed (mail.go, and histories.forget);
//   - a state is not visited if everything that can happen in it can also happen in a visited one (cover.go);
//   - clients are symmetric, so that the first request is the first client's (moves.go), and they get their replies
//     at once (calls.go).
//
// After every move the explorer checks the invariants of the protocol: those of a single replica in node.go and
// atlas.go, those of the group, such as the linearizability of the clients' results, in invariants.go. From every
// state in which nothing more can happen, and from some others, it checks liveness: in a run without further
// faults all pending requests complete (fair.go). From the former they also complete if one of the replicas is
// down. The exploration is breadth first, so that it finds and prints (trace.go) a short path to a violation.
//
// Read the files in this order: bounds.go, explore.go, moves.go, world.go, begin.go, then those above.
package worlds
