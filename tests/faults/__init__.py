"""People under load on a cluster, what the record says of them, and `make faults`, which injures one part after the other."""
