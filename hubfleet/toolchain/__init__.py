"""The programs that hubfleet calls: which are wanted, found, and how to get them."""
