package udp

// Preload makes the message numbers of a session in a cell go on behind number. Nothing may be on its
// way through the data plane.
func (d *DataPlane) Preload(cell uint16, session uint32, number uint64) {
	d.cells[cell].session.Store(session)
	d.cells[cell].number.Store(number)
}
