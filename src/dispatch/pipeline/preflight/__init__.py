"""Every rule about whether mail may be sent: `look` asks them for a send, a resumed send and a proof."""
