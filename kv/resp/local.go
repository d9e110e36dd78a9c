package resp

import (
	"bytes"
	"crypto/subtle"
	"slices"
	"strconv"
	"strings"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/kv/internal/redis"
)

// localCommand is a command that the front-end executes itself.
type localCommand struct {
	name       string
	arity      int  // number of arguments, the name included; negative: at least that many
	anyone     bool // allowed before AUTH
	inMulti    bool // executed immediately, also between MULTI and EXEC
	replicable bool // also a command of the store, which executes it in a transaction
	run        func(*conn, [][]byte)
	subs       map[string]int           // the subcommands and their arity; nil: it has none
	replicated func(args [][]byte) bool // reports whether the store executes it outside a transaction too; nil: never
}

// anyArity marks the words of an HTTP request, which are not commands but must be recognized.
const anyArity = 0

// localCommands holds every local command by its name. COMMAND refers to it, so it is filled at start-up.
var localCommands map[string]*localCommand

func init() {
	localCommands = make(map[string]*localCommand)
	for _, c := range []localCommand{
		{name: "auth", arity: -2, anyone: true, run: (*conn).cmdAuth},
		{name: "client", arity: -2, run: (*conn).cmdClient, subs: clientCommands},
		{name: "command", arity: -1, run: (*conn).cmdCommand, subs: map[string]int{"count": 2, "docs": -2, "info": -2, "list": 2}},
		{name: "config", arity: -2, run: (*conn).cmdConfig, subs: map[string]int{"get": -3, "resetstat": 2, "set": -4}},
		{name: "discard", arity: 1, inMulti: true, run: (*conn).cmdDiscard},
		{name: "echo", arity: 2, replicable: true, run: func(c *conn, args [][]byte) { c.bulk(args[1]) }},
		{name: "exec", arity: 1, inMulti: true, run: (*conn).cmdExec},
		{name: "hello", arity: -1, anyone: true, run: (*conn).cmdHello},
		{name: "info", arity: -1, replicable: true, run: (*conn).cmdInfo, replicated: hasKeyspace},
		{name: "multi", arity: 1, inMulti: true, run: (*conn).cmdMulti},
		{name: "ping", arity: -1, replicable: true, run: (*conn).cmdPing},
		{name: "host:", arity: anyArity, anyone: true, inMulti: true, run: (*conn).cmdHTTP},
		{name: "post", arity: anyArity, anyone: true, inMulti: true, run: (*conn).cmdHTTP},
		{name: "quit", arity: -1, anyone: true, inMulti: true, run: (*conn).cmdQuit},
		{name: "reset", arity: 1, anyone: true, inMulti: true, run: (*conn).cmdReset},
		{name: "select", arity: 2, replicable: true, run: (*conn).cmdSelect},
		{name: "unwatch", arity: 1, run: func(c *conn, _ [][]byte) { c.ok() }},
		{name: "watch", arity: -2, inMulti: true, run: (*conn).cmdWatch},
	} {
		localCommands[c.name] = &c
	}
}

// findLocal returns the local command, or nil if the command is not local. msg is the error reply to an
// unknown subcommand or a wrong number of arguments, or empty.
func findLocal(args [][]byte) (_ *localCommand, msg string) {
	cmd := redis.Find(localCommands, args[0])
	switch {
	case cmd == nil || cmd.arity == anyArity:
	case !redis.AllowsArity(cmd.arity, len(args)):
		msg = redis.WrongArity(cmd.name)
		if cmd.name == "exec" {
			msg = "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(msg, "ERR ")
		}
	case cmd.subs != nil && len(args) > 1:
		sub := word(args[1])
		if arity, known := cmd.subs[sub]; !known {
			msg = "ERR unknown subcommand '" + string(args[1][:min(len(args[1]), 128)]) + "'. Try " + strings.ToUpper(cmd.name) + " HELP."
		} else if !redis.AllowsArity(arity, len(args)) {
			msg = redis.WrongArity(cmd.name + "|" + sub)
		}
	}
	return cmd, msg
}

// word returns an argument in lower case.
func word(arg []byte) string { return strings.ToLower(string(arg)) }

func (c *conn) cmdPing(args [][]byte) {
	switch len(args) {
	case 1:
		c.status("PONG")
	case 2:
		c.bulk(args[1])
	default:
		c.fail(redis.WrongArity("ping"))
	}
}

func (c *conn) cmdQuit([][]byte) {
	c.ok()
	c.closing = true
}

// cmdHTTP closes the connection. An HTTP request comes from a browser that a malicious page directed here,
// and its body may contain commands.
func (c *conn) cmdHTTP([][]byte) { c.closing = true }

func (c *conn) cmdReset([][]byte) {
	c.multi.reset()
	c.name.Store(nil)
	c.db.Store(0)
	c.resp3.Store(false)
	c.tracking = tracking{}
	c.setAuthenticated(c.server.config.Password == "")
	c.status("RESET")
}

