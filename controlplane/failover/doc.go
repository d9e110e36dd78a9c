// Package failover decides which sequencer serves which group in which session (OSDI 2016 §5.2.3): it hands out session
// numbers, notices when a sequencer fails, and moves its groups to the next one.
//
// [Core] is a deterministic state machine without sockets, clocks or goroutines: what happened goes in as method calls,
// what to do comes out as [Effect] values. package controlplane carries them out over P4Runtime and a store of session
// numbers; the simulator runs the same Core in virtual time. Where switches sequence, package fabric decides what they
// forward.
//
// Three rules keep replicas from ever seeing two messages with one (session, number):
//
//   - A session number is durable before any target has it, and only grows.
//   - A number is sent at most once, to one target. If the outcome is unknown the target is read: the number is found
//     there and adopted, or abandoned for a new one.
//   - A target that restarted, lost its entry or had its pipeline pushed gets a new number: its counter may have
//     started again.
package failover
