package limits

import (
	"fmt"
	"time"
)

// Client bounds the requests of a client, and has the intervals of its retransmissions.
type Client struct {
	// Window is the number of requests in flight, at most wire.MaxOutstanding. Raising it raises the throughput of a client
	// with many callers, up to the group's, and then only the latency; each request holds a result in the client table.
	Window int `yaml:"window,omitempty" default:"256" max:"4096"`
	// MaxWaiting is the number of requests that may wait for room in the window. Raising it costs memory for their operations and
	// lets callers wait longer before they fail.
	MaxWaiting int `yaml:"max_waiting,omitempty" default:"65536"`
	// MinTimeout is the shortest time before the first retransmission of a request. Raising it delays the repair of a lost request
	// or reply; below the round trip under load it doubles traffic.
	MinTimeout time.Duration `yaml:"min_timeout,omitempty" default:"2ms"`
	// MaxTimeout is the longest time between two transmissions of a request. Raising it delays requests after a failover; lowering
	// it costs datagrams while the group is down.
	MaxTimeout time.Duration `yaml:"max_timeout,omitempty" default:"100ms"`
	// MaxPushback takes the place of MaxTimeout while the group answers FULL. Raising it gives the group time to make room.
	MaxPushback time.Duration `yaml:"max_pushback,omitempty" default:"1s"`
}

// Check returns the first contradiction, or nil. Every field must be set.
func (c *Client) Check() *Error {
	switch {
	case c.MaxTimeout < c.MinTimeout:
		return &Error{"max_timeout", fmt.Sprintf("is %v and min_timeout is %v", c.MaxTimeout, c.MinTimeout), "max_timeout to be at least min_timeout"}
	case c.MaxPushback < c.MaxTimeout:
		return &Error{"max_pushback", fmt.Sprintf("is %v and max_timeout is %v", c.MaxPushback, c.MaxTimeout), "max_pushback to be at least max_timeout"}
	}
	return nil
}
