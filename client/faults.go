package client

// SetDrop makes the client lose this share, from 0 to 1, of the answers that it receives. It is there
// for fault injection.
func (c *Client) SetDrop(rate float64) { c.udp.SetDrop(rate) }
