"""What the client does when the network, a server or a user misbehaves."""
