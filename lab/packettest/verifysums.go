package packettest

import (
	"fmt"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// verifyChecksums checks the IPv4 and UDP checksums of a frame with code that no data plane shares.
// A UDP checksum of 0 means that there is none (RFC 768).
func verifyChecksums(frame []byte) error {
	packet := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	ip, ok := packet.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	if !ok {
		return nil
	}
	err, sum := ip.VerifyChecksum()
	if err != nil || !sum.Valid {
		return fmt.Errorf("the IPv4 checksum is %#04x, expected %#04x (%v)", sum.Actual, sum.Correct, err)
	}
	udp, ok := packet.Layer(layers.LayerTypeUDP).(*layers.UDP)
	if !ok {
		return nil
	}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return err
	}
	err, sum = udp.VerifyChecksum()
	if err != nil || !sum.Valid {
		return fmt.Errorf("the UDP checksum is %#04x, expected %#04x (%v)", sum.Actual, sum.Correct, err)
	}
	return nil
}