// cmdSelect chooses the database of the operations that follow.
func (c *conn) cmdSelect(args [][]byte) {
	db, msg := redis.ParseDB(args[1], kv.Databases, "")
	if msg != "" {
		c.fail(msg)
		return
	}
	c.db.Store(uint32(db))
	c.ok()
}

func (c *conn) cmdAuth(args [][]byte) {
	user, password := []byte("default"), args[len(args)-1]
	switch len(args) {
	case 2:
		if c.server.config.Password == "" {
			c.fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
			return
		}
	case 3:
		user = args[1]
	default:
		c.fail(redis.ErrSyntax)
		return
	}
	if !c.login(user, password) {
		c.fail(errWrongPass)
		return
	}
	c.ok()
}

// login authenticates the connection and reports whether user, which must be "default", and password are
// right.
func (c *conn) login(user, password []byte) bool {
	want := c.server.config.Password
	right := want == "" || subtle.ConstantTimeCompare(password, []byte(want)) == 1
	if !right || string(user) != "default" {
		return false
	}
	c.setAuthenticated(true)
	return true
}

// compatible is the version of Redis that the replies follow.
const compatible = "7.0.0"

// cmdHello executes HELLO [version [AUTH user password] [SETNAME name]].
func (c *conn) cmdHello(args [][]byte) {
	resp3 := c.resp3.Load()
	if len(args) > 1 {
		switch version, ok := redis.ParseInt(args[1]); {
		case !ok:
			c.fail("ERR Protocol version is not an integer or out of range")
			return
		case version != 2 && version != 3:
			c.fail("NOPROTO unsupported protocol version")
			return
		default:
			resp3 = version == 3
		}
	}
	var name *string
	var credentials [][]byte
	for rest := args[min(2, len(args)):]; len(rest) > 0; {
		switch option := word(rest[0]); {
		case option == "auth" && len(rest) >= 3:
			credentials, rest = rest[1:3], rest[3:]
		case option == "setname" && len(rest) >= 2:
			if !isName(rest[1]) {
				c.fail(errName)
				return
			}
			v := string(rest[1])
			name, rest = &v, rest[2:]
		default:
			c.fail("ERR Syntax error in HELLO option '" + string(rest[0]) + "'")
			return
		}
	}
	if credentials != nil && !c.login(credentials[0], credentials[1]) {
		c.fail(errWrongPass)
		return
	}
	if !c.authenticated {
		c.fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	if name != nil {
		c.storeName(*name)
	}
	c.resp3.Store(resp3)
	c.mapping(7)
	for _, f := range []Field{{"server", "redis"}, {"version", compatible}} {
		c.bulkString(f.Name)
		c.bulkString(f.Value)
	}
	c.bulkString("proto")
	c.int(c.protocol())
	c.bulkString("id")
	c.int(int64(c.id))
	for _, f := range []Field{{"mode", "standalone"}, {"role", "master"}} {
		c.bulkString(f.Name)
		c.bulkString(f.Value)
	}
	c.bulkString("modules")
	c.array(0)
}

// cmdCommand executes COMMAND and its subcommands COUNT, LIST, DOCS and INFO. It replies no details:
// clients use them to find the keys among the arguments, which matters only in a Redis cluster.
func (c *conn) cmdCommand(args [][]byte) {
	if len(args) == 1 {
		c.array(0)
		return
	}
	switch word(args[1]) {
	case "count":
		c.int(int64(len(commandNames())))
	case "list":
		names := commandNames()
		c.array(len(names))
		for _, name := range names {
			c.bulkString(name)
		}
	case "docs":
		c.mapping(0)
	case "info":
		c.array(len(args) - 2)
		for range args[2:] {
			c.null()
		}
	}
}

// commandNames returns the names of all commands, sorted.
func commandNames() []string {
	var names []string
	for name, cmd := range localCommands {
		if cmd.arity != anyArity {
			names = append(names, name)
		}
	}
	for name := range kv.Commands {
		if _, both := localCommands[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// settings are the parameters of CONFIG GET that tools request.
var settings = []Field{{"appendonly", "no"}, {"databases", strconv.Itoa(kv.Databases)}, {"maxmemory", "0"}, {"save", ""}, {"timeout", "0"}}

// cmdConfig executes CONFIG GET. Clients cannot change the configuration, which is the cluster's.
func (c *conn) cmdConfig(args [][]byte) {
	switch word(args[1]) {
	case "get":
		var found []Field
		for _, s := range settings {
			if slices.ContainsFunc(args[2:], func(pattern []byte) bool { return redis.MatchGlob(word(pattern), s.Name) }) {
				found = append(found, s)
			}
		}
		c.fields(found)
	case "set":
		c.fail("ERR CONFIG SET is not supported: the configuration is the cluster file's")
	case "resetstat":
		c.ok()
	}
}

const errName = "ERR Client names cannot contain spaces, newlines or special characters."

// isName reports whether name is a valid name of a connection.
func isName(name []byte) bool {
	return bytes.IndexFunc(name, func(r rune) bool { return r < '!' || r > '~' }) < 0
}
