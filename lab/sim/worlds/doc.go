// Package worlds explores small groups whole: every state that three replicas, one or two clients and a
// sequencer can reach when a bounded number of things go wrong, at every moment, in every combination.
// Where package sim samples long executions of everything there is, worlds leaves no short one of the
// core out (cf. Killian et al., "Life, Death, and the Critical Transition", NSDI 2007; Yabandeh et al.,
// "CrystalBall", NSDI 2009, which explore implementations rather than models of them).
//
// What runs is the unmodified core of the replica, with the receiver in it, and of the client. They are
// deterministic, so that a state of one is known by the inputs that led to it, and what comes of an
// input in a state has to be found out once. So a world's state is made of the names of its replicas'
// states, and nearly every move in it is a matter of looking up: see atlas.go.
//
// What keeps worlds small enough to be visited whole, each argued where it is done:
//
//   - states of a core that differ only in what makes no difference are one (canon.go; the cores leave it out of their AppendState, and
//     TestSameFingerprintSameFuture holds it to that);
//   - time passes by steps that lead past whole classes of time-outs (time.go);
//   - among replicas, a message that was sent may arrive at any time, any number of times, or never:
//     the network is a set that only grows, and loss, duplication, delay and reordering need neither
//     moves nor bounds (place, in world.go);
//   - what a replica says without being changed by it is said at once (mail.go), and what can
//     make no difference any more is left out (mail.go, and chronicle.forget);
//   - a state is not visited if one was from which all the same can happen, and perhaps more
//     (cover.go);
//   - clients are alike, so that the first request is the first client's (moves.go), and they
//     get their answers at once (calls.go).
//
// After every move the promises of the protocol are checked: those that one replica can break by itself
// in node.go and atlas.go, those about the whole group in promises.go, among them that the clients'
// results are linearizable. From every state in which nothing more can happen, and from others, a run
// without further faults shows that all that clients wait for still comes (fair.go), from the former
// also without any one of the replicas. Exploration is breadth first, so that the way to a broken promise that it prints (trace.go) is a short one.
//
// The walk: bounds.go, explore.go, moves.go, world.go, begin.go, then the files above.
package worlds
