// Package process runs the child processes of a cluster. A [Process] is one child, with its log; a
// [Thread] starts children such that they die with this process; [Loopback] combines a Thread with free
// ports of the loopback interface.
package process
