"""What fills the disk: a survey of all that containerd keeps, who holds it, and what could go."""
