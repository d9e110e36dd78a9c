package kv

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

// command is a command of the store.
type command struct {
	name  string
	arity int // number of arguments, the name included; negative: at least that many
	run   func(*call)
}

// commands holds every command of the store by its name in lower case. Execute looks commands up and never
// iterates over them.
var commands = func() map[string]*command {
	m := make(map[string]*command)
	for _, list := range [][]command{stringCommands, expiryCommands, hashCommands, listCommands, setCommands, keyspaceCommands} {
		for _, c := range list {
			m[c.name] = &c
		}
	}
	return m
}()

// Commands yields the names of the commands that the store executes, in lower case and sorted, with
// their arity as COMMAND INFO reports it.
func Commands(yield func(name string, arity int) bool) {
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		if !yield(name, commands[name].arity) {
			return
		}
	}
}

// find looks up a command and checks the number and the lengths of its arguments. msg is the error
// reply, or empty.
func find(args [][]byte) (_ *command, msg string) {
	cmd := redis.Find(commands, args[0])
	switch {
	case cmd == nil:
		return nil, unknownCommand(args)
	case !redis.AllowsArity(cmd.arity, len(args)):
		return nil, redis.WrongArity(cmd.name)
	}
	for _, a := range args[1:] {
		if len(a) > maxValue {
			return nil, errTooLong
		}
	}
	return cmd, ""
}

// CheckCommand returns the error that the store replies to an unknown command or to a wrong number of
// arguments, without the RESP framing. It returns "" for a command that the store executes.
func CheckCommand(args [][]byte) string {
	_, msg := find(args)
	return msg
}

// unknownCommand returns the error for an unknown command, as Redis words it.
func unknownCommand(args [][]byte) string {
	const most = 128 // bytes quoted of the name, and about as many of the arguments
	var b strings.Builder
	for _, a := range args[1:] {
		if b.Len() >= most {
			break
		}
		fmt.Fprintf(&b, "'%s' ", a[:min(len(a), most-b.Len())])
	}
	return fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", args[0][:min(len(args[0]), most)], b.String())
}
